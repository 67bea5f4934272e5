"""A teacher that takes each step by Heun's method, not by an arrow at its start."""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from gendiff.distillation import ddim
from gendiff.types import Denoiser, like


@dataclass(frozen=True)
class HeunStep:
    """A two-level denoiser whose jumps are steps of Heun's method: two calls, order 2.

    References:
        Song et al. (2023), arXiv:2303.01469, section 6.1 (the teacher's solver).
    """

    denoise: Denoiser

    def __call__(
        self,
        x: Float[Tensor, "b *s"],
        sigma: Float[Tensor, "..."],
        to: Float[Tensor, "..."],
        /,
    ) -> Float[Tensor, "b *s"]:
        """Return the clean signal at which the mean slope aims; `to` is above 0."""
        first = self.denoise(x, sigma)
        there = ddim(x, first, sigma, to)
        second = self.denoise(there, to)
        slopes = (x - first) / like(sigma, x) + (there - second) / like(to, x)
        return x - like(sigma, x) * slopes / 2
