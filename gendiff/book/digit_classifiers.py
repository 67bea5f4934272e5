"""The classifiers that guide the shared image model.

All three have one architecture and one set of images, which neither the denoiser nor
the judge has seen. They differ in what they were shown: clean images (what one finds
off the shelf), noisy images, or noisy images with the noise level beside them.
"""

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from gendiff.book.digits import CLASSES, images
from gendiff.book.run import Run
from gendiff.classifier_guidance import NoisyClassifier
from gendiff.data.batches import shuffled
from gendiff.levels import log_normal, stratified
from gendiff.nets.classifier import Classifier
from gendiff.noise import seeded
from gendiff.train import Batch, Plan, train
from gendiff.types import like

LEVELS = stratified(log_normal(-0.5, 1.5))
"""Noise levels for training: more than the denoiser's at the high end."""


@dataclass(frozen=True)
class Sizes:
    """What each of the three is trained with."""

    images: int
    updates: int
    widths: tuple[int, ...]


SIZES = {
    "smoke": Sizes(400, 4, (8, 16)),
    "cpu": Sizes(20_000, 700, (16, 32, 64)),
    "gpu": Sizes(60_000, 6_000, (64, 128, 256)),
}


def sizes(run: Run) -> Sizes:
    """Return what the classifiers are trained with in a run."""
    return run.sizes("digit_classifiers", SIZES)


class Blind(nn.Module):
    """A classifier of noisy signals that isn't told how noisy."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(
        self, unit: Float[Tensor, "b *s"], noise: Float[Tensor, " b"], /
    ) -> Float[Tensor, "b k"]:
        """Return the logits; the second argument goes unused."""
        del noise
        return self.net(unit)


class Clean(nn.Module):
    """A classifier of clean signals, given noisy ones as they are."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(
        self, x: Float[Tensor, "b *s"], sigma: Float[Tensor, "..."] | None = None, /
    ) -> Float[Tensor, "b k"]:
        """Return the logits, whatever the noise level."""
        del sigma
        return self.net(x)


def informed(run: Run) -> NoisyClassifier:
    """Return the classifier that was trained on noisy images and told the level."""
    return _ready(run, _informed, _trained_informed)


def blind(run: Run) -> NoisyClassifier:
    """Return the one that was trained on noisy images and not told the level."""
    return _ready(run, _blind, _trained_blind)


def clean(run: Run) -> Clean:
    """Return the one that was trained on clean images."""
    return _ready(run, _clean, _trained_clean)


def _ready(run: Run, build: Any, trained: Any) -> Any:  # noqa: ANN401
    own = sizes(run)
    net = build(own)
    # Kept by the sizes that it is trained with, whatever else the run overrides.
    net.load_state_dict(run.memo(trained)(replace(run, overrides={}), own))
    return net.to(run.device).eval().requires_grad_(requires_grad=False)


def _classifier(sizes: Sizes, *, embedding: int = 0) -> Classifier:
    return Classifier(1, CLASSES, widths=sizes.widths, embedding=embedding)


def _informed(sizes: Sizes) -> NoisyClassifier:
    return NoisyClassifier(_classifier(sizes, embedding=64), data_std=1.0)


def _blind(sizes: Sizes) -> NoisyClassifier:
    return NoisyClassifier(Blind(_classifier(sizes)), data_std=1.0)


def _clean(sizes: Sizes) -> Clean:
    return Clean(_classifier(sizes))


def _trained_informed(run: Run, sizes: Sizes) -> dict[str, Tensor]:
    return _fit(run, sizes, _informed, _noisy_loss)


def _trained_blind(run: Run, sizes: Sizes) -> dict[str, Tensor]:
    return _fit(run, sizes, _blind, _noisy_loss)


def _trained_clean(run: Run, sizes: Sizes) -> dict[str, Tensor]:
    return _fit(run, sizes, _clean, _clean_loss)


def _fit(run: Run, sizes: Sizes, build: Any, loss: Any) -> dict[str, Tensor]:  # noqa: ANN401
    seen = images(run, sizes.images, "classifiers")
    torch.manual_seed(run.seed)
    plan = Plan(steps=sizes.updates, learning_rate=3e-3, seed=run.seed)
    found = train(
        build(sizes), loss, shuffled(seen.images, seen.labels, size=64), plan,
        progress=partial(run.progress, label="classifier of digits", total=plan.steps),
    )  # fmt: skip
    return {name: value.detach().clone() for name, value in found.state_dict().items()}


def _noisy_loss(
    net: nn.Module, batch: Batch, generator: torch.Generator, /
) -> Float[Tensor, " b"]:
    x0, label = batch
    sigma = LEVELS(len(x0), generator).to(x0)
    x = x0 + like(sigma, x0) * seeded(generator)(x0)
    return functional.cross_entropy(net(x, sigma), label, reduction="none")


def _clean_loss(
    net: nn.Module, batch: Batch, generator: torch.Generator, /
) -> Float[Tensor, " b"]:
    del generator
    x0, label = batch
    return functional.cross_entropy(net(x0), label, reduction="none")
