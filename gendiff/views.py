"""Views: one denoiser read as a score, a noise predictor, a velocity, a covariance.

A denoiser `D(x, sigma) = E[x0 | x]` carries everything that the other perspectives
name. With `x = x0 + sigma * eps` and `p_sigma` the density of `x`:

    score       grad log p_sigma(x) = (D - x) / sigma^2        (Tweedie)
    noise       E[eps | x]          = (x - D) / sigma
    velocity    dx/dsigma           = (x - D) / sigma          (probability flow)
    covariance  Cov[x0 | x]         = sigma^2 dD/dx            (second-order Tweedie)

References:
    Efron (2011), Journal of the American Statistical Association 106 (Tweedie).
    Alain and Bengio (2014), JMLR 15, theorem 1 (the score from a denoiser).
    Song et al. (2021), arXiv:2011.13456, eq. 13 (the probability flow).
"""

import torch
from jaxtyping import Float
from torch import Tensor

from gendiff import derivatives
from gendiff.derivatives import differentiating
from gendiff.frames import Frame
from gendiff.types import Denoiser, like


def score(
    denoise: Denoiser, x: Float[Tensor, "b *s"], sigma: Float[Tensor, "..."], /
) -> Float[Tensor, "b *s"]:
    """Return `(D - x) / sigma^2`, the gradient of the log-density of `x`."""
    return (denoise(x, sigma) - x) / like(sigma, x) ** 2


def noise(
    denoise: Denoiser, x: Float[Tensor, "b *s"], sigma: Float[Tensor, "..."], /
) -> Float[Tensor, "b *s"]:
    """Return `E[eps | x] = (x - D) / sigma`, in units of standard noise."""
    return (x - denoise(x, sigma)) / like(sigma, x)


def velocity(
    denoise: Denoiser,
    x: Float[Tensor, "b *s"],
    sigma: Float[Tensor, "..."],
    frame: Frame,
    /,
) -> Float[Tensor, "b *s"]:
    """Return the expected velocity `dy/du` of `frame` at the state `x`."""
    level = like(sigma, x)
    a, b = frame.target(level)
    x0 = denoise(x, sigma)
    return a * x0 + b * (x - x0) / level


def jacobian(
    denoise: Denoiser, x: Float[Tensor, "b d"], sigma: Float[Tensor, ""], /
) -> Float[Tensor, "b d d"]:
    """Return `dD/dx` of every sample, by `d` backward passes over the batch.

    Assumes that a sample's output depends on its own input alone.
    """
    with differentiating(x, sigma) as (at, level):
        return torch.stack(list(derivatives.jacobian(denoise(at, level), at)), 1)


def posterior_covariance(
    denoise: Denoiser, x: Float[Tensor, "b d"], sigma: Float[Tensor, ""], /
) -> Float[Tensor, "b d d"]:
    """Return `Cov[x0 | x] = sigma^2 dD/dx`.

    Exact, and symmetric positive semi-definite, if the denoiser is exact. A learnt
    one's need be neither: how far it is from it tells how far it is from a gradient.
    """
    return sigma.to(x) ** 2 * jacobian(denoise, x, sigma)
