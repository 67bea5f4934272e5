"""A small world in which most directions have nothing to do with the class.

Two hidden coordinates are the plane of `bumps` and decide the class; half of the others
vary on their own account, the rest hardly at all; then the whole is turned. The class
depends on the two at every noise level, so the exact gradient of its log-probability
lies in their plane, and what a learnt one has outside is error.

A *push* is what guidance adds to a prediction, `sigma^2 grad log p(y | x)`. Its
energies are those of one random point each, and are summed over noise levels. Where
there is hardly anything to push for, the exact push is small, and a learnt one need not
be: sums are also taken without the highest levels.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional

from gendiff.estimate import Estimate
from gendiff.guidance import Labelled
from gendiff.guidance.classifier import Classify, likelihood_score
from gendiff.metrics import jackknife
from gendiff.nets import MLP, count_parameters
from gendiff.precondition import NoisyClassifier, Preconditioned
from gendiff.studies.guidance import bumps
from gendiff.types import level

STD = 0.5
"""Of a coordinate, roughly: what the networks take for the data's spread."""
WIDE, NARROW = 0.7, 0.02
"""Standard deviations of the nuisances."""
CLASSES = bumps.CLASSES
GROUPS = 20
"""Of the jackknife over points."""
Push = Callable[[Tensor, float, Tensor], Tensor]
"""`(x, sigma, labels) -> push`."""


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


def denoiser(dims: int, width: int, /) -> Preconditioned:
    """Return an untrained denoiser that takes a label or none."""
    return Preconditioned(MLP(dims, width, 2, classes=CLASSES), data_std=STD)


def classifier(dims: int, width: int, /) -> NoisyClassifier:
    """Return an untrained classifier with as many weights as a denoiser of a width.

    A classifier has fewer outputs; it is made wider until the two are nearly equal.
    """
    weights = count_parameters(denoiser(dims, width))

    def off(wider: int) -> int:
        net = MLP(dims, wider, 2, out=CLASSES)
        return abs(count_parameters(net) - weights)

    nearest = min(range(width, 2 * width), key=off)
    return NoisyClassifier(MLP(dims, nearest, 2, out=CLASSES), data_std=STD)


def by_classifier(classify: Classify, /) -> Push:
    """Return the push of a classifier: its gradient in units of the prediction."""

    def push(x: Tensor, sigma: float, label: Tensor) -> Tensor:
        slope = likelihood_score(Labelled(classify, label), x, level(sigma))
        return sigma**2 * slope

    return push


def by_difference(denoise: Callable[..., Tensor], /) -> Push:
    """Return the push of a denoiser: what the label changes in its prediction."""

    def push(x: Tensor, sigma: float, label: Tensor) -> Tensor:
        return denoise(x, level(sigma), label) - denoise(x, level(sigma))

    return push


@dataclass(frozen=True)
class Energies:
    """Squared lengths of pushes, by level and point."""

    whole: Float[Tensor, "levels n"]
    """Of the push that was measured."""
    outside: Float[Tensor, "levels n"]
    """Of its part outside the plane that matters."""
    error: Float[Tensor, "levels n"]
    """Of what it is from the exact push."""
    exact: Float[Tensor, "levels n"]
    """Of the exact push."""

    def below(self, levels: int, /) -> "Energies":
        """Return the energies of the first levels only."""
        parts = self.whole, self.outside, self.error, self.exact
        return Energies(*(part[:levels] for part in parts))

    def share_outside(self) -> Estimate:
        """Return the fraction of the energy outside, all levels together."""
        return ratio(self.outside, self.whole)

    def relative_error(self) -> Estimate:
        """Return the energy of the error over that of the exact push."""
        return ratio(self.error, self.exact)


@torch.no_grad()
def energies(
    push: Push,
    axes: Float[Tensor, "d d"],
    n: int,
    levels: Sequence[float],
    generator: torch.Generator,
    /,
) -> Energies:
    """Return the energies of a learnt push at `n` fresh points of each level."""
    x0, label = world(n, axes, generator)
    eps = torch.randn(x0.shape, generator=generator, dtype=torch.float64)
    exactly = by_classifier(bumps.logits)
    rows: list[Tensor] = []
    for sigma in levels:
        x = x0 + sigma * eps
        exact = exactly((x @ axes)[:, :2], sigma, label)
        exact = functional.pad(exact, (0, len(axes) - 2))
        found = push(x.float(), sigma, label).double() @ axes
        parts = found, found[:, 2:], found - exact, exact
        rows.append(torch.stack([part.square().sum(1) for part in parts]))
    return Energies(*torch.stack(rows, dim=1))


def ratio(
    over: Float[Tensor, "levels n"], under: Float[Tensor, "levels n"], /
) -> Estimate:
    """Return the ratio of two energies, both summed over levels and points."""
    above, below = over.sum(0), under.sum(0)

    def of(i: Int[Tensor, " m"]) -> float:
        return float(above[i].sum() / below[i].sum())

    return jackknife(of, len(above), groups=GROUPS, of="points")


def less(of: Energies, other: Energies, /) -> Estimate:
    """Return the relative error of one push less that of another at the same points."""
    return ratio(of.error - other.error, of.exact)


@torch.no_grad()
def accuracy(
    classify: Classify,
    axes: Float[Tensor, "d d"],
    n: int,
    sigma: float,
    generator: torch.Generator,
    /,
) -> Estimate:
    """Return the accuracy on `n` fresh points over that of the exact classifier."""
    x0, label = world(n, axes, generator)
    x = x0 + sigma * torch.randn(x0.shape, generator=generator, dtype=torch.float64)
    hit = classify(x.float(), level(sigma)).argmax(1) == label
    best = bumps.logits((x @ axes)[:, :2], level(sigma)).argmax(1) == label
    return ratio(hit.double()[None], best.double()[None])
