"""Energy distance: two samples compared by the distances of their pairs.

`2 E|x - y| - E|x - x'| - E|y - y'|` for independent draws is zero only when the two
distributions are equal. Pairs of a point with itself are left out, so the estimate is
unbiased: its expectation is zero for equal distributions, and a single value may be
slightly negative.

References:
    Szekely and Rizzo (2013), Energy statistics, section 2.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor

_CHUNK = 1024  # rows of the matrix of pairs held at once


def energy_distance(x: Float[Tensor, "n *s"], y: Float[Tensor, "m *s"], /) -> float:
    """Return `2 E|x - y| - E|x - x'| - E|y - y'|`, which has the unit of a length.

    Raises:
        ValueError: If a sample has fewer than two points.
    """
    x, y = _points(x), _points(y)
    within = sum(_total(z, z) / (len(z) * (len(z) - 1)) for z in (x, y))
    return 2 * _total(x, y) / (len(x) * len(y)) - within


def _total(x: Tensor, y: Tensor) -> float:
    """Sum over all pairs; when `x is y`, without those of a point with itself."""
    sums: list[float] = []
    for start in range(0, len(x), _CHUNK):
        values = torch.cdist(x[start : start + _CHUNK], y)
        itself = values.diagonal(start).sum() if x is y else 0.0
        sums.append(float(values.sum() - itself))
    return math.fsum(sums)


def _points(x: Tensor) -> Float[Tensor, "n d"]:
    if len(x) < 2:
        raise ValueError(f"a sample of {len(x)} has no pairs; give two points or more")
    return x.flatten(1).double()
