"""Pictures coded in blocks of eight by eight cosines, as the JPEG standard does.

Each coefficient is rounded to a multiple of its step. Bits are those of an ideal code
for each of the 64 coefficients on its own: the entropy of what it is rounded to.

References:
    Wallace (1992), The JPEG still picture compression standard.
    Mannos and Sakrison (1974), The effects of a visual fidelity criterion.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from gendiff.families.heat import dct, inverse_dct

STEPS = torch.tensor(
    [
        [16, 11, 10, 16, 24, 40, 51, 61],
        [12, 12, 14, 19, 26, 58, 60, 55],
        [14, 13, 16, 24, 40, 57, 69, 56],
        [14, 17, 22, 29, 51, 87, 80, 62],
        [18, 22, 37, 56, 68, 109, 103, 77],
        [24, 35, 55, 64, 81, 104, 113, 92],
        [49, 64, 78, 87, 103, 121, 120, 101],
        [72, 92, 95, 98, 112, 100, 103, 99],
    ],
    dtype=torch.float64,
)
"""Luminance steps, for grey values from 0 to 255: table K.1 of the standard."""


@dataclass(frozen=True)
class Coded:
    """A picture after coding, and its price."""

    picture: Float[Tensor, "h w"]
    bits: float
    """Bits a pixel."""
    error: float
    """Root mean square, in grey values."""
    seen: float
    """The same with each frequency weighted by the eye's sensitivity to it."""


def sensitivity(
    f: Float[Tensor, "*s"],
    /,
) -> Float[Tensor, "*s"]:
    """Return an eye's relative contrast sensitivity at `f` cycles a degree."""
    return 2.6 * (0.0192 + 0.114 * f) * torch.exp(-((0.114 * f) ** 1.1))


def coded(
    picture: Float[Tensor, "h w"],
    steps: Float[Tensor, "8 8"],
    /,
    *,
    finest: float = 32.0,
) -> Coded:
    """Code a picture of grey values from 0 to 255, sides multiples of 8.

    `finest` is the pixels' highest frequency in cycles a degree, which says from how
    far the picture is looked at: 32 is a screen of 64 pixels a degree.
    """
    height, width = picture.shape
    tiles = picture.double().reshape(height // 8, 8, width // 8, 8).transpose(1, 2)
    z = dct(tiles.reshape(-1, 1, 8, 8) - 128)
    rounded = (z / steps).round()
    bits = sum(_entropy(column) for column in rounded.reshape(-1, 64).T) / 64
    back = inverse_dct(rounded * steps) + 128
    back = back.reshape(height // 8, width // 8, 8, 8).transpose(1, 2)
    k = torch.arange(8, dtype=torch.float64) / 8
    weight = sensitivity(finest * torch.hypot(k[:, None], k))
    lost = (z - rounded * steps).square()
    return Coded(
        back.reshape(height, width),
        bits,
        float(lost.mean().sqrt()),
        float((weight**2 * lost).mean().sqrt()),
    )


def priced(
    picture: Float[Tensor, "h w"], table: Float[Tensor, "8 8"], bits: float, /
) -> Coded:
    """Code with a table of steps, scaled so that a pixel takes so many bits."""
    low, high = 1e-2, 1e3
    for _ in range(30):
        middle = (low * high) ** 0.5
        if coded(picture, middle * table).bits > bits:
            low = middle
        else:
            high = middle
    return coded(picture, high * table)


def _entropy(values: Float[Tensor, " n"]) -> float:
    counts = values.unique(return_counts=True)[1].double()
    p = counts / counts.sum()
    return float(-(p * p.log2()).sum())
