"""Noise as an argument: where the randomness of a sampler comes from.

No solver draws behind the caller's back. What it is given is a `Noise`, a function
that returns standard normal noise shaped like its argument.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from gendiff.applied import Applied
from gendiff.types import Noise, like


def seeded(generator: torch.Generator, /) -> Noise:
    """Draw from `generator`, on its device, and move the draw to where it is needed.

    With a generator on the host the same seed gives the same noise on every device.
    """
    return Applied(_draw, generator)


def noised(
    x0: Float[Tensor, "b *s"],
    sigma: Float[Tensor, "..."],
    eps: Float[Tensor, "b *s"],
    /,
) -> Float[Tensor, "b *s"]:
    """Return `x0 + sigma eps`, for one level or one a sample."""
    return x0 + like(sigma, x0) * eps


def silent(x: Float[Tensor, "b *s"], /) -> Float[Tensor, "b *s"]:
    """Draw nothing: zeros, which turn a stochastic solver into its drift."""
    return torch.zeros_like(x)


def _draw(generator: torch.Generator, x: Tensor, /) -> Tensor:
    noise = torch.randn(x.shape, generator=generator, device=generator.device)
    return noise.to(x)
