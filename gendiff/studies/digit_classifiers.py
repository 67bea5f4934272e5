"""The classifiers that guide the shared image model.

All have one architecture and one set of images, which neither the denoiser nor the
judge has seen. They differ in what they were shown: clean images (what one finds off
the shelf), noisy images, or noisy images with the noise level beside them.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from gendiff.data import shuffled
from gendiff.levels import log_normal, stratified
from gendiff.nets import Classifier
from gendiff.noise import seeded
from gendiff.precondition import NoisyClassifier
from gendiff.studies.digits import CLASSES, images
from gendiff.studies.running import Running
from gendiff.training import Plan
from gendiff.types import Batch, Loss, like

Network = TypeVar("Network", bound=nn.Module)
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


def sizes(run: Running) -> Sizes:
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


def informed(run: Running) -> NoisyClassifier:
    """Return the classifier that was trained on noisy images and told the level."""
    return trained(run, partial(informable, CLASSES), noisy_surprise)


def tenth(run: Running) -> NoisyClassifier:
    """Return the same classifier after a tenth of its training."""
    own = replace(sizes(run), updates=max(1, sizes(run).updates // 10))
    return trained(run, partial(informable, CLASSES), noisy_surprise, own)


def blind(run: Running) -> NoisyClassifier:
    """Return the one that was trained on noisy images and not told the level."""
    return trained(run, _blind, noisy_surprise)


def clean(run: Running) -> Clean:
    """Return the one that was trained on clean images."""
    return trained(run, _clean, clean_surprise)


def trained(
    run: Running,
    build: Callable[[tuple[int, ...]], Network],
    loss: Loss,
    own: Sizes | None = None,
) -> Network:
    """Return one of them: they differ in how it is built and what it is shown."""
    own = own or sizes(run)
    seen = images(run, own.images, "classifiers")
    return run.trained(
        partial(build, own.widths),
        loss,
        shuffled(seen.images, seen.labels, size=64),
        Plan(steps=own.updates, learning_rate=3e-3),
        label="classifier of digits",
    )


def informable(classes: int, widths: tuple[int, ...]) -> NoisyClassifier:
    """Return an untrained classifier of noisy images that is told the level."""
    net = Classifier(1, classes, widths=widths, embedding=64)
    return NoisyClassifier(net, data_std=1.0)


def _blind(widths: tuple[int, ...]) -> NoisyClassifier:
    return NoisyClassifier(Blind(Classifier(1, CLASSES, widths=widths)), data_std=1.0)


def _clean(widths: tuple[int, ...]) -> Clean:
    return Clean(Classifier(1, CLASSES, widths=widths))


def noisy_surprise(
    net: nn.Module, batch: Batch, generator: torch.Generator, /
) -> Float[Tensor, " b"]:
    """Return the cross-entropy on noised data."""
    x0, label = batch
    sigma = LEVELS(len(x0), generator).to(x0)
    x = x0 + like(sigma, x0) * seeded(generator)(x0)
    return functional.cross_entropy(net(x, sigma), label, reduction="none")


def clean_surprise(
    net: nn.Module, batch: Batch, generator: torch.Generator, /
) -> Float[Tensor, " b"]:
    """Return the cross-entropy on clean data."""
    del generator
    x0, label = batch
    return functional.cross_entropy(net(x0), label, reduction="none")
