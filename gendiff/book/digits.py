"""The image model that the notebooks on guidance share, and the judge of its samples.

Everybody guides the same network: a class-conditional U-Net on digits from twenty
typefaces, trained with conditioning dropout, so that it is an unconditional model too.
The judge is a classifier of its own, trained on other images; it names class and face,
measures size and place, and its last features are the space in which sets of images are
compared. Both are trained once: the memo keeps them for all notebooks.
"""

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from gendiff.book.run import Run
from gendiff.data.batches import dropped, shuffled
from gendiff.data.glyphs import DIGITS, FACES, Glyphs, glyphs
from gendiff.ema import Exponential
from gendiff.exact.gaussian import Isotropic
from gendiff.levels import log_normal, stratified
from gendiff.nets.classifier import Classifier
from gendiff.nets.unet import UNet
from gendiff.objectives import Objective, edm_weight
from gendiff.precondition import Preconditioned
from gendiff.train import Accelerator, Batch, Plan, fit, train

CLASSES = len(DIGITS)
SIDE = 24
"""Pixels: an even number of patches on two levels, and legible."""
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
    "cpu": Sizes(20_000, 2_000, 64, (32, 64), 900, (16, 32, 64)),
    "gpu": Sizes(60_000, 20_000, 256, (96, 192), 6_000, (32, 64, 128)),
}


def sizes(run: Run) -> Sizes:
    """Return what the two networks are trained with in a run."""
    return run.sizes("digits", SIZES)


def images(run: Run, n: int, purpose: str) -> Glyphs:
    """Return `n` fresh digits, others for every purpose."""
    return glyphs(n, generator=run.generator(f"digits/{purpose}"), size=SIDE)


def law(run: Run) -> Isotropic:
    """Return what the sampler should know of the digits: their mean and spread."""
    some = images(run, 2_000, "law").images.double()
    return Isotropic(some.mean(), float(some.std()))


def model(run: Run) -> Preconditioned:
    """Return the trained denoiser, `model(x, sigma, labels)`.

    Without labels, or with the label `CLASSES`, it is the unconditional one.
    """
    return _loaded(run, "late")


def early(run: Run) -> Preconditioned:
    """Return the same denoiser after a tenth of its training: a worse model."""
    return _loaded(run, "early")


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


def judge(run: Run) -> Judge:
    """Return the trained judge; it has seen none of the images that `model` has.

    It is the same under every seed: a ruler does not change with what it measures.
    """
    own = sizes(run)
    run = replace(run, seed=0, overrides={})  # kept by its own sizes
    found = Judge(own.judge_widths)
    kept = run.memo(_trained_judge)
    found.load_state_dict(
        kept(run, own.images, updates=own.judge_updates, widths=own.judge_widths)
    )
    return found.to(run.device).eval().requires_grad_(requires_grad=False)


def _loaded(run: Run, which: str) -> Preconditioned:
    own = sizes(run)
    kept = run.memo(_trained)(replace(run, overrides={}), own)
    found = _denoiser(own, kept["std"])
    found.load_state_dict(kept[which])
    return found.to(run.device).eval().requires_grad_(requires_grad=False)


def _denoiser(sizes: Sizes, std: float) -> Preconditioned:
    net = UNet(1, widths=sizes.widths, patch=2, classes=CLASSES)
    return Preconditioned(net, data_std=std)


def _trained(run: Run, sizes: Sizes) -> dict[str, Any]:
    seen = images(run, sizes.images, "training")
    # The network is to see inputs of unit power, and the digits' mean is not zero.
    std = float(seen.images.square().mean().sqrt())
    torch.manual_seed(run.seed)
    denoiser = _denoiser(sizes, std)
    levels = stratified(log_normal(-1.0, 1.3))
    whole = shuffled(seen.images, seen.labels, size=sizes.batch)
    batches = dropped(whole, rate=DROPOUT, unknown=CLASSES)
    plan = Plan(
        steps=sizes.updates,
        learning_rate=2e-3,
        average=Exponential(0.995),
        seed=run.seed,
    )
    kept: dict[str, Any] = {"std": std}
    loss = Objective(levels, edm_weight(std))
    steps = fit(denoiser, loss, batches, plan, accelerator=Accelerator())
    for step in run.progress(steps, "digits", total=sizes.updates):
        if step.step == max(1, sizes.updates // 10):
            kept["early"] = _copy(step.ema)
        if step.done == 1:
            kept["late"] = _copy(step.ema)
    return kept


def _trained_judge(
    run: Run, n: int, *, updates: int, widths: tuple[int, ...]
) -> dict[str, Tensor]:
    seen = images(run, n, "judge")
    factors = torch.cat([seen.scales[:, None], seen.positions], dim=1)
    batches = shuffled(seen.images, seen.labels, seen.faces, factors, size=64)
    torch.manual_seed(run.seed)
    plan = Plan(steps=updates, learning_rate=3e-3, seed=run.seed)
    found = train(
        *(Judge(widths), _judgement, batches, plan),
        progress=partial(run.progress, label="judge of digits", total=plan.steps),
    )
    return _copy(found)


def _judgement(
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


def _copy(net: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in net.state_dict().items()}
