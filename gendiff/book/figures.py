"""Figures: a picture, what it says in words, and a fingerprint of what it plots.

A figure comes with alternative text, computed from the run where it holds numbers, a
caption that says what to see, and a name to refer to. Pictures do not compare (fonts
and versions move pixels), so the record carries a hash of the *data* in the figure:
every line, bar, scatter, image and text, rounded to six significant digits.
"""

import hashlib
import io
import re
from collections.abc import Iterator, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.collections import Collection
from matplotlib.figure import Figure, FigureBase
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.spines import Spine
from matplotlib.text import Text
from numpy.typing import NDArray
from PIL import Image

from gendiff.book import ledger, show
from gendiff.book.evidence import Record
from gendiff.book.rows import Figure as Row
from gendiff.drawing import style

BUDGET = 120_000
"""Bytes of a PNG above which a palette of 256 colours is tried."""
SMALLEST = 1e-300
"""Below it a number is zero to the eye, and what would scale it is no float."""
SHORTEST = 20
"""An alternative text below this many characters describes nothing."""


def described(name: str, alt: str, caption: str, /) -> None:
    """Check the words that come with a picture.

    Raises:
        ValueError: If the name is no `fig-...`, the alternative text is missing, short
            or the caption again, or the caption is missing.
    """
    if not re.fullmatch(r"fig(-[a-z0-9]+)+", name):
        raise ValueError(
            f"figure name {name!r}: write 'fig-' and words of a-z and 0-9 joined by '-'"
        )
    if not caption.strip():
        raise ValueError(
            f"{name} has no caption; say in a sentence what there is to see"
        )
    if len(alt.strip()) < SHORTEST:
        raise ValueError(
            f"{name} has the alternative text {alt!r}; describe the picture in "
            f"at least {SHORTEST} characters to a reader who cannot see it"
        )
    if alt.strip() == caption.strip():
        raise ValueError(
            f"{name}: the alternative text repeats the caption; the caption says what "
            "to see in the picture, the alternative text what the picture shows"
        )


def figure(
    fig: Figure, /, *, alt: str, caption: str, name: str, ids: Sequence[str] = ()
) -> None:
    """Show `fig` with its record, and close it.

    Raises:
        ValueError: If name, caption or alternative text will not do, or an id is
            unknown.
    """
    described(name, alt, caption)
    known(ids)
    png, width, height = render(fig)
    record: Record = {
        "kind": "figure",
        "id": name,
        "name": name,
        "ids": list(ids),
        "alt": alt,
        "caption": caption,
        "width": width,
        "data": fingerprint(fig),
        "anchor": name,
    }
    plt.close(fig)
    show.publish(
        {"image/png": png, "text/plain": f"{name}: {alt}"},
        record,
        **{"image/png": {"alt": alt, "width": width, "height": height}},
    )
    show.aside(
        '<p class="gd-caption tex2jax_process mathjax_process">'
        f"{show.markup(caption)}</p>",
        name,
    )


def known(ids: Sequence[str], /) -> None:
    """Check that every id is a figure of the ledger."""
    for name in ids:
        ledger.find(name, Row)


def render(fig: Figure, /) -> tuple[bytes, int, int]:
    """Return the figure as PNG, and the width and height at which it is shown."""
    buffer = io.BytesIO()
    fig.savefig(
        buffer, format="png", dpi=style.DPI * style.SHARP, metadata={"Software": None}
    )
    png = buffer.getvalue()
    with Image.open(io.BytesIO(png)) as image:
        width, height = image.size
        if len(png) > BUDGET:
            smaller = io.BytesIO()
            few = image.convert("RGB").quantize(256, method=Image.Quantize.MEDIANCUT)
            few.save(smaller, format="png", optimize=True)
            png = min(png, smaller.getvalue(), key=len)
    return png, round(width / style.SHARP), round(height / style.SHARP)


def fingerprint(fig: FigureBase, /) -> str:
    """Return a hash of everything that the figure plots or says."""
    digest = hashlib.sha256()
    for artist in artists(fig):
        digest.update(type(artist).__name__.encode())
        for part in data(artist):
            digest.update(
                part.encode() if isinstance(part, str) else _rounded(part).tobytes()
            )
    return digest.hexdigest()[:16]


def artists(parent: Artist, /) -> Iterator[Artist]:
    """Yield what is drawn under `parent`, without the furniture that draws itself."""
    for child in parent.get_children():
        if isinstance(child, Axis):
            yield child.label
        elif not isinstance(child, Spine):
            yield child
            yield from artists(child)


def data(artist: Artist, /) -> Iterator[str | NDArray[Any]]:
    """Yield the numbers and words that an artist shows."""
    match artist:
        case Axes():
            yield np.array([*artist.get_xlim(), *artist.get_ylim()])
            yield f"{artist.get_xscale()} {artist.get_yscale()}"
        case Line2D():
            yield np.asarray(artist.get_xydata(), dtype=float)
        case AxesImage():
            yield _filled(artist.get_array())
            yield np.array(artist.get_extent())
        case Collection():
            yield np.ma.filled(artist.get_offsets(), np.nan)
            for path in artist.get_paths():
                yield np.asarray(path.vertices, dtype=float)
            if artist.get_array() is not None:
                yield _filled(artist.get_array())
        case Patch():
            path = artist.get_path()
            vertices = np.asarray(path.vertices, dtype=float)
            yield artist.get_patch_transform().transform(vertices)
        case Text():
            yield artist.get_text()
        case _:
            pass


def _filled(values: Any) -> NDArray[Any]:  # noqa: ANN401
    return np.ma.filled(np.ma.asarray(values, dtype=float), np.nan)


def _rounded(values: NDArray[Any]) -> NDArray[np.float64]:
    """Round to six significant digits, element by element."""
    values = np.asarray(values, dtype=np.float64)
    values = np.where(np.abs(values) < SMALLEST, 0.0, values)
    ok = np.isfinite(values) & (values != 0)
    scale = np.ones_like(values)
    np.power(
        10.0,
        5 - np.floor(np.log10(np.abs(values, where=ok, out=scale.copy()))),
        where=ok,
        out=scale,
    )
    rounded = np.where(ok, np.round(values * scale) / scale, values)
    return rounded + 0.0  # turns -0.0 into 0.0
