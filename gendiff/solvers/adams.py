"""Adams' weights: what the velocities of past steps are worth in the next one.

The step of `dy/du = v` from one level to the next is the integral of the velocity over
the clock `u`, and the integrand is a polynomial through velocities already known, in a
variable `along` of your choice. Adams and Bashforth predict the end of a step from the
past ones, with weights `p`; Moulton's corrector does the step again once the velocity
`v_n` at its end is known too, with weights `c`:

    predicted_n = y_(n-1) + sum_j p_(n,j) v_j,      j = n - 1, n - 2, ...
    y_n         = y_(n-1) + sum_j c_(n,j) v_j,      j = n, n - 1, n - 2, ...

The two differ in velocities alone, so that corrected states need not be kept. From one
prediction to the next it is one sum,

    predicted_(n+1) = predicted_n + sum_j (c_(n,j) - p_(n,j) + p_(n+1,j)) v_j.

The integrals, of Lagrange polynomials, are done by Gauss-Legendre quadrature.

References:
    Hairer, Norsett and Wanner (1993), Solving Ordinary Differential Equations I,
    section III.1 and III.5 (variable steps).
    Zhao et al. (2023), arXiv:2302.04867, algorithm 2 (the corrector, at no evaluation).
"""

import math
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import zip_longest

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from gendiff.clocks import Clock, host

_NODES, _WEIGHTS = map(torch.from_numpy, np.polynomial.legendre.leggauss(24))


@lru_cache(maxsize=64)
def adams(
    grid: tuple[float, ...], order: int, clock: Clock, along: Clock, corrected: int
) -> list[tuple[float, ...]]:
    """Return, for every step from one prediction to the next, the velocities' weights.

    Args:
        grid: Decreasing noise levels.
        order: How many velocities predict; one more corrects.
        clock: The time `u` of `dy/du`.
        along: The variable in which velocities are interpolated.
        corrected: How many steps are corrected, from the first on.

    Returns:
        A tuple for every step, newest velocity first.
    """
    # Nodes and weights of the integrals over each interval, one row an interval.
    at, du = map(torch.stack, zip(*map(_quadrature, grid, grid[1:]), strict=True))
    du = du * clock.rate(at)
    z, knots = along.forward(at), along.forward(host(grid)).tolist()
    steps: list[tuple[float, ...]] = []
    before: list[float] = []
    for i in range(len(grid) - 1):
        change: list[float] = []
        if 0 < i <= corrected:
            again = _integrals(knots[max(0, i - order) : i + 1], z[i - 1], du[i - 1])
            change = [c - p for c, p in zip(again, [0.0, *before], strict=True)]
        before = _integrals(knots[max(0, i - order + 1) : i + 1], z[i], du[i])
        steps.append(
            tuple(p + c for p, c in zip_longest(before, change, fillvalue=0.0))
        )
    return steps


def advance(
    y: Float[Tensor, "b *s"], weights: Sequence[float], velocities: Iterable[Tensor], /
) -> None:
    """Add the velocities, newest first, to a state that is the caller's own."""
    for weight, velocity in zip(weights, velocities, strict=False):
        y.add_(velocity, alpha=weight)


def _quadrature(start: float, stop: float) -> tuple[Tensor, Tensor]:
    """Return nodes and weights of an integral over sigma."""
    # Log sigma spreads the nodes evenly over decades; a step to 0 has no logarithm, and
    # its integrand is smooth in sigma itself.
    if stop > 0:
        width = math.log(stop / start)
        at = start * torch.exp(width * (_NODES + 1) / 2)
        return at, width / 2 * _WEIGHTS * at
    return start * (1 - _NODES) / 2, -start / 2 * _WEIGHTS


def _integrals(knots: list[float], z: Tensor, du: Tensor) -> list[float]:
    """Integrate each knot's Lagrange polynomial, given at `z`; the last one's first."""
    gaps = [z - knot for knot in knots]
    weights: list[float] = []
    for j in reversed(range(len(knots))):
        terms = du
        for m, gap in enumerate(gaps):
            if m != j:
                terms = terms * gap / (knots[j] - knots[m])
        weights.append(math.fsum(terms.tolist()))
    return weights
