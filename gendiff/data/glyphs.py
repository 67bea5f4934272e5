"""Digits and letters drawn from fonts: images of which everything is known.

Each image shows one character in one of twenty typefaces, at a random size, place,
rotation and shear. The typefaces ship with matplotlib, so there is nothing to download
and no end of data; and because class, face, size and place are the ones we chose, a
model's samples can be asked whether they cover them.

The drawing is one affine map per image. A point `q` of the character, in units of the
font size and from the middle of its ink, lands at

    position + scale * R(rotation) @ S(shear) @ q

in units of the image size, from the middle of the image; x grows to the right and y,
as rows do, downwards.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import matplotlib as mpl
import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor
from torch.nn.functional import avg_pool2d, grid_sample

DIGITS = "0123456789"
CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

FACES = (
    *("DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique", "DejaVuSans-BoldOblique"),
    *("DejaVuSansMono", "DejaVuSansMono-Bold"),
    *("DejaVuSansMono-Oblique", "DejaVuSansMono-BoldOblique"),
    *("DejaVuSerif", "DejaVuSerif-Bold", "DejaVuSerif-Italic"),
    *("DejaVuSerif-BoldItalic", "STIXGeneral", "STIXGeneralBol", "STIXGeneralItalic"),
    *("STIXGeneralBolIta", "cmr10", "cmb10", "cmss10", "cmtt10"),
)
"""Typefaces that every matplotlib ships."""

COLOURS = ("black", "white", "orange", "sky", "green", "yellow", "blue", "red", "pink")
"""Black and white, then colours that colour-blind readers tell apart too."""
_HEX = "000000 ffffff e69f00 56b4e9 009e73 f0e442 0072b2 d55e00 cc79a7"
PALETTE: Float[Tensor, "colour 3"] = torch.tensor(
    [[byte / 127.5 - 1 for byte in bytes.fromhex(code)] for code in _HEX.split()]
)
"""Red, green and blue in [-1, 1], in the order of `COLOURS`.

References:
    Okabe and Ito (2008), Color universal design, the palette without its black.
