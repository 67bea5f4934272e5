"""Denoisers that know one noise level each, in the place of one that knows all."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from gendiff.types import Denoiser


@dataclass(frozen=True)
class Separate:
    """One denoiser for each of several levels; the nearest one answers."""

    levels: Sequence[float]
    each: Sequence[Denoiser]

    def __call__(
        self, x: Float[Tensor, "b *s"], sigma: Float[Tensor, ""], /
    ) -> Float[Tensor, "b *s"]:
        """Ask the denoiser whose level is nearest, on a logarithmic axis."""
        asked = math.log(float(sigma))
        far = [abs(math.log(known) - asked) for known in self.levels]
        return self.each[far.index(min(far))](x, sigma)


@dataclass(frozen=True)
class Single:
    """A denoiser that believes every level to be the same."""

    denoise: Denoiser
    level: float

    def __call__(
        self, x: Float[Tensor, "b *s"], sigma: Float[Tensor, "..."], /
    ) -> Float[Tensor, "b *s"]:
        """Denoise as if the level were the only one."""
        return self.denoise(x, torch.full_like(sigma, self.level))
