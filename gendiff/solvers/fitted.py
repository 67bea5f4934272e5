"""Weights fitted to Gaussians: steps that follow wide and narrow directions alike.

Whitened by one spread, with `tau` the noise level in units of it, a direction in which
the data, or the piece of them near by, have `l` times the assumed variance moves along

    z(tau) = z(infinity) sqrt((l + tau^2) / (1 + tau^2))

(`gendiff.exact.gaussian`). Adams' polynomials follow this once steps are short; where a
handful of steps has to do, they miss a narrow direction (`l` near 0) by more than it is
wide. Here the weights `w` of a step are those that follow the whole family best, and
stay as near to Adams' `p` as a ridge asks,

    w = argmin  mean_l (z_l(end) - z_l(start) - sum_j w_j z_l'(j))^2 + ridge |w - p|^2.

What is fitted away is Adams' own error, so that the order stays: the shorter the steps,
the less is left to fit. Data that consist of points (`l = 0`), of pieces, or of details
far smaller than the whole gain by it, and nothing has to be known of these.

References:
    Gautschi (1961), Numerische Mathematik 3, p. 381 (methods fitted to what is known of
    a solution). Ixaru and Vanden Berghe (2004), Exponential Fitting.
"""

import math
from functools import lru_cache

import torch

from gendiff.clocks import COSINE, Clock, host
from gendiff.solvers.adams import adams

VARIANCES = torch.cat(
    [host([0.0]), torch.logspace(-6, math.log10(4), 60, dtype=torch.float64)]
)
"""In units of the assumed one: a point, a millionth, and on to four times as much."""
RIDGE = 1e-3
_ORDER = 2  # of the prediction; the correction adds one
_DEPTH = 4  # velocities that a step remembers


@lru_cache(maxsize=64)
def fitted(grid: tuple[float, ...], along: Clock) -> list[tuple[float, ...]]:
    """Return the weights of `dz/dphi`, `phi` the angle of the noise, for every step.

    Args:
        grid: Decreasing noise levels in units of the spread. The first stands for
            infinity, where nothing moves: no step asks for the velocity there.
        along: The variable in which Adams' velocities are interpolated.

    Returns:
        A tuple for every step from `grid[1]` on, newest velocity first.
    """
    taus = host(grid)
    totals = VARIANCES[:, None] + taus**2
    states = (totals / (1 + taus**2)).sqrt()
    slopes = (states * taus * (1 - VARIANCES[:, None]) / totals)[:, :-1]
    plain = adams(grid, _ORDER, COSINE, along, len(grid))
    steps: list[tuple[float, ...]] = []
    for i in range(1, len(grid) - 1):
        known = list(range(i, max(0, i - _DEPTH), -1))
        usual = host([*plain[i], *[0.0] * _DEPTH])[: len(known)]
        used = slopes[:, known]
        missed = states[:, i + 1] - states[:, i] - used @ usual
        # Least squares with a ridge: one more row for every weight.
        rows = torch.cat(
            [used / math.sqrt(len(used)), RIDGE**0.5 * torch.eye(len(known))]
        )
        aims = torch.cat([missed / math.sqrt(len(used)), torch.zeros(len(known))])
        steps.append(tuple((usual + torch.linalg.lstsq(rows, aims).solution).tolist()))
    return steps
