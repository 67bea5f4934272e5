"""Errors of the clean signal on a test set, at several noise levels."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from gendiff.objectives import denoising_error
from gendiff.types import Denoiser


@torch.no_grad()
def by_level(
    denoise: Denoiser,
    x0: Float[Tensor, "b *s"],
    eps: Float[Tensor, "b *s"],
    levels: Sequence[float],
    /,
) -> Float[Tensor, "level b"]:
    """Return the error of each sample at each level, under the same noise at all."""
    at = [torch.full((len(x0),), float(sigma)) for sigma in levels]
    return torch.stack([denoising_error(denoise, x0, s, eps).double() for s in at])
