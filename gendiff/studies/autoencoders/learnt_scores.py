"""How good a score a denoiser gives, where the exact one is known.

Three questions: how far the score is from the truth, how well it points away from the
noise, and whether it is a gradient at all, that is, whether its Jacobian is symmetric.
"""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from gendiff.exact import GaussianMixture
from gendiff.types import Denoiser, level
from gendiff.views import jacobian, score


def score_error(
    denoise: Denoiser,
    data: GaussianMixture,
    sigma: float,
    n: int,
    generator: torch.Generator,
    /,
) -> float:
    """Return the relative L2 error of a score on `n` noisy points.

    The denoiser is given single precision, as networks take it.
    """
    x = data.sample(n, generator)
    x = x + sigma * torch.randn(x.shape, generator=generator, dtype=x.dtype)
    exact = data.score(x, level(sigma))
    learnt = score(denoise, x.float(), level(sigma)).double()
    return float(((learnt - exact).square().sum() / exact.square().sum()).sqrt())


def removal(
    data: GaussianMixture, sigma: float, n: int, generator: torch.Generator, /
) -> tuple[float, float]:
    """Take one step of `sigma^2` along the exact score.

    Returns:
        The mean cosine between the step and the direction of less noise, and the
        fraction of the squared distance to the clean signal that is left after it.
    """
    clean = data.sample(n, generator)
    noise = sigma * torch.randn(clean.shape, generator=generator, dtype=clean.dtype)
    push = sigma**2 * data.score(clean + noise, level(sigma))
    cosine = functional.cosine_similarity(push, -noise).mean()
    before, after = (e.square().sum(1).mean() for e in (noise, noise + push))
    return float(cosine), float(after / before)


def antisymmetric(denoise: Denoiser, x: Float[Tensor, "b d"], sigma: float, /) -> float:
    """Return the size of the antisymmetric part over that of the score's Jacobian."""
    j = jacobian(denoise, x, level(sigma))
    j = j - torch.eye(x.shape[1], dtype=j.dtype)  # times 1 / sigma^2, which cancels
    return float(((j - j.mT) / 2).norm() / j.norm())
