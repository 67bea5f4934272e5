"""Energy distance and maximum mean discrepancy: two samples compared by pairs.

Both have the form `E g(x, x') + E g(y, y') - 2 E g(x, y)`, up to sign, for independent
draws: with `g = -|x - y|` the energy distance, with a Gaussian kernel the squared
maximum mean discrepancy. Both are zero only when the distributions are equal. Pairs of
a point with itself are left out, so the estimates are unbiased: their expectation is
zero for equal distributions, and a single value may be slightly negative.

References:
    Szekely and Rizzo (2013), Energy statistics, section 2.
    Gretton et al. (2012), A kernel two-sample test, lemma 6.
"""

import math
from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

_CHUNK = 1024  # rows of the matrix of pairs held at once


def energy_distance(x: Float[Tensor, "n *s"], y: Float[Tensor, "m *s"], /) -> float:
    """Return `2 E|x - y| - E|x - x'| - E|y - y'|`, which has the unit of a length.

    Raises:
        ValueError: If a sample has fewer than two points.
    """
    return -_contrast(x, y, lambda distance: distance)


def squared_mmd(
    x: Float[Tensor, "n *s"], y: Float[Tensor, "m *s"], /, *, bandwidth: float
) -> float:
    """Return the squared discrepancy for `k(x, y) = exp(-|x - y|^2 / 2 bandwidth^2)`.

    Take one bandwidth for all comparisons that belong together, such as
    `median_distance` of the real data: a value means nothing without it.

    Raises:
        ValueError: If a sample has fewer than two points.
    """
    scale = -1 / (2 * bandwidth**2)
    return _contrast(x, y, lambda distance: (scale * distance.square()).exp())


def median_distance(
    x: Float[Tensor, "n *s"], /, *, generator: torch.Generator, pairs: int = 10_000
) -> float:
    """Return the median distance between two points, the usual bandwidth.

    Raises:
        ValueError: If the sample has fewer than two points.
    """
    points = _points(x)
    first = torch.randint(len(points), (pairs,), generator=generator)
    apart = torch.randint(1, len(points), (pairs,), generator=generator)
    second = (first + apart) % len(points)
    return (points[first] - points[second]).norm(dim=1).median().item()


def _contrast(x: Tensor, y: Tensor, pair: Callable[[Tensor], Tensor]) -> float:
    x, y = _points(x), _points(y)
    within = sum(_total(z, z, pair) / (len(z) * (len(z) - 1)) for z in (x, y))
    return within - 2 * _total(x, y, pair) / (len(x) * len(y))


def _total(x: Tensor, y: Tensor, pair: Callable[[Tensor], Tensor]) -> float:
    """Sum over all pairs; when `x is y`, without those of a point with itself."""
    sums: list[float] = []
    for start in range(0, len(x), _CHUNK):
        values = pair(torch.cdist(x[start : start + _CHUNK], y))
        itself = values.diagonal(start).sum() if x is y else 0.0
        sums.append(float(values.sum() - itself))
    return math.fsum(sums)


def _points(x: Tensor) -> Float[Tensor, "n d"]:
    if len(x) < 2:
        raise ValueError(f"a sample of {len(x)} has no pairs; give two points or more")
    return x.flatten(1).double()
