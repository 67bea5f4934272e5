"""Langevin dynamics: sampling one noise level by following its score, with noise.

    x <- x + step * sigma^2 * score + sqrt(2 step) sigma z
       = x + step * (D(x, sigma) - x) + sqrt(2 step) sigma z

The step is measured in units of `sigma^2`, the inverse of the largest curvature that
noise of level sigma leaves: 1 would jump to the denoised signal. The chain's
distribution is that of the level up to a bias proportional to the step. Annealing it
down a grid of levels was the first sampler of score-based models; as a corrector it
cleans up after a predictor.

References:
    Song and Ermon (2019), arXiv:1907.05600, algorithm 1.
    Song et al. (2021), arXiv:2011.13456, algorithms 2 to 5 (their signal-to-noise
    ratio r is `step = 2 r^2`).
"""

import math
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor

from gendiff.grids import demand_grid
from gendiff.types import Denoiser, Noise, Solver, Step, demand_signal, level


def langevin(
    denoise: Denoiser,
    x: Float[Tensor, "b *s"],
    sigma: float,
    /,
    *,
    step: float,
    steps: int,
    noise: Noise = torch.randn_like,
) -> Iterator[Step]:
    """Walk at one noise level, unadjusted; every state is yielded.

    Raises:
        ValueError: If `step` lies outside (0, 2), where the walk diverges, `steps` is
            negative, `sigma` is not positive, or `x` holds whole numbers.
    """
    _demand_step(step, sigma)
    _demand_steps(steps, 0)
    demand_signal(x)
    for _ in range(steps):
        x0 = denoise(x, level(sigma)).to(x.dtype)
        x = torch.lerp(x, x0, step)
        x = x + math.sqrt(2 * step) * sigma * noise(x)
        yield Step(x, x0, sigma)


def annealed_langevin(
    denoise: Denoiser,
    x: Float[Tensor, "b *s"],
    grid: Sequence[float],
    /,
    *,
    step: float,
    steps: int,
    noise: Noise = torch.randn_like,
) -> Iterator[Step]:
    """Walk `steps` steps at every level of the grid after the first.

    A last level of 0 is reached by denoising once.

    Raises:
        ValueError: If `step` lies outside (0, 2), `steps` is below 1, the grid does not
            decrease, or `x` holds whole numbers.

    References:
        Song and Ermon (2019), arXiv:1907.05600, algorithm 1.
        Jolicoeur-Martineau et al. (2020), arXiv:2009.05475, section 3.1 (last step).
    """
    demand_grid(grid)
    demand_signal(x)
    _demand_step(step, grid[0])
    _demand_steps(steps, 1)
    for sigma, sigma_next in pairwise(grid):
        if sigma_next > 0:
            walk = langevin(denoise, x, sigma_next, step=step, steps=steps, noise=noise)
            *_, reached = walk
        else:
            x0 = denoise(x, level(sigma)).to(x.dtype)
            reached = Step(x0, x0, sigma_next)
        x = reached.x
        yield reached


def predictor_corrector(
    denoise: Denoiser,
    x: Float[Tensor, "b *s"],
    grid: Sequence[float],
    /,
    *,
    predictor: Solver,
    step: float,
    steps: int = 1,
    noise: Noise = torch.randn_like,
) -> Iterator[Step]:
    """Alternate one step of `predictor` with `steps` Langevin steps at its level.

    Args:
        denoise: The denoiser.
        x: State at `grid[0]`.
        grid: Decreasing noise levels.
        predictor: Any solver; options bound by `functools.partial`.
        step: Langevin step in units of `sigma^2`.
        steps: Langevin steps a level; none at level 0.
        noise: Where the corrector's noise comes from.

    Raises:
        ValueError: If `step` lies outside (0, 2), `steps` is negative, the grid does
            not decrease, or `x` holds whole numbers.
    """
    demand_grid(grid)
    demand_signal(x)
    _demand_step(step, grid[0])
    _demand_steps(steps, 0)
    walk = partial(langevin, denoise, step=step, steps=steps, noise=noise)
    for sigma, sigma_next in pairwise(grid):
        states = list(predictor(denoise, x, [sigma, sigma_next]))
        if sigma_next > 0:
            states += walk(states[-1].x, sigma_next)
        x = states[-1].x
        yield states[-1]


def _demand_steps(steps: int, least: int) -> None:
    if steps < least:
        raise ValueError(f"{steps} steps a level lead nowhere; take {least} or more")


def _demand_step(step: float, sigma: float) -> None:
    if not 0 < step < 2:
        raise ValueError(
            f"Langevin step is {step}; it must lie in (0, 2), best below 1"
        )
    if not (sigma > 0 and math.isfinite(sigma)):
        raise ValueError(f"Langevin needs a positive noise level; got {sigma}")
