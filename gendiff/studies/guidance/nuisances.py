"""A small world in which most directions have nothing to do with the class.

Two hidden coordinates are the plane of `bumps` and decide the class;
half of the others vary on their own account, the rest hardly at all; then the whole is
turned. The class depends on the two at every noise level, so the exact gradient of its
log-probability lies in their plane, and a learnt gradient's energy outside is error.
"""

import math

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from gendiff.guidance import Labelled
from gendiff.guidance.classifier import likelihood_score
from gendiff.nets import MLP
from gendiff.objectives import Objective, edm_weight
from gendiff.precondition import NoisyClassifier, Preconditioned
from gendiff.studies.digit_classifiers import LEVELS, clean_surprise, noisy_surprise
from gendiff.studies.guidance import bumps
from gendiff.types import Loss, level

STD = 0.5
"""Of a coordinate, roughly: what the networks take for the data's spread."""
WIDE, NARROW = 0.7, 0.02
"""Standard deviations of the nuisances."""


def turn(dims: int, generator: torch.Generator, /) -> Float[Tensor, "d d"]:
    """Return the world's axes as columns; the first two matter."""
    square = torch.randn(dims, dims, generator=generator, dtype=torch.float64)
    return torch.linalg.qr(square)[0]


def world(
    n: int, axes: Float[Tensor, "d d"], generator: torch.Generator, /
) -> tuple[Float[Tensor, "n d"], Int[Tensor, " n"]]:
    """Return points and their classes."""
    place, component = bumps.PLANE.sample_with_component(n, generator)
    others = len(axes) - 2
    wide = others // 2
    stds = torch.tensor([WIDE] * wide + [NARROW] * (others - wide)).double()
    rest = stds * torch.randn(n, others, generator=generator, dtype=torch.float64)
    return torch.cat([place, rest], 1) @ axes.T, bumps.OWNER[component]


class CleanClassifier(nn.Module):
    """A classifier of clean points, given noisy ones as they are."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(
        self, x: Float[Tensor, "b d"], sigma: Float[Tensor, "..."] | None = None, /
    ) -> Float[Tensor, "b k"]:
        """Return the logits, whatever the noise level."""
        del sigma
        return self.net(x / STD, torch.zeros(len(x)))


def build(kind: str, dims: int, width: int, /) -> nn.Module:
    """Return an untrained network: 'clean' or 'noisy' classifier, or 'generative'.

    Raises:
        ValueError: If there is no such kind.
    """
    classes = bumps.CLASSES
    match kind:
        case "generative":
            net = MLP(dims, width, 2, classes=classes)
            return Preconditioned(net, data_std=STD)
        case "clean":
            return CleanClassifier(MLP(dims, width, 2, out=classes))
        case "noisy":
            return NoisyClassifier(MLP(dims, width, 2, out=classes), data_std=STD)
        case _:
            raise ValueError(f"kind {kind!r}; choose 'clean', 'noisy' or 'generative'")


LOSSES: dict[str, Loss] = {
    "clean": clean_surprise,
    "noisy": noisy_surprise,
    "generative": Objective(LEVELS, edm_weight(STD)),
}
"""What each kind of network is trained to make small."""


def slopes(
    net: nn.Module, x: Float[Tensor, "b d"], label: Int[Tensor, " b"], sigma: float, /
) -> Float[Tensor, "b d"]:
    """Return a network's gradient of the log-probability of the class.

    A classifier's own, or the difference of a denoiser with its label and without.
    """
    at = level(sigma)
    if isinstance(net, Preconditioned):
        return (net(x, at, label) - net(x, at)) / sigma**2
    return likelihood_score(Labelled(net, label), x, at)


def directions(
    net: nn.Module,
    axes: Float[Tensor, "d d"],
    n: int,
    levels: list[float],
    generator: torch.Generator,
    /,
) -> NDArray[np.float64]:
    """Return share outside, cosine with the exact gradient and accuracy, by level.

    All three are of `n` fresh points; a denoiser names nothing, and its accuracy is
    not a number.
    """
    x0, label = world(n, axes, generator)
    eps = torch.randn(x0.shape, generator=generator, dtype=torch.float64)
    rows: list[tuple[float, float, float]] = []
    for sigma in levels:
        x = x0 + sigma * eps
        exact = likelihood_score(
            Labelled(bumps.logits, label), (x @ axes)[:, :2], level(sigma)
        )
        slope = slopes(net, x.float(), label, sigma).double() @ axes
        outside = float(slope[:, 2:].square().sum() / slope.square().sum())
        along = functional.cosine_similarity(
            slope, functional.pad(exact, (0, len(axes) - 2)), dim=1
        )
        named = math.nan
        if not isinstance(net, Preconditioned):
            right = net(x.float(), level(sigma)).argmax(1) == label
            named = float(right.double().mean())
        rows.append((outside, float(along.mean()), named))
    return np.array(rows).T
