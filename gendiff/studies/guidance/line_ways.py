"""What three samplers make of one score on a line.

The flow is deterministic, the SDE has noise in every step, and Langevin dynamics walks
along the score of the clean data. The first two start at the noise level `HIGH`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float
from torch import Tensor

from gendiff.exact import GaussianMixture
from gendiff.noise import seeded
from gendiff.studies.guidance import line_samplers
from gendiff.studies.guidance.line_distributions import (
    Line,
    column,
    mass_below,
    moments,
    normalised,
)
from gendiff.studies.guidance.line_figures import Moments, Ways
from gendiff.studies.guidance.still_walks import climb
from gendiff.studies.running import Running
from gendiff.types import Noise, level, like

HIGH = 80.0
Slope = Callable[[Tensor, Tensor], Tensor]
"""`(x, sigma) -> score`, of points at a noise level."""


@dataclass(frozen=True)
class Sizes:
    """How finely each of the samplers is computed."""

    points: int
    """That the flow carries."""
    grid: int
    """Steps of the flow."""
    cells: int
    """Of the line, on which the distribution of the SDE is solved."""
    steps: int
    """Of that solution."""
    walk: int
    """Steps of Langevin dynamics."""
    step: float
    """Their size."""


def all_ways(
    slope: Slope,
    sizes: Sizes,
    start: Float[Tensor, "n 1"],
    noise: Noise,
    /,
    *,
    center: float = 0.0,
    scale: float = 1.0,
) -> Ways:
    """Return what the flow, the SDE and Langevin dynamics make of a score.

    Args:
        slope: The score.
        sizes: How finely each is computed.
        start: Where the chains of Langevin dynamics start.
        noise: Theirs.
        center: The data's mean.
        scale: The data's standard deviation.
    """
    where = {"center": center, "scale": scale}
    still = climb(
        lambda x: slope(x, level(0.0)),
        start,
        step=sizes.step,
        steps=sizes.walk,
        noise=noise,
    )
    return {
        "flow": flow(slope, sizes, **where),
        "SDE": solved(slope, sizes, **where),
        "Langevin": still[:, 0].numpy(),
    }


def tempered(
    run: Running, distribution: GaussianMixture, factor: float, sizes: Sizes, n: int, /
) -> Ways:
    """Return what the samplers make of the score of a mixture times a factor.

    The `n` chains of Langevin dynamics start from the mixture.
    """

    def slope(x: Float[Tensor, "b 1"], sigma: Tensor, /) -> Float[Tensor, "b 1"]:
        return factor * distribution.score(x, sigma)

    known = distribution.moments()
    return all_ways(
        slope,
        sizes,
        distribution.sample(n, run.generator("bumps")),
        seeded(run.generator("tempered bumps")),
        center=float(known.mean),
        scale=float(known.covariance) ** 0.5,
    )


def flow(
    slope: Slope, sizes: Sizes, /, *, center: float = 0.0, scale: float = 1.0
) -> tuple[Line, Line]:
    """Return even points of a normal distribution and where the flow takes them."""

    def denoise(
        x: Float[Tensor, "b *s"], sigma: Float[Tensor, "..."], /
    ) -> Float[Tensor, "b *s"]:
        return x + like(sigma, x) ** 2 * slope(x, sigma)

    return line_samplers.flow_map(
        denoise,
        points=sizes.points,
        steps=sizes.grid,
        high=HIGH,
        center=center,
        scale=scale,
    )


def solved(
    slope: Slope,
    sizes: Sizes,
    /,
    *,
    noise: float = 1.0,
    center: float = 0.0,
    scale: float = 1.0,
) -> tuple[Line, Line]:
    """Return points and the density at them of a sampler with noise.

    `noise` is its variance in units of that of the SDE.
    """
    return line_samplers.fokker_planck(
        lambda x, sigma: slope(column(x), level(sigma))[:, 0].numpy(),
        cells=sizes.cells,
        steps=sizes.steps,
        high=HIGH,
        noise=noise,
        center=center,
        scale=scale,
    )


def summary(promised: Line, found: Ways, /) -> dict[str, Moments]:
    """Return mean and variance of what was promised, and of what each sampler made."""
    points, density = found["SDE"]
    chains = found["Langevin"]
    return {
        "promised": moments(promised),
        "flow": line_samplers.carried(*found["flow"])[:2],
        "SDE": moments(density, points),
        "Langevin": (float(chains.mean()), float(chains.var())),
    }


def moved(slope: Slope, sizes: Sizes, /) -> float:
    """Return how much the means of flow and SDE move with twice the steps, at most."""
    finer = replace(sizes, grid=2 * sizes.grid, steps=2 * sizes.steps)
    means: list[tuple[float, float]] = []
    for each in (sizes, finer):
        points, density = solved(slope, each)
        carried = line_samplers.carried(*flow(slope, each))
        means.append((carried[0], moments(density, points)[0]))
    return max(abs(a - b) for a, b in zip(*means, strict=True))


def left_of(edge: float, wanted: Line, found: Ways, /) -> dict[str, float]:
    """Return the mass to the left of an edge that each sampler leaves there."""
    z, end = found["flow"]
    points, density = found["SDE"]
    return {
        "wanted": mass_below(edge, wanted),
        "flow": float(np.trapezoid(normalised(-(z**2) / 2, z) * (end < edge), z)),
        "SDE": mass_below(edge, density, points),
        "Langevin": float((found["Langevin"] < edge).mean()),
    }
