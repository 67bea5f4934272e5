"""Grids: the noise levels that a sampler visits.

A grid is a decreasing list of floats, usually from a finite `high` to exactly 0. It is
plain data: look at it, edit it, plot it. What papers call a schedule is, for sampling,
one of these lists: `high` to `low`, evenly spaced in some clock of `gendiff.clocks`.

With `n` intervals a solver that evaluates once a step calls the network `n` times.
"""

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor

from gendiff.clocks import LOG, Clock, power


def even(clock: Clock, n: int, *, low: float = 0.0, high: float = 80.0) -> list[float]:
    """Space evenly in `clock` from `high` to `low`; if that is not 0, then end at 0.

    `even(FLOW_TIME.scaled(std), n)` has half of its levels where the noise is weaker
    than data of that standard deviation.

    Raises:
        ValueError: If `n` is below 1, not `0 <= low < high < inf`, or the clock is not
            finite there.
    """
    if n < 1:
        raise ValueError(f"a grid of {n} intervals is empty; ask for at least 1")
    if not 0 <= low < high < math.inf:
        raise ValueError(f"need 0 <= low < high < inf; got low={low}, high={high}")
    first, last = clock.readings(high, low)
    count = n if low > 0 else n + 1
    return [high, *clock.spaced(first, last, count)[1:n], 0.0]


def karras(
    n: int, *, low: float = 0.002, high: float = 80.0, rho: float = 7.0
) -> list[float]:
    """Space evenly in `sigma^(1/rho)`, then end at 0.

    References:
        Karras et al. (2022), arXiv:2206.00364, eq. 5.
    """
    return even(power(rho), n, low=low, high=high)


def geometric(n: int, *, low: float = 0.002, high: float = 80.0) -> list[float]:
    """Space evenly in log sigma (and in log signal-to-noise), then end at 0."""
    return even(LOG, n, low=low, high=high)


def from_alpha_bar(alpha_bar: Sequence[float] | Float[Tensor, " n"]) -> list[float]:
    """Translate a variance-preserving process to noise levels, largest first, then 0.

    `x_t = sqrt(ab) x0 + sqrt(1 - ab) eps` is `x0 + sigma eps` in other units, with
    `sigma = sqrt((1 - ab) / ab)`.

    Raises:
        ValueError: If a value lies outside (0, 1], 0 being infinite noise, or none is
            below 1.
    """
    ab = torch.as_tensor(alpha_bar, dtype=torch.float64, device="cpu")
    if not (ab < 1).any():
        raise ValueError(
            f"alpha_bar is {ab.tolist()}, without noise; give at least one number "
            "between 0 and 1"
        )
    if not ((ab > 0) & (ab <= 1)).all():
        raise ValueError(f"alpha_bar must lie in (0, 1]; got {ab.min()} to {ab.max()}")
    sigma = ((1 - ab) / ab).sqrt().sort(descending=True).values
    return [*sigma[sigma > 0].tolist(), 0.0]


def from_betas(betas: Sequence[float] | Float[Tensor, " n"]) -> list[float]:
    """Translate DDPM's betas to noise levels, largest first, then 0.

    References:
        Ho et al. (2020), arXiv:2006.11239, eq. 4.
    """
    kept = 1 - torch.as_tensor(betas, dtype=torch.float64, device="cpu")
    return from_alpha_bar(kept.cumprod(0))


def demand_grid(grid: Sequence[float]) -> None:
    """Raise a `ValueError` unless `grid` is finite, decreasing and nowhere negative."""
    if len(grid) < 2:
        raise ValueError(f"a grid needs at least two noise levels; got {list(grid)}")
    falling = all(a > b for a, b in pairwise(grid))
    if not (falling and grid[0] < math.inf and grid[-1] >= 0):
        raise ValueError(f"a grid must decrease to 0 or more; got {list(grid)}")
