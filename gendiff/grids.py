"""Grids: the noise levels that a sampler visits.

A grid is a decreasing list of floats, usually from a finite `high` to exactly 0. It is
plain data: look at it, edit it, plot it. What papers call a schedule is, for sampling,
one of these lists; every one below is `high` to `low`, evenly spaced in some variable.

With `n` intervals a solver that evaluates once a step calls the network `n` times.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def karras(
    n: int, *, low: float = 0.002, high: float = 80.0, rho: float = 7.0
) -> list[float]:
    """Space evenly in `sigma^(1/rho)`, then end at 0.

    References:
        Karras et al. (2022), arXiv:2206.00364, eq. 5.
    """
    _check(n, low, high)
    return [*_even(n, low, high, 1 / rho), 0.0]


def geometric(n: int, *, low: float = 0.002, high: float = 80.0) -> list[float]:
    """Space evenly in log sigma (and in log signal-to-noise), then end at 0."""
    _check(n, low, high)
    return [*np.geomspace(high, low, n).tolist(), 0.0]


def flow(n: int, *, high: float = 80.0, shift: float = 1.0) -> list[float]:
    """Space evenly in the time of a straight path, `t = sigma / (shift + sigma)`, to 0.

    `shift` is the noise level at `t = 1/2`; with the data's standard deviation, half
    the grid lies where the noise is weaker than the data.

    References:
        Esser et al. (2024), arXiv:2403.03206, eq. 23 (the shift).
    """
    _check(n, shift, high + shift)
    t = np.linspace(high / (shift + high), 0, n + 1)
    return (shift * t / (1 - t)).tolist()


def uniform_angle(n: int, *, high: float = 80.0, data_std: float = 1.0) -> list[float]:
    """Space evenly in the angle `arctan(sigma / data_std)`, to 0."""
    _check(n, data_std, high + data_std)
    phi = np.linspace(math.atan(high / data_std), 0, n + 1)
    return (data_std * np.tan(phi)).tolist()


def from_alpha_bar(alpha_bar: Sequence[float] | NDArray[np.float64]) -> list[float]:
    """Translate a variance-preserving process to noise levels, largest first, then 0.

    `x_t = sqrt(ab) x0 + sqrt(1 - ab) eps` is `x0 + sigma eps` in other units, with
    `sigma = sqrt((1 - ab) / ab)`.

    Raises:
        ValueError: If a value lies outside (0, 1]; 0 is infinite noise.
    """
    ab = np.asarray(alpha_bar, dtype=np.float64)
    if not ((ab > 0) & (ab <= 1)).all():
        raise ValueError(f"alpha_bar must lie in (0, 1]; got {ab.min()} to {ab.max()}")
    sigma = np.sort(np.sqrt((1 - ab) / ab))[::-1]
    return [*sigma[sigma > 0].tolist(), 0.0]


def from_betas(betas: Sequence[float] | NDArray[np.float64]) -> list[float]:
    """Translate DDPM's betas to noise levels, largest first, then 0.

    References:
        Ho et al. (2020), arXiv:2006.11239, eq. 4.
    """
    kept = 1 - np.asarray(betas, dtype=np.float64)
    return from_alpha_bar(np.cumprod(kept, dtype=np.float64))


def _even(n: int, low: float, high: float, power: float) -> list[float]:
    return (np.linspace(high**power, low**power, n) ** (1 / power)).tolist()


def _check(n: int, low: float, high: float) -> None:
    if n < 1:
        raise ValueError(f"a grid of {n} intervals is empty; ask for at least 1")
    if not 0 < low < high < math.inf:
        raise ValueError(f"need 0 < low < high < inf; got low={low}, high={high}")


def check_grid(grid: Sequence[float]) -> None:
    """Raise a `ValueError` unless `grid` is finite, decreasing and nowhere negative."""
    levels = np.asarray(grid, dtype=np.float64)
    if levels.ndim != 1 or len(levels) < 2:
        raise ValueError(f"a grid needs at least two noise levels; got {list(grid)}")
    if not np.isfinite(levels).all() or levels[-1] < 0 or (np.diff(levels) >= 0).any():
        raise ValueError(f"a grid must decrease to 0 or more; got {list(grid)}")
