"""Shapes near and far, and how much noise a classifier bears in naming them.

A shape that is far is half as wide as one that is near. A third group is as small as
the far ones and twice as bright: it has the near ones' contrast times side.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from gendiff.clocks import LOG
from gendiff.data.shapes import KINDS, render
from gendiff.estimate import Estimate
from gendiff.levels import stratified, uniform
from gendiff.metrics import jackknife
from gendiff.nets import Classifier
from gendiff.noise import seeded
from gendiff.types import Batch, Noise, like

SIDE = 32
BRIGHT = "far, twice as bright"
GROUPS = {"near": (0.5, 1.0), "far": (0.25, 1.0), BRIGHT: (0.25, 2.0)}
"""Of each group, the side of a shape over the picture's, and the contrast."""
LEVELS = stratified(uniform(LOG, 0.1, 20.0))
HALF_WAY = (1 + 1 / len(KINDS)) / 2
"""Accuracy half-way from certainty to chance."""
SHIFT = 3
"""Pixels by which a shape may be off the centre."""

Images = Float[Tensor, "b 1 h w"]


def seen(
    group: str, labels: Int[Tensor, " b"], generator: torch.Generator, /
) -> Images:
    """Draw shapes of a group, turned and moved at random."""
    side, contrast = GROUPS[group]
    n = len(labels)
    images = render(
        labels=labels,
        sizes=torch.full((n,), side),
        positions=SHIFT / SIDE * (2 * torch.rand(n, 2, generator=generator) - 1),
        rotations=math.tau * torch.rand(n, generator=generator),
        textures=torch.zeros(n, dtype=torch.long),
    )
    return contrast * (images + 1) / 2


def mixed(n: int, generator: torch.Generator, /) -> tuple[Images, Int[Tensor, " b"]]:
    """Draw a batch with a third from each group."""
    labels = torch.randint(len(KINDS), (n,), generator=generator)
    parts = zip(GROUPS, labels.chunk(len(GROUPS)), strict=True)
    return torch.cat([seen(group, own, generator) for group, own in parts]), labels


def classifier(widths: tuple[int, ...], /) -> Classifier:
    """Return an untrained classifier of noisy shapes; 2 x 2 pixels enter as one."""
    return Classifier(4, len(KINDS), widths=widths, embedding=64)


def logits(
    model: nn.Module, images: Images, sigma: Float[Tensor, " b"], noise: Noise, /
) -> Float[Tensor, "b k"]:
    """Return what the classifier thinks of noised images."""
    x = images + like(sigma, images) * noise(images)
    x = x * torch.rsqrt(1 + like(sigma, images) ** 2)
    return model(functional.pixel_unshuffle(x, 2), sigma.to(x).log() / 4)


def surprise(
    model: nn.Module, batch: Batch, generator: torch.Generator, /
) -> Float[Tensor, " b"]:
    """Return the cross-entropy of each image at a level of its own."""
    images, labels = batch
    sigma = LEVELS(len(images), generator)
    sigma = sigma[torch.randperm(len(sigma), generator=generator)]
    guess = logits(model, images, sigma, seeded(generator))
    return functional.cross_entropy(guess, labels, reduction="none")


@torch.no_grad()
def right_answers(
    model: nn.Module,
    group: str,
    sigmas: Sequence[float] | NDArray[np.float64],
    n: int,
    generator: torch.Generator,
    /,
) -> NDArray[np.float64]:
    """Return which of `n` test images are named rightly at each level."""
    device = next(model.parameters()).device
    labels = torch.arange(n) % len(KINDS)
    images = seen(group, labels, generator).to(device)
    found: list[Tensor] = []
    for sigma in sigmas:
        levels = torch.full((n,), float(sigma), dtype=torch.float64, device=device)
        guess = logits(model, images, levels, seeded(generator)).argmax(-1)
        found.append((guess.cpu() == labels).double())
    return torch.stack(found).numpy()


def threshold(sigmas: NDArray[np.float64], curve: NDArray[np.float64], /) -> float:
    """Return the level at which the accuracy first falls half-way to chance."""
    below = np.flatnonzero(curve < HALF_WAY)
    if not len(below) or below[0] == 0:  # never, or from the start
        return float(sigmas[0 if len(below) else -1])
    k = below[0]
    part = (curve[k - 1] - HALF_WAY) / (curve[k - 1] - curve[k])
    low, high = np.log(sigmas[k - 1]), np.log(sigmas[k])
    return float(np.exp(low + part * (high - low)))


def outlasts(
    sigmas: NDArray[np.float64],
    answers: Mapping[str, NDArray[np.float64]],
    small: str,
    /,
) -> Estimate:
    """Return how much more noise the near shapes bear than those of another group."""

    def difference(tests: Int[Tensor, " m"]) -> float:
        large = threshold(sigmas, answers["near"][:, tests].mean(1))
        return large - threshold(sigmas, answers[small][:, tests].mean(1))

    # Twelve groups, so that each leaves all five kinds of shape in.
    n = answers[small].shape[1]
    return jackknife(difference, n, groups=12, of="test images")
