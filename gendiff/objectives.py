"""Objectives: what a denoiser is trained for.

One loss trains every denoiser: the squared error of its clean estimate, averaged over
the dimensions of the signal, weighted by noise level, averaged over levels,

    E[ weight(sigma) * mean_i (D(x, sigma)_i - x0_i)^2 ],  x = x0 + sigma eps,

with `sigma` drawn from `p`. Only the product `weight * p` matters to the minimiser, the
split between them to the variance of the gradient. What the network is asked to predict
is no third choice: predicting noise, velocity or the clean signal with a plain squared
error is this loss with the weight `1 / c_out^2` of that target (`target_weight`).

========================================  ============================
weight on the clean error                 plain squared error on
========================================  ============================
`clean_weight`: 1                         the clean signal
`noise_weight`: 1 / sigma^2               standardised noise (DDPM)
`target_weight(FLOW)`: (1 + 1 / sigma)^2  the straight path's velocity
`edm_weight(s)`: 1 / sigma^2 + 1 / s^2    EDM's target; "v" at `s = 1`
`likelihood_weight(p)`: 1 / (sigma^3 p)   none: a bound in nats
========================================  ============================
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from gendiff.applied import Applied
from gendiff.frames import Frame
from gendiff.levels import Density, Levels
from gendiff.noise import seeded
from gendiff.types import like

Weight = Callable[[Float[Tensor, " b"]], Float[Tensor, " b"]]
"""The importance of a clean error of 1 at each noise level."""


def denoising_error(
    model: Callable[..., Tensor],
    x0: Float[Tensor, "b *s"],
    sigma: Float[Tensor, " b"],
    eps: Float[Tensor, "b *s"],
    /,
    *given: Tensor,
) -> Float[Tensor, " b"]:
    """Return `mean_i (D(x0 + sigma eps, sigma)_i - x0_i)^2` of each sample.

    Unweighted, so that held-out curves over sigma mean the same for every objective.
    """
    denoised = model(x0 + like(sigma, x0) * eps, sigma.to(x0), *given)
    return (denoised - x0).square().flatten(1).mean(1)


@dataclass(frozen=True)
class Objective:
    """Weighted denoising error, a loss on batches `(x0, *given)`."""

    levels: Levels
    weight: Weight

    def __call__(
        self,
        model: Callable[..., Tensor],
        batch: tuple[Tensor, ...],
        generator: torch.Generator,
        /,
    ) -> Float[Tensor, " b"]:
        """Return each sample's weighted error at a level of its own.

        The model is called once, as `model(x, sigma, *given)`.

        Raises:
            ValueError: If the data are whole numbers, to which no noise can be added.
        """
        x0, *given = batch
        if not x0.is_floating_point():
            raise ValueError(
                f"the data are {x0.dtype}; convert them first, images of 8 bits by "
                "`x.float() / 127.5 - 1`"
            )
        sigma = self.levels(len(x0), generator)
        eps = seeded(generator)(x0)
        error = denoising_error(model, x0, sigma, eps, *given)
        return self.weight(sigma).to(error) * error


def clean_weight(sigma: Float[Tensor, " b"], /) -> Float[Tensor, " b"]:
    """Return 1: every level's error in the clean signal counts alike."""
    return torch.ones_like(sigma)


def noise_weight(sigma: Float[Tensor, " b"], /) -> Float[Tensor, " b"]:
    """Return `1 / sigma^2`: a plain squared error on the standardised noise.

    The noise estimate is `(x - D) / sigma`, so its error is the clean error over sigma.

    References:
        Ho et al. (2020), arXiv:2006.11239, eq. 14 ("simple").
    """
    return sigma**-2


def edm_weight(data_std: float) -> Weight:
    """Return `(sigma^2 + s^2) / (sigma s)^2`, which levels the loss of a fresh network.

    A network that predicts 0 in the frame `angle(s)` loses 1 at every level, if the
    data have standard deviation `s`.

    Raises:
        ValueError: If `data_std` is not positive and finite.

    References:
        Karras et al. (2022), arXiv:2206.00364, table 1 ("Loss weighting").
    """
    _demand_std(data_std)
    return Applied(_edm, data_std)


def target_weight(frame: Frame, *, data_std: float = 1.0) -> Weight:
    """Return `1 / c_out^2`: a plain squared error on the velocity of `frame`.

    `D = c_skip x + c_out target`, so the target's error is the clean one over `c_out`.
    The frame counts levels in units of `data_std`: of a `Preconditioned` network give
    the frame and the standard deviation that it was built with.

    Raises:
        ValueError: If `data_std` is not positive and finite.

    References:
        Karras et al. (2022), arXiv:2206.00364, eq. 8.
    """
    _demand_std(data_std)
    return Applied(_target, frame, data_std)


def likelihood_weight(levels: Density) -> Weight:
    """Return `1 / (sigma^3 p(sigma))`, for levels drawn from the density `p`.

    Where variance grows as `g^2 dt = d(sigma^2) = 2 sigma dsigma` and the score's error
    is the clean error over `sigma^2`, the bound on minus the log-likelihood,

        1/2 E int g^2 ||s - score||^2 dt = int E||D - x0||^2 / sigma^3 dsigma + const,

    is what this weight averages, whatever `p`: the loss is the bound's integral over
    the support of `p`, in nats a dimension, and the choice of `p` changes its variance
    only. Against levels uniform in `LOG` it is `noise_weight` times `log(high / low)`:
    likelihood is DDPM's weight on levels spread evenly in log sigma.

    References:
        Song et al. (2021), arXiv:2101.09258, theorem 1.
        Kingma et al. (2021), arXiv:2107.00630, section 5.1 (levels as the clock).
        Guo et al. (2005), arXiv:cs/0412108, eq. 1 (the same integral in `1/sigma^2`).
    """
    return Applied(_likelihood, levels)


def _demand_std(data_std: float) -> None:
    if not 0 < data_std < math.inf:
        raise ValueError(f"data_std is {data_std}; give the data's, positive")


def _edm(data_std: float, sigma: Float[Tensor, " b"], /) -> Float[Tensor, " b"]:
    return sigma**-2 + data_std**-2


def _target(
    frame: Frame, data_std: float, sigma: Float[Tensor, " b"], /
) -> Float[Tensor, " b"]:
    _, out = frame.skip_out(sigma / data_std)
    out = data_std * torch.as_tensor(out, dtype=sigma.dtype)
    return out**-2 * torch.ones_like(sigma)


def _likelihood(levels: Density, sigma: Float[Tensor, " b"], /) -> Float[Tensor, " b"]:
    return sigma**-3 / levels.pdf(sigma)
