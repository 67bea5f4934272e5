"""Points of the plane as sequences of two tokens, guided in every way there is.

Models are exact. An autoregressive one draws the first coordinate and then the second,
or the other way round; a diffusion model draws both at once. What comes out is counted
in the cells of a coarse grid.
"""

import math
from collections.abc import Mapping, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from gendiff.discrete import Joint, joint
from gendiff.exact import GaussianMixture
from gendiff.grids import geometric
from gendiff.guidance import Contrast
from gendiff.noise import seeded
from gendiff.record import last
from gendiff.sampling import sample
from gendiff.solvers import ancestral
from gendiff.studies.guidance.class_pairs import pair
from gendiff.studies.running import Running
from gendiff.types import level

CELLS, EDGE = 16, 6.0
"""The coarse grid's cells on a side, and how far from the middle it reaches."""
FORWARD, BACKWARD = "x₁, x₂", "x₂, x₁"
Cells = Float[Tensor, "cell cell"]
Pair = tuple[GaussianMixture, GaussianMixture]
"""The class, and everything, of which it is half."""


def distances(cells: Mapping[str, Cells]) -> dict[str, float]:
    """Return the total variation of every way of guiding from the target."""
    ways = {way: made for way, made in cells.items() if way != "target"}
    return {way: _variation(made, cells["target"]) for way, made in ways.items()}


def nearness(
    run: Running,
    scales: Sequence[float],
    /,
    *,
    points: int,
    fine: int,
    evaluations: int,
    steps: int,
) -> dict[str, float]:
    """Return the mean distance of each way from the target, over mixtures and scales.

    The two orders of coordinates count as one way. Arguments are those of `guided`.
    """
    of = [
        distances(
            guided(
                run, both, gamma,
                points=points, fine=fine, evaluations=evaluations, steps=steps,
            )
        )
        for both in mixtures(run.generator("mixtures")).values()
        for gamma in scales
    ]  # fmt: skip
    mean = {way: math.fsum(each[way] for each in of) / len(of) for way in of[0]}
    in_turn = (mean.pop(FORWARD) + mean.pop(BACKWARD)) / 2
    return {"token by token": in_turn, **mean}


def mixtures(generator: torch.Generator) -> dict[str, Pair]:
    """Return three pairs, by name; the means of the last are drawn."""
    drawn = 1.7 * torch.randn(2, 3, 2, generator=generator)
    corners = [[-1.2, -1.2], [1.2, 1.2]], [[-1.2, 1.2], [1.2, -1.2]]
    return {
        "neighbours": pair([[-1, -1]], [[1, 1]], 1.0),
        "checkers": pair(*corners, 0.8),
        "scattered": pair(drawn[0].tolist(), drawn[1].tolist(), 0.7),
    }


def guided(
    run: Running,
    both: Pair,
    gamma: float,
    *,
    points: int,
    fine: int,
    evaluations: int,
    steps: int,
) -> dict[str, Cells]:
    """Return the mass in every coarse cell: the target's, and what each way makes.

    Args:
        run: The run whose generators are drawn from.
        both: The class, and everything.
        gamma: The guidance scale.
        points: How many are drawn in each way.
        fine: Cells of the fine grid in a coarse cell, on a side.
        evaluations: Network calls of the flow.
        steps: Steps of the reverse SDE.
    """
    one, everything = (on_grid(mixture, fine) for mixture in both)
    target = joint.guided(everything, one, gamma)
    forward = joint.guided_by_place(everything, one, gamma)
    free, given = (distribution.permuted([1, 0]) for distribution in (everything, one))
    backward = joint.guided_by_place(free, given, gamma).permuted([1, 0])
    noise = torch.randn(
        points, 2, generator=run.generator("start"), dtype=torch.float64
    )
    flow, sde = diffused(run, both, gamma, noise, evaluations=evaluations, steps=steps)
    return {
        "target": coarse(target),
        "flow": counted(flow),
        "SDE": counted(sde),
        FORWARD: drawn_from(forward, points, run.generator("forward")),
        BACKWARD: drawn_from(backward, points, run.generator("backward")),
        "floor": drawn_from(target, points, run.generator("target")),
    }


def diffused(
    run: Running,
    both: Pair,
    gamma: float,
    noise: Float[Tensor, "n 2"],
    *,
    evaluations: int,
    steps: int,
) -> tuple[Float[Tensor, "n 2"], Float[Tensor, "n 2"]]:
    """Return points of the guided flow and of the guided reverse SDE."""
    one, everything = both
    guide = Contrast(one, everything, gamma)
    distribution = everything.moments()
    flow = last(sample(guide, noise, gaussian=distribution, evaluations=evaluations))
    grid = [*geometric(steps, high=40.0, low=0.02)]
    fresh = seeded(run.generator("sde"))
    sde = last(ancestral(guide, grid[0] * noise, grid, order=2, noise=fresh))
    return flow, sde


def on_grid(mixture: GaussianMixture, fine: int) -> Joint:
    """Return a mixture as a distribution of two tokens, the cells of a fine grid."""
    side = CELLS * fine
    middle = (torch.arange(side, dtype=torch.float64) + 0.5) / side * 2 * EDGE - EDGE
    points = torch.cartesian_prod(middle, middle)
    return joint.normalised(mixture.log_density(points, level(0.0)).reshape(side, side))


def coarse(distribution: Joint) -> Cells:
    """Return the mass in every coarse cell."""
    fine = distribution.vocabulary // CELLS
    return distribution.probability.reshape(CELLS, fine, CELLS, fine).sum((1, 3))


def counted(points: Float[Tensor, "n 2"]) -> Cells:
    """Return the fraction of points in every coarse cell; the rim has those outside."""
    cells = ((points + EDGE) / (2 * EDGE) * CELLS).long().clamp(0, CELLS - 1)
    flat = torch.bincount(cells[:, 0] * CELLS + cells[:, 1], minlength=CELLS**2)
    return flat.reshape(CELLS, CELLS).double() / len(points)


def drawn_from(distribution: Joint, n: int, generator: torch.Generator) -> Cells:
    """Return the coarse fractions of a sample of a distribution on the fine grid."""
    cells = distribution.sample(n, generator).double()
    return counted((cells + 0.5) / distribution.vocabulary * 2 * EDGE - EDGE)


def _variation(a: Cells, b: Cells) -> float:
    return float((a - b).abs().sum() / 2)
