"""What guidance leaves of the diversity of 25 classes on a lattice.

Diversity is the root of the total variance, within a class and over all of them.
"""

import math
from collections.abc import Callable, Mapping

import torch
from jaxtyping import Float
from torch import Tensor

from gendiff.exact import GaussianMixture
from gendiff.guidance import Contrast
from gendiff.types import Denoiser, level, like

SIDE = 5
Route = Callable[[Denoiser, Tensor, GaussianMixture], Tensor]
"""`(denoise, noise, everything) -> points`: a sampler."""


def field(spacing: float, /) -> GaussianMixture:
    """Return 25 round classes on a lattice, with standard deviation 1."""
    ticks = torch.arange(SIDE).double() - SIDE // 2
    means = spacing * torch.cartesian_prod(ticks, ticks)
    shares = torch.full((len(means),), 1 / len(means)).double()
    return GaussianMixture.isotropic(shares, means, 1.0)


def diversity(points: Float[Tensor, "n d"], /) -> float:
    """Return the root of the total variance."""
    return float(points.var(0).sum().sqrt())


def guided(
    everything: GaussianMixture,
    gamma: float,
    route: Route,
    each: int,
    generator: torch.Generator,
    /,
) -> Float[Tensor, "class n 2"]:
    """Return `each` guided points of every class."""
    means = everything.means.repeat_interleave(each, 0)

    def wanted(x: Float[Tensor, "b d"], sigma: Tensor, /) -> Float[Tensor, "b d"]:
        return means + (x - means) / (1 + like(sigma, x) ** 2)

    white = torch.randn(means.shape, generator=generator, dtype=torch.float64)
    points = route(Contrast(wanted, everything, gamma), white, everything)
    return points.reshape(len(everything.means), each, 2)


def of_routes(
    everything: GaussianMixture,
    gamma: float,
    routes: Mapping[str, Route],
    each: int,
    draw: Callable[[], torch.Generator],
    /,
) -> dict[str, tuple[float, float]]:
    """Return within and overall diversity of routes, as fractions of the data's.

    Args:
        everything: The classes.
        gamma: The guidance scale.
        routes: Samplers by name.
        each: Points of every class.
        draw: Returns the same fresh generator for each of them.
    """
    rows: dict[str, tuple[float, float]] = {}
    for name, route in routes.items():
        points = guided(everything, gamma, route, each, draw())
        inner = sum(diversity(some) for some in points) / len(points)
        overall = diversity(points.flatten(0, 1))
        rows[name] = (inner / math.sqrt(2), overall / diversity_of(everything))
    return rows


def diversity_of(everything: GaussianMixture, /) -> float:
    """Return the diversity of the data over all classes."""
    return math.sqrt(2 + float(everything.means.square().sum(1).mean()))


def promised(
    everything: GaussianMixture, gamma: float, cells: int, /
) -> tuple[float, float]:
    """Return both diversities of the promised densities, as fractions of the data's.

    Summed on a grid of cells in the plane.
    """
    edge = float(everything.means.max()) + 8
    axis = torch.linspace(-edge, edge, cells, dtype=torch.float64)
    grid = torch.cartesian_prod(axis, axis)
    log_p = everything.log_density(grid, level(0.0))[:, None]
    sure = everything.responsibilities(grid, level(0.0)).log()
    weight = (log_p + gamma * sure).softmax(0)
    mean = weight.T @ grid
    inner = (weight.T @ grid.square() - mean**2).sum(1)
    between = mean.var(0, correction=0).sum()
    overall = float((inner.mean() + between).sqrt()) / diversity_of(everything)
    return float(inner.sqrt().mean()) / math.sqrt(2), overall


def halves(
    everything: GaussianMixture,
    gamma: float,
    route: Route,
    n: int,
    draw: Callable[[str], torch.Generator],
    /,
) -> tuple[float, float]:
    """Return both diversities where the condition is a half of the plane.

    Within a half as a fraction of what it had, over both as a fraction of the data's.
    """
    west = everything.means[:, 0] < 0.5
    points: list[Tensor] = []
    kept: list[float] = []
    for side in (west, ~west):
        part = GaussianMixture(
            everything.weights[side] / everything.weights[side].sum(),
            everything.means[side],
            everything.covariances[side],
        )
        white = torch.randn(n, 2, generator=draw("halves"), dtype=torch.float64)
        found = route(Contrast(part, everything, gamma), white, everything)
        points.append(found)
        kept.append(diversity(found) / diversity(part.sample(n, draw("half"))))
    overall = diversity(torch.cat(points)) / diversity_of(everything)
    return sum(kept) / len(kept), overall
