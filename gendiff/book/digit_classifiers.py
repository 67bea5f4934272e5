"""The classifiers that guide the shared image model.

All three have one architecture and one set of images, which neither the denoiser nor
the judge has seen. They differ in what they were shown: clean images (what one finds
off the shelf), noisy images, or noisy images with the noise level beside them.
"""

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

UPDATES = {"smoke": 4, "cpu": 700, "gpu": 6_000}
WIDTHS = {"smoke": (8, 16), "cpu": (16, 32, 64), "gpu": (64, 128, 256)}
IMAGES = {"smoke": 400, "cpu": 20_000, "gpu": 60_000}
LEVELS = stratified(log_normal(-0.5, 1.5))
"""Noise levels for training: more than the denoiser's at the high end."""


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
    return _ready(run, _informed(run), run.memo(_trained_informed)(run))


def blind(run: Run) -> NoisyClassifier:
    """Return the one that was trained on noisy images and not told the level."""
    return _ready(run, _blind(run), run.memo(_trained_blind)(run))


def clean(run: Run) -> Clean:
    """Return the one that was trained on clean images."""
    return _ready(run, Clean(_classifier(run)), run.memo(_trained_clean)(run))


def _ready(run: Run, net: Any, kept: dict[str, Tensor]) -> Any:  # noqa: ANN401
    net.load_state_dict(kept)
    return net.to(run.device).eval().requires_grad_(requires_grad=False)


def _classifier(run: Run, *, embedding: int = 0) -> Classifier:
    return Classifier(1, CLASSES, widths=WIDTHS[run.preset], embedding=embedding)


def _informed(run: Run) -> NoisyClassifier:
    return NoisyClassifier(_classifier(run, embedding=64), data_std=1.0)


def _blind(run: Run) -> NoisyClassifier:
    return NoisyClassifier(Blind(_classifier(run)), data_std=1.0)


def _trained_informed(run: Run) -> dict[str, Tensor]:
    return _fit(run, partial(_informed, run), _noisy_loss)


def _trained_blind(run: Run) -> dict[str, Tensor]:
    return _fit(run, partial(_blind, run), _noisy_loss)


def _trained_clean(run: Run) -> dict[str, Tensor]:
    return _fit(run, lambda: Clean(_classifier(run)), _clean_loss)


def _fit(run: Run, build: Any, loss: Any) -> dict[str, Tensor]:  # noqa: ANN401
    seen = images(run, IMAGES[run.preset], "classifiers")
    torch.manual_seed(run.seed)
    plan = Plan(steps=UPDATES[run.preset], learning_rate=3e-3, seed=run.seed)
    found = train(
        build(), loss, shuffled(seen.images, seen.labels, size=64), plan,
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
