"""Plain shapes with known factors: which, how large, where, turned how, what texture.

A shape is described by its signed distance function, negative inside, positive
outside, in pixels; a pixel's coverage is `clip(1/2 - distance, 0, 1)`, so edges are
smooth and sizes and positions vary without steps. The *size* of every shape is the
side of a square of the same area: shapes of one size are equally easy to detect,
because a detector in noise pools the evidence of all their pixels.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

Outline = Callable[[Float[Tensor, "*s"], Float[Tensor, "*s"]], Float[Tensor, "*s"]]
"""Signed distance of points (x, y) to a shape of area 1 around the origin."""


def round_outline(x: Tensor, y: Tensor, /) -> Tensor:
    """Return the distance to a disc."""
    return torch.hypot(x, y) - 1 / math.sqrt(math.pi)


def square_outline(x: Tensor, y: Tensor, /) -> Tensor:
    """Return the distance to a square (to its nearest side, beyond corners too)."""
    return torch.maximum(x.abs(), y.abs()) - 0.5


def triangle_outline(x: Tensor, y: Tensor, /) -> Tensor:
    """Return the distance to an equilateral triangle that points up."""
    inner = 3**-0.75  # radius of the inscribed circle at area 1
    slope = math.sqrt(3) / 2 * x.abs() - y / 2
    return torch.maximum(slope, y) - inner


def cross_outline(x: Tensor, y: Tensor, /) -> Tensor:
    """Return the distance to an upright cross, three times as long as wide."""
    arm, half = 0.5 / math.sqrt(5), 1.5 / math.sqrt(5)
    x, y = x.abs(), y.abs()
    long, wide = torch.maximum(x, y), torch.minimum(x, y)
    return torch.maximum(long - half, wide - arm)


def ring_outline(x: Tensor, y: Tensor, /) -> Tensor:
    """Return the distance to a ring whose hole is half as wide as it is."""
    outer = 2 / math.sqrt(3 * math.pi)
    return (torch.hypot(x, y) - 0.75 * outer).abs() - 0.25 * outer


KINDS = ("disc", "square", "triangle", "cross", "ring")
OUTLINES: tuple[Outline, ...] = (
    *(round_outline, square_outline, triangle_outline, cross_outline, ring_outline),
)
"""The outlines in the order of `KINDS`."""

TEXTURES = ("flat", "stripes", "checks")


@dataclass(frozen=True, slots=True)
class Shapes:
    """Grey images of shapes and the factors that they were drawn from."""

    images: Float[Tensor, "n 1 h w"]
    """In [-1, 1]: the background is -1, a flat shape 1, texture varies between."""
    labels: Int[Tensor, " n"]
    """Index into `KINDS`."""
    sizes: Float[Tensor, " n"]
    """Square root of the area, as a fraction of the image's side."""
    positions: Float[Tensor, "n 2"]
    """Centre (x, y) from the middle of the image, as a fraction of its side; y down."""
    rotations: Float[Tensor, " n"]
    """Radians, counter-clockwise as seen."""
    textures: Int[Tensor, " n"]
    """Index into `TEXTURES`."""


def shapes(
    n: int,
    /,
    *,
    generator: torch.Generator,
    size: int = 32,
    sizes: tuple[float, float] = (0.3, 0.55),
    offset: float = 0.15,
    textures: int = 1,
) -> Shapes:
    """Draw `n` images; all factors are independent and uniform.

    Args:
        n: How many images.
        generator: Where the factors come from.
        size: Side of the images in pixels.
        sizes: Smallest and largest size of a shape.
        offset: Centres lie within this fraction of the image from its middle.
        textures: How many of `TEXTURES` to use: 1 draws flat shapes only.

    Raises:
        ValueError: If `textures` is not 1, 2 or 3.
    """
    if not 1 <= textures <= len(TEXTURES):
        raise ValueError(f"there are 1 to {len(TEXTURES)} textures, not {textures}")
    low, high = sizes
    labels = torch.randint(len(KINDS), (n,), generator=generator)
    side = low + (high - low) * torch.rand(n, generator=generator)
    positions = offset * (2 * torch.rand(n, 2, generator=generator) - 1)
    rotations = 2 * math.pi * torch.rand(n, generator=generator)
    texture = torch.randint(textures, (n,), generator=generator)
    images = render(
        labels=labels,
        sizes=side,
        positions=positions,
        rotations=rotations,
        textures=texture,
        size=size,
    )
    return Shapes(images, labels, side, positions, rotations, texture)


def render(
    *,
    labels: Int[Tensor, " n"],
    sizes: Float[Tensor, " n"],
    positions: Float[Tensor, "n 2"],
    rotations: Float[Tensor, " n"],
    textures: Int[Tensor, " n"],
    size: int = 32,
) -> Float[Tensor, "n 1 {size} {size}"]:
    """Draw exactly these shapes."""
    ticks = (torch.arange(size) + 0.5) / size - 0.5
    x = ticks - positions[:, 0, None, None]
    y = ticks[:, None] - positions[:, 1, None, None]
    cos, sin = rotations.cos()[:, None, None], rotations.sin()[:, None, None]
    side = sizes[:, None, None]
    x, y = (cos * x - sin * y) / side, (sin * x + cos * y) / side
    distance = torch.zeros_like(x)
    for kind, outline in enumerate(OUTLINES):
        own = labels == kind
        distance[own] = outline(x[own], y[own])
    coverage = (0.5 - distance * side * size).clamp(0, 1)
    return (2 * coverage * _brightness(x, y, textures) - 1).unsqueeze(1)


def disc(area: int, /, *, size: int = 32) -> Float[Tensor, "{size} {size}"]:
    """Return the indicator of the `area` pixels nearest to the middle of an image.

    Exactly `area` pixels are 1, so the matched filter's sensitivity for this disc at
    contrast `a` in white noise is `d' = a * sqrt(area) / sigma` without any rounding.

    Raises:
        ValueError: If the image does not have that many pixels.
    """
    if not 0 <= area <= size**2:
        raise ValueError(f"{area} pixels do not fit an image of {size} x {size}")
    ticks = torch.arange(size) - (size - 1) / 2
    distance = torch.hypot(ticks, ticks[:, None]).flatten()
    nearest = distance.argsort(stable=True)[:area]
    mask = torch.zeros(size**2).index_fill(0, nearest, 1.0)
    return mask.reshape(size, size)


def _brightness(
    x: Float[Tensor, "n h w"], y: Float[Tensor, "n h w"], textures: Int[Tensor, " n"]
) -> Float[Tensor, "n h w"]:
    """Return each texture, between 0.4 and 1, with two periods in a shape's size."""
    along, across = (4 * math.pi * x).cos(), (4 * math.pi * y).cos()
    waves = torch.stack([torch.ones_like(x), along, along * across])
    wave = waves[textures, torch.arange(len(textures))]
    return 0.7 + 0.3 * wave
