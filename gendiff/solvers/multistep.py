"""Multistep solvers: high order for one evaluation a step.

In a frame with `dy/du = velocity` the step from one level to the next is

    y_next = y + integral of velocity du,

and the integrand is a polynomial through velocities already known. Adams-Bashforth
(`multistep`) uses the past ones; the corrector (`unipc`) does the last step again
once the velocity at its end is known too. The integrals, of Lagrange polynomials in a
variable `along` of your choice, are done once a grid by Gauss-Legendre quadrature, so
that one formula covers any straight or turning frame and any spacing of the grid:

=======  =====  =====  ===============================================
frame    along  order  known as
=======  =====  =====  ===============================================
`DATA`   log    2      DPM-Solver++(2M), arXiv:2211.01095, algorithm 2
`NOISE`  sigma  3      DEIS rhoAB, arXiv:2204.13902, eq. 15
`FLOW`   t      2      Adams-Bashforth on the velocity of a flow
=======  =====  =====  ===============================================

(Most implementations of the first replace its integral by a midpoint; the two agree to
second order.)

The first step knows one velocity only. Left at first order it would cap the order of
the whole at 2; so for order 3 it is corrected when the second velocity arrives, which
costs no evaluation.

References:
    Lu et al. (2022), arXiv:2211.01095. Zhang and Chen (2023), arXiv:2204.13902.
    Zhao et al. (2023), arXiv:2302.04867, algorithm 2 (the corrector).
"""

import math
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from gendiff.frames import DATA, Array, Frame
from gendiff.grids import check_grid
from gendiff.types import Denoiser, Step, demand_signal, level

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(24)
_START_ORDER = 2
"""One corrected first step keeps the order of methods up to one above this."""


def multistep(
    denoise: Denoiser,
    x: Float[Tensor, "b *s"],
    grid: Sequence[float],
    /,
    *,
    order: int = 2,
    frame: Frame = DATA,
    along: Callable[[Array], Array] = np.log,
) -> Iterator[Step]:
    """Integrate `dy/du` in `frame` by Adams-Bashforth steps of order 1, 2 or 3.

    Args:
        denoise: The denoiser, evaluated once a step.
        x: State at `grid[0]`.
        grid: Decreasing noise levels. A last level of 0 is reached by returning the
            denoised state if `along` or `frame` is infinite there.
        order: Order of accuracy.
        frame: Coordinates to integrate in.
        along: Increasing function of sigma in which velocities are interpolated.

    Raises:
        ValueError: If `order` is not 1, 2 or 3, the grid does not decrease, or `x`
            holds whole numbers.
    """
    starts = range(1, 2 if order > _START_ORDER else 1)
    yield from _walk(denoise, x, grid, order, frame, along, starts)


def unipc(
    denoise: Denoiser,
    x: Float[Tensor, "b *s"],
    grid: Sequence[float],
    /,
    *,
    order: int = 2,
    frame: Frame = DATA,
    along: Callable[[Array], Array] = np.log,
) -> Iterator[Step]:
    """Integrate like `multistep`, and correct every step when its end is evaluated.

    The corrected state is one order better and costs no evaluation: the velocity at
    the predicted end serves both the correction and the next prediction. The yielded
    states are the predictions; the last step, whose end is never evaluated, is one.

    Raises:
        ValueError: If `order` is not 1, 2 or 3, the grid does not decrease, or `x`
            holds whole numbers.

    References:
        Zhao et al. (2023), arXiv:2302.04867, algorithms 1 and 2.
    """
    yield from _walk(denoise, x, grid, order, frame, along, range(1, len(grid)))


