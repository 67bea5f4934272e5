"""Three notions of consistency, and how far a model is from each.

An exact denoiser is more than a good guess at every level by itself: its guesses at
different levels fit together. That can be said in three ways.

* Down the *reverse process* the guess doesn't change on average. The mean of
  `D(x', sigma')` over the states `x'` that follow `x` is `D(x, sigma)`: `martingale`.
* Down the *probability flow* the origin doesn't change at all: whatever maps a state to
  where its trajectory ends maps every state of that trajectory there: `same_origin`.
* At *one place*, the score changes with the variance `u = sigma^2` as the density of
  data plus noise makes it, `fokker_planck`::

      ds/du = grad(div s + |s|^2) / 2.

The first and the last are one. A guess is kept on average if its drift along the
reverse process vanishes, which is `-dD/du + (dD/dx) s + laplace D / 2`; with
`D = x + u s`, and `s` a gradient, that is `-u` times what is left of the last equation.

The functions return what is left over, at each point: 0 for an exact model. A constant
denoiser is consistent too; what it is consistent *with* is another question.

References:
    Daras et al. (2023), arXiv:2302.09057, definition 3.1 (martingale).
    Song et al. (2023), arXiv:2303.01469, section 3 (same origin).
    Lai et al. (2022), arXiv:2210.04296, eq. 9 (Fokker-Planck).
    Lai et al. (2023), arXiv:2306.00367 (that they are one).
"""

import math
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from gendiff.derivatives import divergence, gradient, pushed
from gendiff.estimate import Estimate
from gendiff.record import last
from gendiff.solvers.ode import heun
from gendiff.solvers.sde import ancestral
from gendiff.types import Denoiser, Noise, level
from gendiff.views import score


def martingale(
    denoise: Denoiser,
    x: Float[Tensor, "b *s"],
    grid: Sequence[float],
    /,
    *,
    draws: int,
    noise: Noise = torch.randn_like,
) -> Estimate:
    """Return the mean change of the denoised signal down the model's reverse process.

    Differentiable in the denoiser's parameters where gradients are on.

    Args:
        denoise: The denoiser.
        x: States at `grid[0]`.
        grid: Decreasing noise levels, so close that the walks are the model's process;
            steps twice as long show what is left of their bias.
        draws: Walks from each state, over which the change is averaged.
        noise: Where the walks' increments come from.

    Raises:
        ValueError: If there are fewer than two draws, which have no error, or the grid
            does not decrease.
    """
    if draws < 2:
        raise ValueError(f"{draws} draws have no standard error; use at least 2")
    before = denoise(x, level(grid[0]))
    now = x.expand(draws, *x.shape).flatten(0, 1)
    for step in ancestral(denoise, now, grid, order=2, noise=noise):
        now = step.x
    after = denoise(now, level(grid[-1])).unflatten(0, (draws, len(x)))
    mean = after.mean(0)
    spread = ((after - mean).square().sum(0) / (draws - 1)).sqrt()
    return Estimate(mean - before, spread / math.sqrt(draws), draws, "draws")


def same_origin(
    origin: Denoiser,
    denoise: Denoiser,
    x: Float[Tensor, "b *s"],
    grid: Sequence[float],
    /,
) -> Float[Tensor, "b *s"]:
    """Return by how much the origin changes down the probability flow.

    Args:
        origin: The consistency model `(x, sigma) -> x0`: a flow map to level 0.
        denoise: The denoiser whose flow it should be, and whose flow is walked.
        x: States at `grid[0]`.
        grid: Decreasing noise levels, for Heun's method.

    Raises:
        ValueError: If the grid does not decrease.
    """
    arrived = last(heun(denoise, x, grid))
    return origin(arrived, level(grid[-1])) - origin(x, level(grid[0]))


def fokker_planck(
    denoise: Denoiser, x: Float[Tensor, "b *s"], sigma: Float[Tensor, "..."], /
) -> Float[Tensor, "b *s"]:
    """Return `ds/du - grad(div s + |s|^2) / 2` of the score, `u = sigma^2`.

    In units of the score per unit of variance. Takes a forward pass a dimension, and
    one backward pass through them all.
    """

    def energy(x: Tensor) -> Tensor:
        def s(x: Tensor) -> Tensor:
            return score(denoise, x, sigma)

        return divergence(s, x) + s(x).square().flatten(1).sum(1)

    def at(sigma: Tensor) -> Tensor:
        return score(denoise, x, sigma)

    _, rate = pushed(at, (sigma,), (1 / (2 * sigma),))
    return rate - gradient(energy, x) / 2
