"""A hole in a photograph of grass, and a Gaussian field that fills it.

The field has the photograph's own spectrum, so the distribution of the hole given what
is around it is exact. How usual a filling is, three statistics tell.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn.functional import avg_pool2d

from gendiff.data import photographs


def photograph() -> Float[Tensor, "h w"]:
    """Return grass at half its resolution, with mean 0 and variance 1."""
    grass = avg_pool2d(photographs.GRASS.grey(), 2)[0].double()
    return (grass - grass.mean()) / grass.std()


def covariance(image: Float[Tensor, "h w"], side: int, /) -> Float[Tensor, "d d"]:
    """Return the covariance of a square tile of the field with the image's spectrum."""
    spectrum = torch.fft.fft2(image).abs().square() / image.numel()
    autocovariance = torch.fft.ifft2(spectrum).real
    ticks = torch.arange(side)
    rows, columns = (
        grid.flatten() for grid in torch.meshgrid(ticks, ticks, indexing="ij")
    )
    pairs = autocovariance[rows[:, None] - rows, columns[:, None] - columns]
    return pairs + 1e-3 * torch.eye(side**2).double()


def hole(width: int, margin: int, /) -> Bool[Tensor, " d"]:
    """Return which pixels of a tile are missing: a square in its middle."""
    side = width + 2 * margin
    missing = torch.zeros(side, side, dtype=torch.bool)
    missing[margin:-margin, margin:-margin] = True
    return missing.flatten()


def traits(fill: Float[Tensor, "n d"], /) -> Float[Tensor, "n 3"]:
    """Return the logarithms of variance and of squared steps down and across."""
    width = round(fill.shape[1] ** 0.5)
    z = fill.reshape(-1, width, width)
    steps = (z.diff(dim=1).square().mean((1, 2)), z.diff(dim=2).square().mean((1, 2)))
    return torch.stack([z.var((1, 2)), *steps], 1).log()


@dataclass(frozen=True)
class Usual:
    """What is usual among fillings."""

    traits: Float[Tensor, "3"]
    precision: Float[Tensor, "3 3"]

    @classmethod
    def of(cls, fills: Float[Tensor, "n d"], /) -> "Usual":
        """Learn it from fillings."""
        known = traits(fills)
        return cls(known.mean(0), torch.linalg.inv(known.T.cov()))

    def distance(
        self, fill: Float[Tensor, "n d"], /, other: Float[Tensor, "n d"] | None = None
    ) -> Float[Tensor, " n"]:
        """Return the Mahalanobis distance of statistics from the mean, or another's."""
        z = traits(fill) - (self.traits if other is None else traits(other))
        return torch.einsum("bi,ij,bj->b", z, self.precision, z).clamp(min=0).sqrt()