def _walk(
    denoise: Denoiser,
    x: Tensor,
    grid: Sequence[float],
    order: int,
    frame: Frame,
    along: Callable[[Array], Array],
    corrected: range,
) -> Iterator[Step]:
    """Predict every step; correct those whose starting node is in `corrected`."""
    check_grid(grid)
    demand_signal(x)
    if order not in (1, 2, 3):
        raise ValueError(f"order is {order}; Adams-Bashforth is implemented for 1 to 3")
    plan = _plan(tuple(grid), order, frame, along, corrected)
    past: deque[Tensor] = deque(maxlen=order + 1)
    before = x
    for (sigma, sigma_next), stage in zip(pairwise(grid), plan, strict=True):
        x0 = denoise(x, level(sigma))
        if stage.from_x == 0 and stage.from_x0 == 1:  # DATA: spare two passes
            past.append(x0)
        else:
            past.append(torch.mul(x0, stage.from_x0).add_(x, alpha=stage.from_x))
        if stage.correct:
            x = _combine(stage.correct, before, past)
        before = x
        x = _combine(stage.predict, x, past) if stage.predict else x0
        yield Step(x, x0, sigma_next)


def _combine(weights: Sequence[float], x: Tensor, past: Sequence[Tensor]) -> Tensor:
    """Return `weights[0] * x` plus the newest velocities by the other weights."""
    x = weights[0] * x
    for i, weight in enumerate(weights[1:], 1):
        x = x.add_(past[-i], alpha=weight)
    return x


@dataclass(frozen=True)
class _Stage:
    """Numbers of one step: the velocity's, the corrector's and the predictor's."""

    from_x0: float
    from_x: float
    correct: tuple[float, ...]
    """Factor of the state one node back, then of the velocities, newest first."""
    predict: tuple[float, ...]
    """The same for the state here; empty where the step is "return the denoised"."""


@lru_cache(maxsize=64)
def _plan(
    grid: tuple[float, ...],
    order: int,
    frame: Frame,
    along: Callable[[Array], Array],
    corrected: range,
) -> list[_Stage]:
    stages: list[_Stage] = []
    for i, (sigma, sigma_next) in enumerate(pairwise(grid)):
        a, b = (float(c) for c in frame.target(sigma))
        used = grid[max(0, i - order + 1) : i + 1]
        correct: tuple[float, ...] = ()
        if i in corrected:
            # The end of the last step is a knot now, beside those it was made from.
            knots = grid[max(0, i - order) : i + 1]
            correct = _weights(knots, grid[i - 1], sigma, frame, along)
        stages.append(
            _Stage(
                from_x0=a - b / sigma,
                from_x=b / sigma,
                correct=correct,
                predict=_weights(used, sigma, sigma_next, frame, along),
            )
        )
    return stages


def _weights(
    knots: Sequence[float],
    start: float,
    stop: float,
    frame: Frame,
    along: Callable[[Array], Array],
) -> tuple[float, ...]:
    """Return the factor of the state, then of the velocities, newest first.

    The weight of the velocity at knot j is the integral of the Lagrange polynomial
    `l_j(along(sigma)) du` from `start` to `stop`, over the scale at `stop`. Empty if
    the frame or `along` cannot reach `stop`.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = frame.scale(np.array([start, stop]))
        ends = along(np.array([start, stop]))
    if not (np.isfinite(scale).all() and np.isfinite(ends).all()):
        return ()
    # Log sigma spreads the quadrature's nodes evenly over decades; a step to 0 has no
    # logarithm and its integrand is smooth in sigma itself.
    if stop > 0:
        log = np.log([start, stop])
        at = np.exp(log[0] + (log[1] - log[0]) * (_NODES + 1) / 2)
        measure = (log[1] - log[0]) / 2 * _WEIGHTS * at
    else:
        at = start * (1 - _NODES) / 2
        measure = -start / 2 * _WEIGHTS
    measure = measure * frame.rate(at)
    k, z = along(np.array(knots)), along(at)
    weights = [
        math.fsum(
            measure
            * np.prod([(z - k[m]) / (k[j] - k[m]) for m in range(len(k)) if m != j], 0)
        )
        for j in reversed(range(len(k)))
    ]
    return (scale[0] / scale[1], *(float(w / scale[1]) for w in weights))
