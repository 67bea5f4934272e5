"""Adaptive integration of the probability flow, to a tolerance.

The steps are chosen by torchdiffeq's fifth-order Runge-Kutta pair. Two choices make it
efficient and fair: the coordinates in which Gaussian data stand still, so that only
what is not Gaussian costs steps, and an error norm that is the worst sample's, so that
no sample is integrated carelessly because its batch is large.

In the basis of a Gaussian with variances `l`, with `z = (x - mean) / sqrt(l + sigma^2)`
and `r = D - D_gaussian`,

    dz/dsigma = -r / (sigma sqrt(l + sigma^2)),      sigma = s sinh(w),

and `w` is the clock: linear in sigma near 0, logarithmic far above `s`, which is a
tenth of the data's standard deviation.

References:
    Song et al. (2021), arXiv:2011.13456, eq. 13. Dormand and Prince (1980).
"""

import math
from collections.abc import Callable, Iterator, Sequence

import torch
from jaxtyping import Float
from torch import Tensor
from torchdiffeq import odeint

from gendiff.exact.gaussian import Diagonal
from gendiff.grids import check_grid
from gendiff.types import Denoiser, Step, level

State = tuple[Tensor, ...]
Slope = Callable[[float, State], State]
"""Derivative of a state of tensors `(b, ...)` with respect to sigma."""

_LINEAR_BELOW = 0.1
"""Noise level, in units of the data, at which the clock turns logarithmic."""
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
    wrap `denoise` in `Counted` to see how many.

    Args:
        denoise: The denoiser.
        x: State at `grid[0]`.
        grid: Decreasing noise levels to report at.
        gaussian: What is known of the data; `Isotropic(mean, std)` at least.
        tolerance: Error allowed a step, in units of the state's standard deviation.

    Raises:
        ValueError: If `tolerance` is not positive, or the grid does not decrease.
    """
    check_grid(grid)

    def slope(sigma: float, state: State) -> State:
        return (residual_slope(denoise, gaussian, sigma, state[0])[0],)

    start = (normalise(gaussian, x, grid[0]),)
    previous = x
    for sigma, (z,) in zip(
        grid[1:],
        integrate(slope, start, grid, gaussian=gaussian, tolerance=tolerance),
        strict=True,
    ):
        x = denormalise(gaussian, z, sigma)
        yield Step(x, previous, sigma)
        previous = x


def normalise(gaussian: Diagonal, x: Tensor, sigma: float) -> Tensor:
    """Return the coefficients of `x`, each in units of its standard deviation."""
    total = gaussian.variances.to(x) + sigma**2
    return gaussian.rotate(x - gaussian.mean.to(x)) * total.rsqrt()


def denormalise(gaussian: Diagonal, z: Tensor, sigma: float) -> Tensor:
    """Undo `normalise`."""
    total = gaussian.variances.to(z) + sigma**2
    return gaussian.mean.to(z) + gaussian.unrotate(z * total.sqrt())


def residual_slope(
    denoise: Denoiser, gaussian: Diagonal, sigma: float, z: Tensor
) -> tuple[Tensor, Tensor]:
    """Return `dz/dsigma` and the state `x` it was evaluated at."""
    x = denormalise(gaussian, z, sigma)
    if sigma == 0:  # a Gaussian's residual vanishes like sigma^2
        return torch.zeros_like(z), x
    at = level(sigma)
    residual = gaussian.rotate(denoise(x, at) - gaussian(x, at))
    total = gaussian.variances.to(x) + sigma**2
    return -residual * total.rsqrt() / sigma, x


def integrate(
    slope: Slope,
    start: State,
    grid: Sequence[float],
    *,
    gaussian: Diagonal,
    tolerance: float,
) -> list[State]:
    """Return the states at `grid[1:]`, whichever way the grid runs.

    Raises:
        ValueError: If `tolerance` is not positive.
    """
    if not tolerance > 0:
        raise ValueError(f"tolerance is {tolerance}; try 1e-5")

    unit = _LINEAR_BELOW * float(gaussian.variances.mean().sqrt())

    def derivative(w: Tensor, state: State) -> State:
        sigma = unit * math.sinh(float(w))
        chain = unit * math.cosh(float(w))
        return tuple(chain * d for d in slope(sigma, state))

    def worst_sample(state: State) -> Tensor:
        return (
            torch.cat([part.flatten(1) ** 2 for part in state], 1).mean(1).max() ** 0.5
        )

    w = torch.asinh(torch.tensor(grid, dtype=torch.float64) / unit)
    path = odeint(
        derivative,
        start,
        w,
        rtol=tolerance,
        atol=tolerance,
        options={"norm": worst_sample, "first_step": _FIRST_STEP},
    )
    assert isinstance(path, tuple)  # as the state is
    return [tuple(part[i] for part in path) for i in range(1, len(grid))]
