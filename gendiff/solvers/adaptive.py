"""Adaptive integration of the probability flow, to a tolerance.

The steps are chosen by torchdiffeq's fifth-order Runge-Kutta pair. Two choices make it
efficient and fair: the coordinates in which Gaussian data stand still, so that only
what is not Gaussian costs steps, and an error norm that is the worst sample's, so that
no sample is integrated carelessly because its batch is large.

In these coordinates `dz/dsigma` is `Diagonal.velocity` (`gendiff.exact.gaussian`), and

    sigma = s sinh(w),

where `w` is the clock: linear in sigma near 0, logarithmic far above `s`, which is a
tenth of the data's standard deviation.

References:
    Song et al. (2021), arXiv:2011.13456, eq. 13. Dormand and Prince (1980).
"""

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor
from torchdiffeq import odeint

from gendiff.exact.gaussian import Diagonal
from gendiff.grids import demand_grid
from gendiff.types import Denoiser, Step, demand_signal, level

State = tuple[Tensor, ...]
Slope = Callable[[float, State], State]
"""Derivative of a state of tensors `(b, ...)` with respect to sigma."""

_LINEAR_BELOW = 0.1
"""Noise level, in units of the data, at which the clock turns logarithmic."""
_PATIENCE = 1000
"""Evaluations after which a denoiser is asked the same twice; hardly one takes more."""
_MOST = 20_000
"""Evaluations that are taken at most."""
_FIRST_STEP = 0.05
"""In the clock: at high noise hardly anything moves, and a guess would leap too far."""


def adaptive(
    denoise: Denoiser,
    x: Float[Tensor, "b *s"],
    grid: Sequence[float],
    /,
    *,
    gaussian: Diagonal,
    tolerance: float = 1e-5,
) -> Iterator[Step]:
    """Integrate to `tolerance` (relative and absolute); one step a grid point.

    The grid only says where to report. Evaluations are chosen by the error control:
    wrap `denoise` in `Counted` to see how many. One more a grid point between the first
    and the last is what a step reports as its prediction.

    Args:
        denoise: The denoiser.
        x: State at `grid[0]`.
        grid: Decreasing noise levels to report at.
        gaussian: What is known of the data; `Isotropic(mean, std)` at least.
        tolerance: Error allowed a step, in units of the state's standard deviation.

    Raises:
        ValueError: If the grid does not decrease, `x` holds whole numbers, or as
            `integrate`.
    """
    demand_grid(grid)
    demand_signal(x)

    first: Tensor | None = None  # of the predictions, the one at the start

    def slope(sigma: float, state: State) -> State:
        nonlocal first
        (z,) = state
        if sigma == 0:  # a residual vanishes like sigma^2
            return (torch.zeros_like(z),)
        x0 = denoise(gaussian.unwhiten(z, sigma), level(sigma))
        first = x0 if first is None else first
        return (gaussian.velocity(x0, z, sigma),)

    start = (gaussian.whiten(x, grid[0]),)
    states = integrate(slope, start, grid, gaussian=gaussian, tolerance=tolerance)
    for (sigma, sigma_next), (z,) in zip(pairwise(grid), states, strict=True):
        x0 = denoise(x, level(sigma)) if first is None else first
        first = None
        x = gaussian.unwhiten(z, sigma_next)
        yield Step(x, x0, sigma_next)


def integrate(
    slope: Slope,
    start: State,
    grid: Sequence[float],
    /,
    *,
    gaussian: Diagonal,
    tolerance: float,
) -> list[State]:
    """Return the states at `grid[1:]`, whichever way the grid runs.

    Raises:
        ValueError: If `tolerance` is not positive or below the rounding of the state,
            a slope is not finite, or the error won't fall below the tolerance because
            the denoiser is noisy or not smooth.
    """
    _demand_tolerance(tolerance, start[0].dtype)
    if not len(start[0]):
        return [start] * (len(grid) - 1)

    unit = _LINEAR_BELOW * float(gaussian.variances.mean().sqrt())
    evaluations, sigma = 0, grid[0]

    def derivative(w: Tensor, state: State) -> State:
        nonlocal evaluations, sigma
        evaluations += 1
        sigma = unit * math.sinh(float(w))
        chain = unit * math.cosh(float(w))
        change = tuple(chain * d for d in slope(sigma, state))
        _demand_finite(sigma, state, change)
        if evaluations == _PATIENCE:
            again = slope(sigma, state)
            _demand_equal(sigma, change, tuple(chain * d for d in again), tolerance)
        if evaluations > _MOST:
            raise _too_rough(sigma, tolerance)
        return change

    def worst_sample(state: State) -> Tensor:
        return (
            torch.cat([part.flatten(1) ** 2 for part in state], 1).mean(1).max() ** 0.5
        )

    w = torch.asinh(torch.tensor(grid, dtype=torch.float64) / unit)
    try:
        path = odeint(
            derivative,
            start,
            w,
            rtol=tolerance,
            atol=tolerance,
            options={"norm": worst_sample, "first_step": _FIRST_STEP},
        )
    except AssertionError as error:
        if "underflow in dt" not in str(error):
            raise  # the denoiser's own
        raise _too_rough(sigma, tolerance) from error
    assert isinstance(path, tuple)  # as the state is
    return [tuple(part[i] for part in path) for i in range(1, len(grid))]


def _demand_tolerance(tolerance: float, dtype: torch.dtype) -> None:
    if not tolerance > 0:
        raise ValueError(f"tolerance is {tolerance}; try 1e-5")
    rounding = torch.finfo(dtype).eps
    if tolerance < rounding:
        raise ValueError(
            f"tolerance is {tolerance:g}, below the rounding of {dtype}, "
            f"{rounding:.1g}; give a larger one, or the state in float64"
        )


def _demand_equal(sigma: float, one: State, other: State, tolerance: float) -> None:
    """Complain of a denoiser that answers the same question in two ways."""
    pairs = zip(one, other, strict=True)
    if any(float((a - b).abs().max()) > tolerance for a, b in pairs):
        raise ValueError(
            f"asked twice the same at sigma = {sigma:.3g}, the denoiser gives two "
            "answers, and noise cannot be integrated; switch dropout off with eval(), "
            "or fix what is drawn"
        )


def _demand_finite(sigma: float, state: State, change: State) -> None:
    """Complain of NaN and infinity where they are first seen."""
    if all(bool(part.isfinite().all()) for part in change):
        return
    whole = all(bool(part.isfinite().all()) for part in state)
    where = (
        "in what the denoiser returns, or it does not leave x alone as sigma goes to 0"
        if whole
        else "in the state"
    )
    raise ValueError(
        f"at sigma = {sigma:.3g} the slope is not finite; look for NaN {where}"
    )


def _too_rough(sigma: float, tolerance: float) -> ValueError:
    return ValueError(
        f"near sigma = {sigma:.3g} no step is short enough for the tolerance "
        f"{tolerance:g}: the denoiser jumps, or is rounded or noisy; give a larger "
        "tolerance, or a denoiser of higher precision"
    )