"""

_CANVAS = 1.5  # side of an atlas cell in font sizes: the widest capital fits
_FINE = 2  # drawn this much finer than asked, then averaged
_CHUNK = 512  # images drawn at once, which bounds the memory


@dataclass(frozen=True, slots=True)
class Variation:
    """How much the images of one character in one face differ."""

    scales: tuple[float, float] = (0.6, 0.95)
    """Smallest and largest font size, as a fraction of the image."""
    offset: float = 0.03
    """Standard deviation of the position, as a fraction of the image."""
    rotation: float = 0.1
    """Standard deviation of the rotation, in radians."""
    shear: float = 0.1
    """Standard deviation of the shear."""


@dataclass(frozen=True, slots=True)
class Glyphs:
    """Images of characters and the factors that they were drawn from."""

    images: Float[Tensor, "n c h w"]
    """In [-1, 1]; grey ones show white ink on black."""
    labels: Int[Tensor, " n"]
    """Index into the characters asked for."""
    faces: Int[Tensor, " n"]
    """Index into `FACES`."""
    scales: Float[Tensor, " n"]
    """Font size as a fraction of the image."""
    positions: Float[Tensor, "n 2"]
    """Middle of the ink (x, y) from the middle of the image, as a fraction of it."""
    rotations: Float[Tensor, " n"]
    """Radians, counter-clockwise as seen."""
    shears: Float[Tensor, " n"]
    """Positive leans to the right."""
    inks: Int[Tensor, " n"]
    """Colour of the character, an index into `COLOURS`."""
    papers: Int[Tensor, " n"]
    """Colour behind it, an index into `COLOURS`."""


def glyphs(
    n: int,
    /,
    *,
    generator: torch.Generator,
    characters: str = DIGITS,
    size: int = 32,
    variation: Variation = Variation(),
) -> Glyphs:
    """Draw `n` grey images, every character and face equally likely.

    Raises:
        ValueError: If a character is repeated or missing in a face, or there is none.
    """
    factors = _factors(n, len(characters), variation, generator)
    coverage = render(characters, size=size, **factors)
    white, black = torch.ones(n, dtype=torch.int64), torch.zeros(n, dtype=torch.int64)
    return Glyphs(2 * coverage - 1, **factors, inks=white, papers=black)


def coloured_glyphs(
    n: int,
    /,
    *,
    generator: torch.Generator,
    characters: str = DIGITS,
    size: int = 32,
    variation: Variation = Variation(),
) -> Glyphs:
    """Draw `n` images in two different colours of nine, every pair equally likely.

    Raises:
        ValueError: If a character is repeated or missing in a face, or there is none.
    """
    factors = _factors(n, len(characters), variation, generator)
    inks = torch.randint(len(COLOURS), (n,), generator=generator)
    other = torch.randint(1, len(COLOURS), (n,), generator=generator)
    papers = (inks + other) % len(COLOURS)
    coverage = render(characters, size=size, **factors)
    ink, paper = (PALETTE[which][:, :, None, None] for which in (inks, papers))
    images = torch.lerp(paper, ink, coverage)
    return Glyphs(images, **factors, inks=inks, papers=papers)


def render(
    characters: str,
    /,
    *,
    labels: Int[Tensor, " n"],
    faces: Int[Tensor, " n"],
    scales: Float[Tensor, " n"],
    positions: Float[Tensor, "n 2"],
    rotations: Float[Tensor, " n"],
    shears: Float[Tensor, " n"],
    size: int = 32,
) -> Float[Tensor, "n 1 {size} {size}"]:
    """Draw exactly these glyphs, as the fraction of each pixel that ink covers.

    Raises:
        ValueError: If a character is repeated or one of the faces lacks it.
    """
    cells = atlas(characters, _FINE * size)
    ticks = (torch.arange(_FINE * size) + 0.5) / (_FINE * size) - 0.5
    points = torch.cartesian_prod(ticks, ticks).flip(-1)  # (x, y), row by row
    back = torch.linalg.inv(_forward(scales, rotations, shears)) * (2 / _CANVAS)
    drawn: list[Tensor] = []
    for part in torch.arange(len(labels)).split(_CHUNK):
        ink = cells[labels[part], faces[part]].float().unsqueeze(1) / 255
        where = (points - positions[part, None]) @ back[part].mT
        where = where.unflatten(1, (_FINE * size, _FINE * size))
        fine = grid_sample(ink, where, align_corners=False)
        drawn.append(avg_pool2d(fine, _FINE))
    return torch.cat(drawn) if drawn else torch.empty(0, 1, size, size)


@lru_cache(maxsize=8)
def atlas(characters: str, em: int, /) -> UInt8[Tensor, "character face h w"]:
    """Draw every character in every face, `em` pixels large, ink in the middle.

    Raises:
        ValueError: If a character is repeated or one of the faces lacks it.
    """
    if len(set(characters)) < len(characters):
        raise ValueError(f"characters {characters!r} must all be different")
    fonts = [ImageFont.truetype(path, em) for path in face_files()]
    blank = [_ink(font, "\uffff").tobytes() for font in fonts]  # what a face lacks
    cells: list[np.ndarray] = []
    for character in characters:
        for name, font, missing in zip(FACES, fonts, blank, strict=True):
            ink = _ink(font, character)
            if not ink.any() or ink.tobytes() == missing:
                raise ValueError(
                    f"the face {name} cannot draw {character!r}; "
                    "use digits and letters without accents"
                )
            cells.append(ink)
    stacked = torch.from_numpy(np.stack(cells))
    return stacked.unflatten(0, (len(characters), len(fonts)))


def face_files() -> list[Path]:
    """Return the font files of `FACES`, in order."""
    folder = Path(mpl.get_data_path()) / "fonts" / "ttf"
    return [folder / f"{face}.ttf" for face in FACES]


def _ink(font: ImageFont.FreeTypeFont, character: str) -> np.ndarray:
    side = round(_CANVAS * font.size)
    canvas = Image.new("L", (side, side))
    left, top, right, bottom = font.getbbox(character)
    corner = ((side - left - right) / 2, (side - top - bottom) / 2)
    ImageDraw.Draw(canvas).text(corner, character, fill=255, font=font)
    return np.asarray(canvas)


def _factors(
    n: int, classes: int, variation: Variation, generator: torch.Generator
) -> dict[str, Tensor]:
    if not classes:
        raise ValueError("there are no characters to draw; give one or more")
    low, high = variation.scales
    return {
        "labels": torch.randint(classes, (n,), generator=generator),
        "faces": torch.randint(len(FACES), (n,), generator=generator),
        "scales": low + (high - low) * torch.rand(n, generator=generator),
        "positions": variation.offset * torch.randn(n, 2, generator=generator),
        "rotations": variation.rotation * torch.randn(n, generator=generator),
        "shears": variation.shear * torch.randn(n, generator=generator),
    }


def _forward(
    scales: Float[Tensor, " n"],
    rotations: Float[Tensor, " n"],
    shears: Float[Tensor, " n"],
) -> Float[Tensor, "n 2 2"]:
    """Return `scale * R @ S`; y points down, hence the signs."""
    cos, sin, one = rotations.cos(), rotations.sin(), torch.ones_like(shears)
    rotate = torch.stack([cos, sin, -sin, cos], dim=-1).unflatten(-1, (2, 2))
    lean = torch.stack([one, -shears, 0 * one, one], dim=-1).unflatten(-1, (2, 2))
    return scales[:, None, None] * rotate @ lean
