"""Kolmogorov-Smirnov distance: the largest gap between distribution functions.

The natural distance in one dimension: no parameter, no unit, and its distribution for a
perfect sampler is known exactly, so that the floor is a formula instead of an
experiment.
"""

from collections.abc import Callable

import torch
from jaxtyping import Float
from scipy import stats
from torch import Tensor


def ks_distance(
    x: Float[Tensor, " n"], cdf: Callable[[Float[Tensor, " n"]], Float[Tensor, " n"]], /
) -> float:
    """Return the distance of a sample from a distribution function."""
    n = len(x)
    expected = cdf(x.double().sort().values)
    above = torch.arange(1, n + 1).to(expected) / n - expected
    below = expected - torch.arange(n).to(expected) / n
    return max(above.max().item(), below.max().item())


def ks_critical(n: int, /, *, level: float = 0.05) -> float:
    """Return the distance that a perfect sample of size `n` exceeds with `level`.

    Exact for every n; near `1.358 / sqrt(n)` for large n at 5 %.

    References:
        Simard and L'Ecuyer (2011), Computing the two-sided Kolmogorov-Smirnov
        distribution.
    """
    return float(stats.kstwo.isf(level, n))
