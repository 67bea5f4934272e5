"""A bound on the log-likelihood from a chain of finitely many steps.

The chain adds noise level by level; its reversal from `sigma` to `sigma'`, given the
clean signal, is Gaussian, with mean `x0 + (sigma'/sigma)^2 (x - x0)` and the variance
`v = sigma'^2 (1 - (sigma'/sigma)^2)`. A model puts the denoised signal in the place of
`x0` and keeps the variance, as DDPM's ancestral sampler does; so a step costs the
distance of the two means,

    KL  =  |mean - mean_model|^2 / (2 v)
        =  (1/sigma'^2 - 1/sigma^2) / 2 * |x0 - D(x, sigma)|^2,

half of the gain in signal-to-noise ratio for every unit of squared error. With a last
step from `low` to the data, and a first state drawn from `N(0, high^2)`,

    -log p(x0)  <=  |x0|^2 / (2 high^2)  +  sum of E[KL]  +  d log(2 pi e low^2) / 2.

The sum is a Riemann sum, by the errors at the noisier ends of the steps. Its limit is
an integral of the exact denoiser's error over the signal-to-noise ratio, which is
minus the log-likelihood itself: the gap of the bound falls as one over the number of
steps. What is lost is that the true reversal of a *finite* step is no Gaussian.

References:
    Sohl-Dickstein et al. (2015), arXiv:1503.03585, eq. 14. Ho et al. (2020),
    arXiv:2006.11239, eqs. 5 and 8. Kingma et al. (2021), arXiv:2107.00630, eqs. 11 to
    14 (the gain in signal-to-noise ratio). Guo et al. (2005), arXiv:cs/0412108, eq. 1.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from gendiff.grids import demand_grid
from gendiff.types import Denoiser, Noise, demand_signal, level


@dataclass(frozen=True)
class Bound:
    """The terms of a bound on `-log p(x0)`, in nats."""

    prior: Float[Tensor, " b"]
    """From the noisiest level to the normal density that the chain starts with."""
    steps: Float[Tensor, "m b"]
    """One draw of each step's divergence, noisiest first."""
    decoder: float
    """From the least level to the data."""

    @property
    def nats(self) -> Float[Tensor, " b"]:
        """The bound itself, an unbiased estimate for each sample."""
        return self.prior + self.steps.sum(0) + self.decoder


def step_weights(grid: Sequence[float]) -> Float[Tensor, " m"]:
    """Return `(1/sigma_next^2 - 1/sigma^2) / 2`, a step's price of a squared error.

    Raises:
        ValueError: If the grid does not decrease, or ends at 0, where data without any
            noise would cost infinitely much.
    """
    demand_grid(grid)
    if grid[-1] == 0:
        raise ValueError("the grid ends at 0; a bound ends at a level above it")
    ratios = torch.as_tensor(grid, dtype=torch.float64) ** -2
    return ratios.diff() / 2


def variational_bound(
    denoise: Denoiser,
    x0: Float[Tensor, "b *s"],
    grid: Sequence[float],
    /,
    *,
    noise: Noise = torch.randn_like,
) -> Bound:
    """Return the bound of the chain over a grid, with one draw of noise a step.

    Args:
        denoise: The denoiser, evaluated once a step.
        x0: Clean signals.
        grid: Decreasing noise levels; the last is that of the decoder, above 0.
        noise: Where the states of the chain come from.

    Raises:
        ValueError: If the grid does not decrease, or ends at 0, or the signals are
            whole numbers, whose likelihood is no density.
    """
    demand_signal(x0)
    steps: list[Tensor] = []
    for weight, sigma in zip(step_weights(grid).tolist(), grid, strict=False):
        denoised = denoise(x0 + sigma * noise(x0), level(sigma))
        steps.append(weight * (denoised - x0).square().flatten(1).sum(1))
    prior = x0.square().flatten(1).sum(1) / (2 * grid[0] ** 2)
    decoder = math.prod(x0.shape[1:]) / 2 * math.log(math.tau * math.e * grid[-1] ** 2)
    return Bound(prior, torch.stack(steps), decoder)
