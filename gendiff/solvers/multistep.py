"""Multistep solvers: high order for one evaluation a step.

In a frame with `dy/du = velocity` the step from one level to the next is

    y_next = y + integral of velocity du,

and the integrand is a polynomial through velocities already known. Adams-Bashforth
(`multistep`) uses the past ones; the corrector (`unipc`) does the last step again
once the velocity at its end is known too. The integrals are those of
`gendiff.solvers.adams`, done once a grid, so that one formula covers any straight or
turning frame, any clock `along` to interpolate in and any spacing of the grid:

=======  ===========  =====  ===============================================
frame    along        order  known as
=======  ===========  =====  ===============================================
`DATA`   `LOG`        2      DPM-Solver++(2M), arXiv:2211.01095, algorithm 2
`NOISE`  `SIGMA`      3      DEIS rhoAB, arXiv:2204.13902, eq. 15
`FLOW`   `FLOW_TIME`  2      Adams-Bashforth on the velocity of a flow
=======  ===========  =====  ===============================================

The first of these, written out, with this step's and the last one's lengths in log
sigma, `h` and `h'`, and what was denoised in them, `D` and `D'`:

    x <- exp(-h) x + (1 - exp(-h)) D + (exp(-h) - 1 + h) (D - D') / h'

(The paper and most implementations take `(1 - exp(-h)) h / 2` for the last factor, the
line's midpoint; the two agree to second order.)

The first step knows one velocity only. Left at first order it would cap the order of
the whole at 2; so for order 3 it is corrected when the second velocity arrives, which
costs no evaluation.

References:
    Lu et al. (2022), arXiv:2211.01095. Zhang and Chen (2023), arXiv:2204.13902.
    Zhao et al. (2023), arXiv:2302.04867, algorithm 2 (the corrector).
"""

import math
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor

from gendiff.clocks import LOG, Clock, host
from gendiff.frames import DATA, Frame
from gendiff.grids import demand_grid
from gendiff.solvers.adams import adams, advance
from gendiff.types import Denoiser, Step, demand_signal, level

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
    along: Clock = LOG,
) -> Iterator[Step]:
    """Integrate `dy/du` in `frame` by Adams-Bashforth steps of order 1, 2 or 3.

    Args:
        denoise: The denoiser, evaluated once a step.
        x: State at `grid[0]`.
        grid: Decreasing noise levels. A last level of 0 is reached by returning the
            denoised state if `along` or `frame` is infinite there.
        order: Order of accuracy.
        frame: Coordinates to integrate in.
        along: Clock in which velocities are interpolated.

    Raises:
        ValueError: If `order` is not 1, 2 or 3, the grid does not decrease, or `x`
            holds whole numbers.
    """
    corrected = 1 if order > _START_ORDER else 0
    yield from _walk(denoise, x, grid, order, frame, along, corrected)


def unipc(
    denoise: Denoiser,
    x: Float[Tensor, "b *s"],
    grid: Sequence[float],
    /,
    *,
    order: int = 2,
    frame: Frame = DATA,
    along: Clock = LOG,
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
    yield from _walk(denoise, x, grid, order, frame, along, len(grid))


def _walk(
    denoise: Denoiser,
    x: Tensor,
    grid: Sequence[float],
    order: int,
    frame: Frame,
    along: Clock,
    corrected: int,
) -> Iterator[Step]:
    """Predict every step; correct the first so many of them."""
    demand_grid(grid)
    demand_signal(x)
    if order not in (1, 2, 3):
        raise ValueError(f"order is {order}; Adams-Bashforth is implemented for 1 to 3")
    plan = _plan(tuple(grid), order, frame, along, corrected)
    past: deque[Tensor] = deque(maxlen=order + 1)
    for (sigma, sigma_next), stage in zip(pairwise(grid), plan, strict=True):
        x0 = denoise(x, level(sigma)).to(x.dtype)
        past.appendleft(torch.add(x0, x, alpha=stage.mix) if stage.mix else x0)
        if stage.weights:
            x = stage.keep * x
            advance(x, stage.weights, past)  # the state is ours since the line above
        else:
            x = x0
        yield Step(x, x0, sigma_next)


@dataclass(frozen=True)
class _Stage:
    """Numbers of one step; a velocity is kept up to a factor, as `x0 + mix * x`."""

    mix: float
    keep: float
    """Factor of the state: the frame's scale here, over that at the end."""
    weights: tuple[float, ...]
    """Of the velocities, newest first; none where the step returns the denoised."""


@lru_cache(maxsize=64)
def _plan(
    grid: tuple[float, ...], order: int, frame: Frame, along: Clock, corrected: int
) -> list[_Stage]:
    targets = [[float(c) for c in frame.target(sigma)] for sigma in grid[:-1]]
    slopes = [b / sigma for (_, b), sigma in zip(targets, grid, strict=False)]
    # velocity = a x0 + b (x - x0) / sigma = factor * x0 + slope * x
    factors = [a - slope for (a, _), slope in zip(targets, slopes, strict=True)]
    scales = frame.scale(host(grid)).tolist()
    reached = along.forward(host(grid)).isfinite().tolist()
    stages: list[_Stage] = []
    for i, weights in enumerate(adams(grid, order, frame.clock, along, corrected)):
        recent = factors[i::-1]
        end = scales[i + 1]
        used = tuple(w * f / end for w, f in zip(weights, recent, strict=False))
        stages.append(
            _Stage(
                mix=slopes[i] / factors[i],
                keep=scales[i] / end,
                weights=used if end < math.inf and reached[i + 1] else (),
            )
        )
    return stages
