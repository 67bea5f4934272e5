"""What samplers make of a score on a line, without drawing noise.

The flow is a monotone map, so points carry the mass between them. The distribution of a
sampler with noise solves a Fokker-Planck equation. In the coordinate `z = x / sqrt(w)`
with `w = s^2 + sigma^2` and the clock `log w`, where Gaussian data would stand still,
it is

    dz = ((1 + noise) / 2 sqrt(w) score + z / 2) dtau + sqrt(noise) dB,  dtau = -dlog w,

solved by steps of Crank and Nicolson, with fluxes weighted so that the stationary
distribution is kept exactly on the grid.

References:
    Chang and Cooper (1970), A practical difference scheme for Fokker-Planck equations.
"""

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray
from scipy import linalg, stats

from gendiff.grids import geometric
from gendiff.record import last
from gendiff.solvers import heun
from gendiff.studies.guidance.line_distributions import Line, column
from gendiff.types import Denoiser

Array = NDArray[np.float64]
Score = Callable[[Line, float], Line]
"""`(x, sigma) -> score`: of a density plus noise, or what is taken for that."""

_banded: Callable[..., Any] = linalg.solve_banded
_normal: Callable[..., Any] = stats.norm.pdf


def flow_map(
    denoise: Denoiser,
    /,
    *,
    points: int,
    steps: int,
    high: float,
    center: float = 0.0,
    scale: float = 1.0,
) -> tuple[Array, Array]:
    """Return even points of a normal distribution and where the flow takes them.

    They start at the noise level `high`, as data of that mean and spread would be.
    """
    z = np.linspace(-6, 6, points)
    start = center + math.hypot(scale, high) * column(z)
    end = last(heun(denoise, start, geometric(steps, low=1e-3, high=high)))
    return z, end[:, 0].numpy()


def carried(z: Line, x: Line, /) -> tuple[float, float, Array]:
    """Return mean, variance and density of points carrying a normal distribution."""
    mass = _normal(z)
    mean = float(np.trapezoid(mass * x, z))
    variance = float(np.trapezoid(mass * (x - mean) ** 2, z))
    return mean, variance, mass / np.gradient(x, z)


def upwind(x: Line, /) -> Array:
    """Return the Bernoulli function `x / (e^x - 1)`, by which fluxes are weighted."""
    small = np.abs(x) < 1e-6
    safe = np.where(small, 1.0, np.clip(x, -500, 500))
    return np.where(small, 1 - x / 2, safe / np.expm1(safe))


def fokker_planck(
    score: Score,
    /,
    *,
    cells: int,
    steps: int,
    high: float,
    noise: float = 1.0,
    center: float = 0.0,
    scale: float = 1.0,
) -> tuple[Array, Array]:
    """Return points and the density at level 0 of a sampler with noise.

    Args:
        score: Of the density at each level.
        cells: Of the line.
        steps: Of the clock.
        high: The noise level at which the sampler starts.
        noise: Its variance, in units of that of the reverse SDE; above 0.
        center: The data's mean.
        scale: The data's standard deviation.
    """
    z = np.linspace(-9, 9, cells)
    h, edges = float(z[1] - z[0]), (z[1:] + z[:-1]) / 2
    mass: Array = _normal(z)
    clock = np.linspace(math.log(scale**2 + high**2), 2 * math.log(scale), steps)
    for now, after in pairwise(clock.tolist()):
        w = math.exp((now + after) / 2)
        at = center + math.sqrt(w) * edges
        pull = math.sqrt(w) * score(at, math.sqrt(w - scale**2))
        drift = (1 + noise) / 2 * pull + edges / 2
        mass = _stepped(mass, drift, noise, h, (now - after) / 2)
    return center + scale * z, mass / scale


def _stepped(
    mass: Float[np.ndarray, " n"],
    drift: Float[np.ndarray, " edges"],
    noise: float,
    h: float,
    half: float,
) -> Array:
    """Return the mass after one step, of which half is explicit and half implicit."""
    rate = noise / 2 / h**2
    up, down = (rate * upwind(sign * drift * 2 * h / noise) for sign in (-1, 1))
    leave = np.append(up, 0) + np.append(0, down)
    right = (1 - half * leave) * mass
    right[1:] += half * up * mass[:-1]
    right[:-1] += half * down * mass[1:]
    bands = np.zeros((3, len(mass)))
    bands[0, 1:], bands[1], bands[2, :-1] = -half * down, 1 + half * leave, -half * up
    return _banded((1, 1), bands, right)
