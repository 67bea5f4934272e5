"""The image model that the pages on guidance share, and the judge of its samples.

Everybody guides the same network: a class-conditional U-Net on digits from twenty
typefaces, trained with conditioning dropout, so that it is an unconditional model too.
The judge is a classifier of its own, trained on other images; it names class and face,
measures size and place, and its last features are the space in which sets of images are
compared.
"""

from dataclasses import dataclass
from functools import partial

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from gendiff.data import DIGITS, FACES, Variation, dropped, glyphs, shuffled
from gendiff.data.glyphs import Glyphs
from gendiff.exact import Isotropic
from gendiff.levels import log_normal, stratified
from gendiff.nets import Classifier, UNet
from gendiff.objectives import Objective, edm_weight
from gendiff.precondition import Preconditioned
from gendiff.studies.running import Running
from gendiff.training import Exponential, Plan, linear, muon
from gendiff.types import Batch

CLASSES = len(DIGITS)
SIDE = 16
"""Pixels: as few as thin strokes can do with."""
VARIATION = Variation(scales=(0.85, 1.2))
"""They fill the image: a font is about as large as it, a digit a third lower."""
DROPOUT = 0.15


@dataclass(frozen=True)
class Sizes:
    """What the two networks are trained with."""

    images: int
    updates: int
    batch: int
    widths: tuple[int, ...]
    judge_updates: int
    judge_widths: tuple[int, ...]


SIZES = {
    "smoke": Sizes(400, 6, 16, (8, 16), 6, (8, 16)),
    "cpu": Sizes(20_000, 14_000, 64, (32, 64), 900, (16, 32, 64)),
    "gpu": Sizes(60_000, 20_000, 256, (96, 192), 6_000, (32, 64, 128)),
}


def sizes(run: Running) -> Sizes:
    """Return what the two networks are trained with in a run."""
    return run.sizes("digits", SIZES)


def images(run: Running, n: int, purpose: str) -> Glyphs:
    """Return `n` fresh digits, others for every purpose."""
    generator = run.generator(f"digits/{purpose}")
    return glyphs(n, generator=generator, size=SIDE, variation=VARIATION)


def gaussian(run: Running) -> Isotropic:
    """Return what the sampler should know of the digits: their mean and spread."""
    return Isotropic.measured(images(run, 2_000, "law").images)


def model(run: Running) -> Preconditioned:
    """Return the trained denoiser, `model(x, sigma, labels)`.

    Without labels, or with the label `CLASSES`, it is the unconditional one.
    """
    return trained(run, sizes(run).updates)


def early(run: Running) -> Preconditioned:
    """Return the same denoiser, trained a tenth as long: a worse model."""
    return trained(run, max(1, sizes(run).updates // 10))


def trained(
    run: Running, updates: int, *, widths: tuple[int, ...] = ()
) -> Preconditioned:
    """Return the denoiser after so many updates, or one of other widths."""
    own = sizes(run)
    seen = images(run, own.images, "training")
    std = float(seen.images.square().mean().sqrt())  # inputs of unit power
    batches = shuffled(seen.images, seen.labels, size=own.batch)
    return run.trained(
        partial(denoiser, widths or own.widths, std),
        Objective(stratified(log_normal(-0.6, 0.8)), edm_weight(std)),
        dropped(batches, rate=DROPOUT, unknown=CLASSES),
        Plan(
            steps=updates,
            learning_rate=1e-2,
            decay=linear,
            average=Exponential(0.99),
            optimiser=muon,
        ),
        label="digits",
    )


def denoiser(widths: tuple[int, ...], std: float) -> Preconditioned:
    """Return a fresh denoiser of digits whose power is `std` squared."""
    return Preconditioned(
        UNet(1, widths=widths, patch=2, classes=CLASSES), data_std=std
    )


class Judge(nn.Module):
    """Names and measures what it sees on a clean image."""

    def __init__(self, widths: tuple[int, ...]) -> None:
        super().__init__()
        self.net = Classifier(1, CLASSES + len(FACES) + 3, widths=widths)

    def forward(
        self, x: Float[Tensor, "b 1 h w"], /
    ) -> tuple[
        Float[Tensor, "b class"], Float[Tensor, "b face"], Float[Tensor, "b factor"]
    ]:
        """Return the logits of class and face, and estimates of size, x and y."""
        return self.net(x).split([CLASSES, len(FACES), 3], dim=1)

    def label(self, x: Float[Tensor, "b 1 h w"], /) -> Float[Tensor, "b class"]:
        """Return the logits of the class."""
        return self(x)[0]

    def features(self, x: Float[Tensor, "b 1 h w"], /) -> Float[Tensor, "b d"]:
        """Return the last features before the logits."""
        return self.net.features(x)


def judge(run: Running) -> Judge:
    """Return the trained judge; it has seen none of the images that `model` has.

    It is the same under every seed: a ruler does not change with what it measures.
    """
    own, fixed = sizes(run), run.at(0)
    seen = images(fixed, own.images, "judge")
    factors = torch.cat([seen.scales[:, None], seen.positions], dim=1)
    return fixed.trained(
        partial(Judge, own.judge_widths),
        judgement,
        shuffled(seen.images, seen.labels, seen.faces, factors, size=64),
        Plan(steps=own.judge_updates, learning_rate=3e-3),
        label="judge of digits",
    )


def judgement(
    found: nn.Module, batch: Batch, generator: torch.Generator, /
) -> Float[Tensor, " b"]:
    """Return the cross-entropies of class and face and the error of size and place."""
    del generator
    x, label, face, factors = batch
    of_label, of_face, of_factors = found(x)
    return (
        _surprise(of_label, label)
        + _surprise(of_face, face)
        # In units of their spread, which is about a tenth of the image.
        + (10 * (of_factors - factors)).square().mean(dim=1)
    )


def _surprise(
    logits: Float[Tensor, "b k"], truth: Int[Tensor, " b"]
) -> Float[Tensor, " b"]:
    return functional.cross_entropy(logits, truth, reduction="none")
