"""Mixtures of Gaussians for a class and for everything, of which it is one half."""

from collections.abc import Mapping, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from gendiff.exact import GaussianMixture
from gendiff.grids import geometric
from gendiff.guidance import Contrast
from gendiff.metrics import energy_distance
from gendiff.noise import seeded
from gendiff.record import last
from gendiff.sampling import sample
from gendiff.solvers import ancestral
from gendiff.studies.guidance.still_walks import climb
from gendiff.studies.running import Running
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


def four_ways(
    run: Running,
    one: GaussianMixture,
    everything: GaussianMixture,
    gamma: float,
    /,
    *,
    points: int,
    steps: int,
    cells: int,
    step: float,
) -> dict[str, Float[Tensor, "n 2"]]:
    """Return guided points of the plane: as promised, and as three samplers draw them.

    Args:
        run: The run whose generators are drawn from.
        one: The class.
        everything: The class and the rest.
        gamma: The guidance scale.
        points: How many are drawn in each way.
        steps: Of the SDE and, in network calls, of the flow; Langevin dynamics takes
            four times as many.
        cells: On a side of the grid on which the promise is summed.
        step: Of Langevin dynamics.
    """
    draw = run.generator("plane")
    exact = from_grid(
        one, everything, gamma, points, cells=cells, edge=6, generator=draw
    )
    white = torch.randn(points, 2, generator=draw, dtype=torch.float64)
    noise, guide = seeded(draw), Contrast(one, everything, gamma)

    def slope(x: Float[Tensor, "n 2"]) -> Float[Tensor, "n 2"]:
        away, toward = (known.score(x, level(0.0)) for known in (everything, one))
        return torch.lerp(away, toward, gamma)

    start = one.sample(points, draw)
    still = climb(slope, start, step=step, steps=4 * steps, noise=noise)
    grid = geometric(steps, low=0.02, high=50.0)
    reverse = last(ancestral(guide, 50 * white, grid, order=2, noise=noise))
    flow = last(sample(guide, white, gaussian=everything.moments(), evaluations=steps))
    return {"promised": exact, "Langevin": still, "SDE": reverse, "flow": flow}


def described(
    one: GaussianMixture,
    everything: GaussianMixture,
    points: Mapping[str, Float[Tensor, "n 2"]],
    /,
) -> dict[str, tuple[float, float, float]]:
    """Return three numbers of each set of points.

    The mean of `p(y | x)`, the fraction at the second bump of the class, and the energy
    distance from what was promised.
    """
    away, own = energies(points), len(one.weights)
    rows: dict[str, tuple[float, float, float]] = {}
    for name, some in points.items():
        share = everything.responsibilities(some, level(0.0))[:, :own].sum(1)
        nearest = one.responsibilities(some, level(0.0)).argmax(1)
        central = float((nearest == 1).double().mean())
        rows[name] = float(share.mean()), central, away[name]
    return rows


def energies(points: Mapping[str, Float[Tensor, "n 2"]], /) -> dict[str, float]:
    """Return the energy distance of each set from one half of the promised points.

    That of the promised ones is between their halves: the floor.
    """
    promised = points["promised"]
    reference, rest = promised.split(-(-len(promised) // 2))
    return {
        name: float(energy_distance(reference, rest if name == "promised" else some))
        for name, some in points.items()
    }
