"""Animations and sliders over frames that were computed beforehand.

All frames stand in one sprite sheet inside the page, so the player asks nobody for
anything, works from a file, and shows a still frame where scripts are off. It plays
once when it comes into view, unless the reader prefers less motion, and never out of
sight; a native range slider brings dragging and the arrow keys.
"""

import base64
import hashlib
import io
import json
import math
from collections.abc import Sequence
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image

from gendiff.book import figures, show
from gendiff.book.evidence import Record
from gendiff.drawing import style

BUDGET = 800_000
"""Bytes of a sprite sheet that a page can bear."""
LOSSLESS = 250_000
"""Sheets above this may lose detail that the eye does not see."""
GUTTER = 2
"""Pixels of its own edge around each frame: no neighbour bleeds in when scaled."""

Pixels = NDArray[np.uint8]


def animation(
    frames: Sequence[Any],
    /,
    *,
    labels: Sequence[str],
    alt: str,
    caption: str,
    name: str,
    seconds: float = 6.0,
    autoplay: bool = True,
    zoom: int | None = None,
    poster: int | None = None,
    ids: Sequence[str] = (),
) -> None:
    """Show frames as a player with a button, a slider and a label for each frame.

    Frames are uint8 arrays `(h, w)` or `(h, w, 3)`, PIL images, or matplotlib figures
    (which are rendered and closed). Small images are magnified `zoom` times, by default
    to about 320 pixels. The frame that shows first, and where scripts are off, is the
    last one, or the one that `poster` counts from 0.

    Raises:
        ValueError: If frames and labels do not match, sizes differ, the sheet is too
            large, there is no such poster, or the words will not do.
    """
    figures.described(name, alt, caption)
    figures.known(ids)
    if len(frames) < 2 or len(frames) != len(labels):
        raise ValueError(
            f"{name}: {len(frames)} frames and {len(labels)} labels; give at least two "
            "frames and one label for each"
        )
    if not seconds > 0:
        raise ValueError(f"{name}: seconds={seconds}; one pass takes a positive time")
    still = len(frames) - 1 if poster is None else poster
    if not 0 <= still < len(frames):
        raise ValueError(f"{name}: poster={poster}; count a frame from 0")
    stack = [pixels(frame) for frame in frames]
    sizes = {frame.shape for frame in stack}
    if len(sizes) > 1:
        raise ValueError(
            f"{name}: frames differ in size, {sorted(sizes)}; make them equal"
        )
    height, width = stack[0].shape[:2]
    drawn = any(isinstance(frame, Figure) for frame in frames)
    zoom = zoom or (1 if drawn else max(1, round(320 / width)))
    sheet, columns, lines = sprite(stack)
    code, mime = compressed(sheet)
    if len(code) > BUDGET:
        raise ValueError(
            f"{name}: the frames take {len(code):,} bytes of at most {BUDGET:,}; use "
            "fewer frames, smaller ones (the zoom is free), or fewer colours"
        )
    film = {
        "autoplay": autoplay,
        "labels": list(labels),
        "milliseconds": round(1000 * seconds / len(frames)),
        "places": places(columns, lines, len(frames), width, height),
        "poster": still,
    }
    page = _page(
        film,
        alt,
        caption,
        name,
        image=f"data:{mime};base64,{base64.b64encode(code).decode()}",
        size=(width, height),
        grid=(columns, lines),
        shown=round(width * zoom / (style.SHARP if drawn else 1)),
        crisp=zoom > 2,
    )
    record: Record = {
        "kind": "figure",
        "id": name,
        "name": name,
        "ids": list(ids),
        "alt": alt,
        "caption": caption,
        "frames": len(frames),
        "data": _hash(stack, labels),
        "anchor": name,
    }
    show.publish({"text/html": page, "text/plain": f"{name}: {alt}"}, record)


def pixels(frame: Any, /) -> Pixels:  # noqa: ANN401
    """Return a frame as RGB bytes.

    Raises:
        ValueError: If it is neither a picture nor a figure.
    """
    if isinstance(frame, Figure):
        png, _, _ = figures.render(frame)
        plt.close(frame)
        frame = Image.open(io.BytesIO(png))
    if isinstance(frame, Image.Image):
        return np.asarray(frame.convert("RGB"), dtype=np.uint8)
    array = np.asarray(frame)
    if (
        array.dtype != np.uint8
        or array.ndim not in (2, 3)
        or array.shape[2:] not in ((), (3,))
    ):
        raise ValueError(
            f"a frame of type {array.dtype} and shape {array.shape}; give uint8 (h, w) "
            "or (h, w, 3), a PIL image or a figure"
        )
    return np.repeat(array[..., None], 3, axis=2) if array.ndim == 2 else array


