"""Sets of small grey pictures, from flat to noisy: textures, digits, shapes, ramps.

Textures are squares cut from photographs of surfaces, whose last quarter is kept for
testing. Strangers are painted in two greys of their range, drawn small and enlarged, so
that they are out of focus.
"""

from collections.abc import Mapping

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional

from gendiff.data import glyphs, patches, shapes
from gendiff.data.photographs import BRICK, GRASS, GRAVEL, Photograph
from gendiff.nets.layers import double, halve
from gendiff.studies.running import Running
from gendiff.studies.typicality.dequantised import GREYS, counted, middles

Images = Int[Tensor, "n s s"]
Cover = Float[Tensor, "n s s"]
"""Which fraction of each pixel is covered."""


def surface(
    run: Running,
    photograph: Photograph,
    n: int,
    purpose: str,
    /,
    *,
    side: int,
    held_out: bool,
) -> Images:
    """Cut squares from the first three quarters of a photograph, or from the last."""
    grey = photograph.grey()[0]
    edge = 3 * grey.shape[0] // 4
    grey = grey[edge:] if held_out else grey[:edge]
    generator = run.generator(f"{purpose}/{photograph.file}")
    top = torch.randint(grey.shape[0] - side + 1, (n,), generator=generator)
    left = torch.randint(grey.shape[1] - side + 1, (n,), generator=generator)
    corners = zip(top.tolist(), left.tolist(), strict=True)
    return counted(torch.stack([grey[a : a + side, b : b + side] for a, b in corners]))


def textures(
    run: Running, n: int, purpose: str, /, *, side: int, held_out: bool = False
) -> Images:
    """Cut textures, half of them grass and half gravel."""
    halves = [
        surface(run, photograph, n // 2, purpose, side=side, held_out=held_out)
        for photograph in (GRASS, GRAVEL)
    ]
    return torch.cat(halves)


def usual_greys(images: Images, /) -> tuple[float, float]:
    """Return the greys that a tenth of all pixels are below, and a tenth above."""
    low, high = middles(torch.from_numpy(np.quantile(images.numpy(), (0.1, 0.9))))
    return float(low), float(high)


def in_two_greys(
    run: Running, cover: Cover, purpose: str, within: tuple[float, float], /
) -> Images:
    """Paint what is covered in one grey and the rest in another, well apart."""
    low, high = within
    far = torch.rand(2, len(cover), 1, 1, generator=run.generator(purpose))
    dark, bright = low + (high - low) * (
        far * 0.35 + torch.tensor([0, 0.65])[:, None, None, None]
    )
    swap = (
        torch.rand(len(cover), 1, 1, generator=run.generator(f"{purpose}/swap")) < 0.5
    )
    ink, paper = torch.where(swap, dark, bright), torch.where(swap, bright, dark)
    return counted(torch.lerp(paper, ink, cover))


def out_of_focus(cover: Cover, /) -> Float[Tensor, "n s2 s2"]:
    """Enlarge images to twice their side."""
    return functional.interpolate(cover[:, None], scale_factor=2.0, mode="bilinear")[
        :, 0
    ]


def digit_covers(run: Running, n: int, purpose: str, /, *, side: int) -> Cover:
    """Draw digits as the fraction of each pixel that is covered."""
    drawn = glyphs(n, generator=run.generator(purpose), size=side)
    return (drawn.images[:, 0] + 1) / 2


def blurred_digits(
    run: Running,
    n: int,
    purpose: str,
    paint: str,
    within: tuple[float, float],
    /,
    *,
    side: int,
) -> Images:
    """Draw digits out of focus, in two greys: where they lie, and how painted."""
    covers = out_of_focus(digit_covers(run, n, purpose, side=side // 2))
    return in_two_greys(run, covers, paint, within)


def scrambled(images: Images, generator: torch.Generator, /) -> Images:
    """Move the pixels of all images by one permutation."""
    flat = images.flatten(1)
    moved = flat[:, torch.randperm(flat.shape[1], generator=generator)]
    return moved.unflatten(1, images.shape[1:])


def twelve(
    run: Running,
    held_out: Images,
    digits: Images,
    within: tuple[float, float],
    /,
) -> Mapping[str, Images]:
    """Return twelve sets of pictures, as many in each and as large as the digits."""
    n, side = digits.shape[:2]
    drawn = shapes(n, generator=run.generator("shapes"), size=side // 2).images[:, 0]
    sharp = digit_covers(run, n, "sharp", side=side)
    ramps = torch.linspace(0, 1, side).expand(n, side, side)
    blurred = double(halve(middles(held_out.float())[:, None]))[:, 0]
    noise = torch.randint(GREYS, (n, side, side), generator=run.generator("noise"))
    return {
        "grass": surface(run, GRASS, n, "more", side=side, held_out=True),
        "gravel": surface(run, GRAVEL, n, "more", side=side, held_out=True),
        "brick": surface(run, BRICK, n, "more", side=side, held_out=True),
        "photographs": _squares(run, n, side, 1),
        "photographs, small": _squares(run, n, side, 4),
        "digits": digits,
        "sharp digits": in_two_greys(run, sharp, "sharp greys", within),
        "shapes": in_two_greys(
            run, out_of_focus((drawn + 1) / 2), "shape greys", within
        ),
        "ramps": in_two_greys(run, ramps, "ramp greys", within),
        "blurred textures": counted(blurred),
        "scrambled": scrambled(held_out, run.generator("scramble")),
        "noise": noise,
    }


def _squares(run: Running, n: int, side: int, shrink: int) -> Images:
    """Cut squares from photographs of things and places."""
    generator = run.generator(f"squares {shrink}")
    return counted(patches(n, size=side, shrink=shrink, generator=generator)[:, 0])
