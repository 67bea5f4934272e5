"""One-step solvers of the probability flow, with noise on request.

The probability flow moves a sample along `dx/dsigma = (x - D(x, sigma)) / sigma` and
keeps its density at every level. `euler` is exact where the denoiser stands still over
a step, `heun` averages the slopes at both ends. Both accept fresh noise: `eta` turns
Euler into ancestral sampling, `churn` lifts Heun's state to a higher level first.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor

from gendiff.grids import demand_grid
from gendiff.types import Denoiser, Noise, Step, demand_signal, level


def euler(
    denoise: Denoiser,
    x: Float[Tensor, "b *s"],
    grid: Sequence[float],
    /,
    *,
    eta: float = 0.0,
    noise: Noise = torch.randn_like,
) -> Iterator[Step]:
    """Take first-order steps: DDIM for `eta = 0`, ancestral DDPM for `eta = 1`.

    With the denoised `x0`, the next state is `x0 + (down / sigma) (x - x0) + up * z`
    with `up^2 + down^2 = next^2` and `up = eta * next * sqrt(1 - next^2 / sigma^2)`.

    Raises:
        ValueError: If `eta` lies outside [0, 1], the grid does not decrease, or `x`
            holds whole numbers.

    References:
        Song et al. (2021), arXiv:2010.02502, eqs. 12 and 16.
        Ho et al. (2020), arXiv:2006.11239, algorithm 2.
    """
    demand_grid(grid)
    demand_signal(x)
    if not 0 <= eta <= 1:
        raise ValueError(f"eta is {eta}; 0 is the flow, 1 ancestral sampling")
    for sigma, sigma_next in pairwise(grid):
        x0 = denoise(x, level(sigma)).to(x.dtype)
        up = eta * sigma_next * math.sqrt(1 - (sigma_next / sigma) ** 2)
        down = math.sqrt(sigma_next**2 - up**2)
        x = torch.lerp(x0, x, down / sigma)
        if up > 0:
            x = x + up * noise(x)
        yield Step(x, x0, sigma_next)


def heun(
    denoise: Denoiser,
    x: Float[Tensor, "b *s"],
    grid: Sequence[float],
    /,
    *,
    churn: float = 0.0,
    churn_low: float = 0.0,
    churn_high: float = math.inf,
    churn_std: float = 1.0,
    noise: Noise = torch.randn_like,
) -> Iterator[Step]:
    """Take second-order trapezoidal steps in sigma, optionally from a raised level.

    `churn` is S_churn of the paper, spread over the steps; `churn_std` is S_noise; only
    levels in `[churn_low, churn_high]` are raised.

    Raises:
        ValueError: If `churn` is negative, the grid does not decrease, or `x`
            holds whole numbers.

    References:
        Karras et al. (2022), arXiv:2206.00364, algorithms 1 and 2.
    """
    demand_grid(grid)
    demand_signal(x)
    if not churn >= 0:
        raise ValueError(f"churn is {churn}; 0 means none, more adds noise")
    raised = min(churn / (len(grid) - 1), math.sqrt(2) - 1)
    for start, sigma_next in pairwise(grid):
        sigma = start
        if raised > 0 and churn_low <= start <= churn_high:
            sigma = start * (1 + raised)
            x = x + churn_std * math.sqrt(sigma**2 - start**2) * noise(x)
        x0 = denoise(x, level(sigma)).to(x.dtype)
        slope = (x - x0) / sigma
        end = x + (sigma_next - sigma) * slope
        if sigma_next > 0:
            x0 = denoise(end, level(sigma_next)).to(x.dtype)
            slope = (slope + (end - x0) / sigma_next) / 2
            end = x + (sigma_next - sigma) * slope
        x = end
        yield Step(x, x0, sigma_next)
