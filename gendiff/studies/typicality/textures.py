"""Tiles of photographed surfaces, compared by their pixels and by their statistics."""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from gendiff.metrics import power_spectrum, windowed

TURNS = 4
"""Orientations that are told apart."""


def tiles(image: Float[Tensor, "h w"], side: int, /) -> Float[Tensor, "n s s"]:
    """Cut an image into square tiles that don't overlap."""
    return image.unfold(0, side, side).unfold(1, side, side).flatten(0, 1)


def normalised(z: Float[Tensor, "n s s"], /) -> Float[Tensor, "n s s"]:
    """Return tiles of mean 0 and variance 1."""
    z = z - z.mean((1, 2), keepdim=True)
    return z / z.std((1, 2), keepdim=True)


def log_powers(z: Float[Tensor, "n s s"], /) -> Float[Tensor, "n bands"]:
    """Return the logarithm of a tile's power at each scale and orientation."""
    side = z.shape[-1]
    rows, columns = torch.meshgrid(
        torch.fft.fftfreq(side), torch.fft.fftfreq(side), indexing="ij"
    )
    scale = (torch.hypot(rows, columns) * side).clamp(min=1e-9).log2().floor()
    angle = (torch.atan2(rows, columns) % math.pi) / math.pi
    turn = (angle * TURNS).floor().clamp(max=TURNS - 1)
    powers = torch.stack([power_spectrum(windowed(tile[None, None])) for tile in z])
    bands = [
        powers[:, (scale == s) & (turn == t)].mean(1).log()
        for s in range(1, int(math.log2(side // 2)))
        for t in range(TURNS)
    ]
    return torch.stack(bands, 1)


def distances(z: Float[Tensor, "n *s"], /) -> Float[Tensor, "n n"]:
    """Return the rms distance of every two, infinite from each to itself."""
    apart = torch.cdist(z.flatten(1), z.flatten(1)) / math.sqrt(z[0].numel())
    return apart.fill_diagonal_(torch.inf)


@dataclass(frozen=True)
class Kinship:
    """How near tiles are to others of their surface, and to those of another."""

    same: float
    """Root mean square distance within a surface."""
    other: float
    """Root mean square distance between surfaces."""
    right: float
    """How often the closest tile is of the same surface."""
    nearest: Int[Tensor, " n"]
    """The closest other tile of every tile."""


def kinship(z: Float[Tensor, "n *s"], surface: Int[Tensor, " n"], /) -> Kinship:
    """Return how well distances know the surfaces."""
    apart = distances(z)
    same = (surface[:, None] == surface) & apart.isfinite()
    other = surface[:, None] != surface
    nearest = apart.argmin(1)
    return Kinship(
        float(apart[same].square().mean().sqrt()),
        float(apart[other].square().mean().sqrt()),
        float((surface[nearest] == surface).double().mean()),
        nearest,
    )


def told(
    by_pixel: Kinship, by_power: Kinship, surface: Int[Tensor, " n"], which: int, /
) -> list[int]:
    """Return a tile that pixels get wrong and statistics right, and its two closest.

    Args:
        by_pixel: Kinship by pixels.
        by_power: Kinship by statistics.
        surface: Of every tile.
        which: The surface of the tile.
    """
    near, like = by_pixel.nearest, by_power.nearest
    misled = (surface == which) & (surface[near] != which) & (surface[like] == which)
    first = int(misled.nonzero()[0])
    return [first, int(near[first]), int(like[first])]