def sprite(frames: Sequence[Pixels], /) -> tuple[Pixels, int, int]:
    """Return all frames on one sheet, with its columns and lines."""
    height, width = (size + 2 * GUTTER for size in frames[0].shape[:2])
    columns = max(1, min(len(frames), round(math.sqrt(len(frames) * height / width))))
    lines = -(-len(frames) // columns)
    sheet = np.full((lines * height, columns * width, 3), 255, dtype=np.uint8)
    for k, frame in enumerate(frames):
        top, left = k // columns * height, k % columns * width
        edge = ((GUTTER, GUTTER), (GUTTER, GUTTER), (0, 0))
        sheet[top : top + height, left : left + width] = np.pad(
            frame, edge, mode="edge"
        )
    return sheet, columns, lines


def compressed(sheet: Pixels, /) -> tuple[bytes, str]:
    """Return the smallest faithful encoding of a sheet, and its MIME type."""
    image = Image.fromarray(sheet)
    png, webp, lossy = io.BytesIO(), io.BytesIO(), io.BytesIO()
    image.save(png, format="png", optimize=True)
    encodings = [(png.getvalue(), "image/png")]
    if max(image.size) < 16_384:  # WebP knows no larger pictures
        image.save(webp, format="webp", lossless=True, quality=80, method=4)
        encodings.append((webp.getvalue(), "image/webp"))
        if min(len(code) for code, _ in encodings) > LOSSLESS:
            image.save(lossy, format="webp", quality=82, method=4)
            encodings.append((lossy.getvalue(), "image/webp"))
    return min(encodings, key=lambda encoding: len(encoding[0]))


def places(columns: int, lines: int, n: int, width: int, height: int, /) -> list[str]:
    """Return the background position, in per cent, at which each frame shows.

    A percentage p puts the point p of the sheet over the point p of the stage, so the
    offset `o` of a frame is `o / (sheet - stage)`.
    """
    wide, tall = width + 2 * GUTTER, height + 2 * GUTTER
    return [
        f"{_percent(k % columns * wide + GUTTER, columns * wide - width)} "
        f"{_percent(k // columns * tall + GUTTER, lines * tall - height)}"
        for k in range(n)
    ]


def _percent(offset: int, room: int) -> str:
    return f"{100 * offset / room:.6g}%"


def _hash(frames: Sequence[Pixels], labels: Sequence[str]) -> str:
    digest = hashlib.sha256("\n".join(labels).encode())
    for frame in frames:
        digest.update(frame.tobytes())
    return digest.hexdigest()[:16]


@cache
def asset(name: str, /) -> str:
    """Return a file that ships beside this module."""
    return files("gendiff.book").joinpath(name).read_text("utf-8")


def _page(
    film: dict[str, Any],
    alt: str,
    caption: str,
    name: str,
    *,
    image: str,
    size: tuple[int, int],
    grid: tuple[int, int],
    shown: int,
    crisp: bool,
) -> str:
    (width, height), (columns, lines) = size, grid
    across = 100 * columns * (width + 2 * GUTTER) / width
    down = 100 * lines * (height + 2 * GUTTER) / height
    look = (
        f"width:{shown}px;aspect-ratio:{width}/{height};"
        f"background-size:{across:.6g}% {down:.6g}%;"
        f"background-position:{film['places'][film['poster']]};"
        + ("image-rendering:pixelated;" if crisp else "")
        + f"background-image:url({image})"
    )
    last, poster = len(film["labels"]) - 1, film["poster"]
    return (
        f"<style>{asset('player.css')}</style>"
        f'<figure class="gd-player" id="{escape(name)}" '
        f'data-film="{escape(json.dumps(film, ensure_ascii=False))}">'
        f'<div class="gd-stage" role="img" aria-label="{escape(alt)}" style="{look}">'
        '</div><div class="gd-controls" hidden>'
        '<button type="button" aria-label="Play"></button>'
        f'<input type="range" min="0" max="{last}" value="{poster}" '
        f'aria-label="Frame of {escape(name)}">'
        f'<output aria-live="off">{escape(film["labels"][poster])}</output></div>'
        '<figcaption class="tex2jax_process mathjax_process">'
        f"{show.markup(caption)}</figcaption></figure>"
        f"<script>{asset('player.js')}</script>"
    )
