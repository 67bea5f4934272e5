"""Gaussian random fields: images and waveforms whose every frequency is known.

A stationary Gaussian field is diagonal in the Fourier basis: frequency f carries the
power S(f), independently of all others. Its exact denoiser is the Wiener filter

    gain(f) = S(f) / (S(f) + sigma^2),

a low-pass whose cut-off falls as the noise rises wherever S falls with frequency. This
is the smallest model in which "noise level" and "feature scale" are the same thing.

The basis is the real (Hartley) form of Fourier's: `cas = cos + sin` instead of `exp`.
It has the same frequencies, is its own inverse, and keeps everything real.

References:
    Field (1987), JOSA A 4(12) (natural images have S close to f^-2).
    Hartley (1942), Proceedings of the IRE 30(3).
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from gendiff.exact.gaussian import Diagonal
from gendiff.types import demand_signal


@dataclass(frozen=True)
class Field(Diagonal):
    """A stationary Gaussian field on a grid of one or more periodic axes.

    `power` is in the order of `torch.fft.fftn` with `norm="ortho"`, so that its mean is
    the variance of a pixel, and white noise of level sigma has the power `sigma^2`.

    Raises:
        ValueError: If a power is negative, or not symmetric under `f -> -f`, or
            something holds whole numbers.
    """

    power: Float[Tensor, "*f"]
    mean: Float[Tensor, "*s"]

    def __post_init__(self) -> None:
        demand_signal(self.power, name="power")
        demand_signal(self.mean, name="mean")
        axes = list(range(self.power.ndim))
        mirrored = self.power.flip(axes).roll([1] * len(axes), axes)
        if not (self.power >= 0).all():
            raise ValueError(f"power is negative: {float(self.power.min())}")
        if not torch.allclose(self.power, mirrored):
            raise ValueError("power must be symmetric, S(f) = S(-f), for a real field")

    @property
    def variances(self) -> Float[Tensor, "*f"]:
        """Variance of every coefficient: the power."""
        return self.power

    def rotate(self, x: Float[Tensor, "b *s"], /) -> Float[Tensor, "b *s"]:
        """Return the Hartley coefficients over the last axes, orthonormal."""
        if not x.numel():
            return x  # torch transforms no empty batch
        axes = tuple(range(-self.power.ndim, 0))
        z = torch.fft.fftn(x, dim=axes, norm="ortho")
        return z.real - z.imag

    def unrotate(self, z: Float[Tensor, "b *s"], /) -> Float[Tensor, "b *s"]:
        """Return the field with these coefficients: the transform is an involution."""
        return self.rotate(z)

    def gain(self, sigma: Float[Tensor, ""]) -> Float[Tensor, "*f"]:
        """Return the Wiener filter `S / (S + sigma^2)` at one noise level."""
        return self.power / self.total(self.power, sigma.to(self.power))

    def sample(
        self, n: int, generator: torch.Generator, *, channels: int | None = None
    ) -> Float[Tensor, "n *s"]:
        """Draw `n` fields, of shape `(n, *f)`, or `(n, channels, *f)` if asked."""
        inner = () if channels is None else (channels,)
        shape = (n, *inner, *self.power.shape)
        white = torch.randn(shape, generator=generator).to(self.power)
        return self.mean + self.unrotate(self.power.sqrt() * white)
