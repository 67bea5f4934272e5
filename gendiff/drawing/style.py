"""One visual style for every figure of the book.

Figures are opaque white cards that read the same in light and dark pages. The colours
stay apart for colour-blind readers, and each is dark enough (4.5 to 1 on white) to
write a label in. Lines are labelled where they end, with `label_lines`, rather than in
a box that the eye must visit.
"""

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

BLUE, ORANGE, GREEN, PINK, BROWN, SKY, INK = (
    "#0a2f9c",
    "#c75000",
    "#088457",
    "#b52b99",
    "#5c2a00",
    "#1f6bff",
    "#333333",
)
COLOURS = (BLUE, ORANGE, GREEN, PINK, BROWN, SKY, INK)
"""The order in which lines take their colours."""

SIZE = (6.4, 3.6)
"""Inches at 100 dots: the width of the page's text."""
WIDE = (6.4, 2.4)
SQUARE = (4.2, 4.2)
DPI = 100
SHARP = 2
"""Figures are stored at this multiple of the dots they are shown at."""

RC: dict[Any, Any] = {
    "axes.axisbelow": True,
    "axes.edgecolor": INK,
    "axes.facecolor": "white",
    "axes.grid": True,
    "axes.labelcolor": INK,
    "axes.labelsize": 10,
    "axes.prop_cycle": cycler(color=COLOURS),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "figure.constrained_layout.use": True,
    "figure.dpi": DPI,
    "figure.facecolor": "white",
    "figure.figsize": SIZE,
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "grid.color": "#e3e3e3",
    "grid.linewidth": 0.8,
    "image.cmap": "gray",
    "image.interpolation": "nearest",
    "legend.frameon": False,
    "legend.fontsize": 9,
    "lines.linewidth": 1.8,
    "lines.markersize": 4.5,
    "mathtext.fontset": "dejavusans",
    "savefig.facecolor": "white",
    "text.color": INK,
    "xtick.color": INK,
    "xtick.labelsize": 9,
    "ytick.color": INK,
    "ytick.labelsize": 9,
}


def apply() -> None:
    """Make this the style of all figures drawn from here on."""
    mpl.rcParams.update(RC)


def label_lines(
    ax: Axes, lines: Sequence[Line2D] | None = None, *, gap: float = 0.06
) -> None:
    """Write each line's label at its right end, in its colour.

    Labels that would overlap are pushed apart to `gap` of the axes' height. Call it
    last: what changes the limits afterwards moves lines and not labels.
    """
    ax.get_ylim()  # limits are found when they are first asked for
    chosen = ax.get_lines() if lines is None else lines
    ends: list[tuple[float, Line2D]] = []
    for line in chosen:
        label = str(line.get_label())
        points = np.asarray(line.get_xydata(), dtype=float)
        points = points[np.isfinite(points).all(axis=1)]
        if not label.startswith("_") and len(points):
            _, height = ax.transAxes.inverted().transform(
                ax.transData.transform(points[-1])
            )
            ends.append((float(np.clip(height, 0, 1)), line))
    ends.sort(key=lambda end: end[0])
    heights = spread([height for height, _ in ends], gap)
    for height, (_, line) in zip(heights, ends, strict=True):
        ax.text(
            1.015,
            height,
            str(line.get_label()),
            color=line.get_color(),
            transform=ax.transAxes,
            va="center",
            fontsize=9,
        )


def spread(heights: Sequence[float], gap: float) -> list[float]:
    """Return sorted heights moved as little as need be to stand `gap` apart.

    >>> spread([0.5, 0.5, 0.9], 0.1)
    [0.45, 0.55, 0.9]
    """
    groups: list[list[float]] = [[height] for height in heights]
    places = list(heights)
    merged = True
    while merged:
        merged = False
        for i in range(len(groups) - 1):
            low, high = groups[i], groups[i + 1]
            reach = (len(low) + len(high)) / 2 * gap
            if places[i + 1] - places[i] < reach - 1e-12:
                both = low + high
                groups[i : i + 2] = [both]
                places[i : i + 2] = [sum(both) / len(both)]
                merged = True
                break
    return [
        round(place + (k - (len(group) - 1) / 2) * gap, 12)
        for place, group in zip(places, groups, strict=True)
        for k in range(len(group))
    ]
