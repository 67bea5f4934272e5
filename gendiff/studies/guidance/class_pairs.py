"""Mixtures of Gaussians for a class and for everything, of which it is one half."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from gendiff.exact import GaussianMixture
from gendiff.types import level

Places = Sequence[Sequence[float]]


def pair(
    these: Places, those: Places, std: float, /
) -> tuple[GaussianMixture, GaussianMixture]:
    """Return a class and everything: round bumps at these places, and at those."""
    one, other = (
        GaussianMixture.isotropic(
            torch.full((len(means),), 1 / len(means)).double(),
            torch.tensor(means, dtype=torch.float64),
            std,
        )
        for means in (these, those)
    )
    everything = GaussianMixture(
        torch.cat([one.weights, other.weights]) / 2,
        torch.cat([one.means, other.means]),
        torch.cat([one.covariances, other.covariances]),
    )
    return one, everything


def from_grid(
    one: GaussianMixture,
    everything: GaussianMixture,
    gamma: float,
    n: int,
    /,
    *,
    cells: int,
    edge: float,
    generator: torch.Generator,
) -> Float[Tensor, "n 2"]:
    """Return points of the guided density of a plane, summed on a grid of cells."""
    axis = torch.linspace(-edge, edge, cells, dtype=torch.float64)
    grid = torch.cartesian_prod(axis, axis)
    log_p = (1 - gamma) * everything.log_density(grid, level(0.0))
    log_p = log_p + gamma * one.log_density(grid, level(0.0))
    weight = log_p.softmax(0)
    chosen = torch.multinomial(weight, n, replacement=True, generator=generator)
    jitter = torch.rand(n, 2, generator=generator, dtype=torch.float64) - 0.5
    return grid[chosen] + jitter * (axis[1] - axis[0])
