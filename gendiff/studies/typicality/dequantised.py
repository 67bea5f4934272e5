r"""Pictures in a few greys, and densities for them.

Greys are whole numbers, and the density of whole numbers can grow without bound. So a
uniform random number below one is added to each. The mean density over the cell is then
the probability of the grey,

    P(x) = int_{[0, 1)^n} p(x + u) du,

and the mean of its logarithm over `u`, or the logarithm of a mean over a few draws, is
below `log P(x)`. What comes out are bits a pixel, `-log2 P(x) / n`.

References:
    Theis, van den Oord and Bethge (2016), arXiv:1511.01844, section 3.1.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from gendiff.discrete.surprisal import BIT
from gendiff.estimate import Estimate
from gendiff.families import Flow, pixelcnn, vae
from gendiff.noise import seeded

GREYS = 32

Images = Int[Tensor, "b h w"]
Real = Float[Tensor, "b h w"]
Bits = Float[Tensor, " b"]


def counted(x: Real, /) -> Images:
    """Round images in [-1, 1] down to whole numbers of greys."""
    return (x.clamp(-1, 1) + 1).mul(GREYS / 2).floor().clamp(max=GREYS - 1).long()


def middles(x: Float[Tensor, "*s"] | Int[Tensor, "*s"], /) -> Float[Tensor, "*s"]:
    """Return the middle of each grey, in [-1, 1]."""
    return (2 * x + 1) / GREYS - 1


def coarse(images: Images, /) -> Int[Tensor, "b h2 w2"]:
    """Return images at half the resolution, rounded down to whole greys."""
    blocks = images.unfold(1, 2, 2).unfold(2, 2, 2)
    return blocks.flatten(3).sum(3).div(4, rounding_mode="floor")


@dataclass(frozen=True)
class Scale:
    """Greys as real numbers of about unit variance, with room filled by noise."""

    mean: float
    std: float

    @classmethod
    def of(cls, images: Images, /) -> Self:
        """Return the scale on which these images have mean 0 and variance 1."""
        return cls(float(images.double().mean()), float(images.double().std()))

    def spread(self, x: Images, generator: torch.Generator, /) -> Real:
        """Add a uniform random number below one, and standardise."""
        noise = torch.rand(x.shape, generator=generator).to(x.device)
        return (x + noise - self.mean) / self.std

    def rounded(self, y: Real, /) -> Images:
        """Return the greys that standardised numbers lie in."""
        return (y * self.std + self.mean).floor().clamp(0, GREYS - 1).long()


@torch.no_grad()
def pixelcnn_bits(model: pixelcnn.PixelCNN, x: Images, /) -> Bits:
    """Return bits a pixel, exactly."""
    return pixelcnn.surprisal(model, x).flatten(1).double().mean(1) / BIT


@torch.no_grad()
def flow_bits(
    model: Flow, scale: Scale, x: Images, generator: torch.Generator, /
) -> Bits:
    """Return bits a pixel from the mean density over four draws of the noise."""
    logs = torch.stack(
        [model.log_density(scale.spread(x, generator)[:, None]) for _ in range(4)]
    )
    nats = math.log(4) - logs.double().logsumexp(0)
    return (nats / x[0].numel() + math.log(scale.std)) / BIT


@torch.no_grad()
def vae_bits(
    model: vae.VAE, scale: Scale, x: Images, generator: torch.Generator, /
) -> Bits:
    """Return bits a pixel from one draw of the noise and sixteen latents."""
    points = scale.spread(x, generator).flatten(1)
    found = vae.log_likelihood(model, points, seeded(generator), samples=16).value
    return (-torch.as_tensor(found).double() / x[0].numel() + math.log(scale.std)) / BIT


def in_parts(
    bits: Callable[[Images], Bits], /, *, device: torch.device, size: int = 200
) -> Callable[[Images], Bits]:
    """Return the same measurement, made some images at a time, on a device."""

    def measured(x: Images, /) -> Bits:
        return torch.cat([bits(part.to(device)).cpu() for part in x.split(size)])

    return measured


def upper_half(
    coarse: Bits, whole: Bits, generator: torch.Generator, /, *, folds: int = 10
) -> Estimate:
    """Return which fraction of the bits of images their coarse pictures don't have.

    Args:
        coarse: Bits of each image at half the resolution.
        whole: Bits of each image.
        generator: Deals the images into folds; the error is that of the folds' mean.
        folds: How many there are.
    """
    bills = torch.stack([coarse, whole], 1)
    dealt = bills[torch.randperm(len(bills), generator=generator)].chunk(folds)
    spent = torch.stack([_left(part) for part in dealt])
    error = float(spent.std()) / math.sqrt(folds)
    return Estimate(float(_left(bills)), error, len(bills), "test images")


def _left(bills: Float[Tensor, "b 2"], /) -> Float[Tensor, ""]:
    part, whole = bills.mean(0)
    return 1 - part / whole


def of_noise_in_upper_half() -> float:
    """Return the fraction of white noise's bits that its coarse picture doesn't have.

    Exact: the mean of four independent greys, rounded down, has a distribution that
    four convolutions give.
    """
    grey = torch.full((GREYS,), 1 / GREYS, dtype=torch.float64)
    sums = grey
    for _ in range(3):
        padded = nn.functional.pad(sums, (GREYS - 1, GREYS - 1))
        sums = padded.unfold(0, GREYS, 1) @ grey
    quarter = nn.functional.pad(sums, (0, -len(sums) % 4)).reshape(-1, 4).sum(1)
    coarse_bits = float(torch.special.entr(quarter).sum()) / BIT
    return 1 - coarse_bits / (4 * math.log2(GREYS))
