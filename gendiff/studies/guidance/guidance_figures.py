"""The figures of guidance: digits in rows, and what a scale buys and costs."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter
from numpy.typing import NDArray
from torch import Tensor

from gendiff.drawing import (
    BLUE,
    GREEN,
    INK,
    ORANGE,
    PINK,
    SKY,
    image_grid,
    label_lines,
    montage,
)
from gendiff.studies.digits import SIDE
from gendiff.studies.guidance.trade import Trade

Place = tuple[float, float, float]
"""Adherence, distance and recall of a set of samples."""


def sheet(
    images: Float[Tensor, "n 1 h w"], /, *, columns: int = 10
) -> NDArray[np.uint8]:
    """Return images as one sheet of grey bytes."""
    grid = montage(images.clamp(-1, 1).numpy(), columns=columns)
    return ((grid + 1) * 127.5).round().astype(np.uint8)


def coloured_sheet(
    images: Float[Tensor, "n 3 h w"], /, *, columns: int
) -> NDArray[np.float64]:
    """Return colour images as one sheet with values from 0 to 1."""
    grid = montage(images.clamp(-1, 1).numpy(), columns=columns)
    return (grid + 1) / 2


def curves(found: Mapping[str, Mapping[float, Place]], /, *, numbered: str) -> Figure:
    """Return distance and recall against adherence, a line for every kind of guide.

    Args:
        found: Where each guide gets to, by its scale.
        numbered: The guide whose scales are written beside its points.
    """
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.4, 3.1))
    for k, (name, places) in enumerate(found.items()):
        colour = (BLUE, ORANGE, GREEN, PINK)[k]
        points = np.array([*places.values()])
        left.plot(points[:, 0], points[:, 1], "o-", color=colour)
        right.plot(points[:, 0], points[:, 2], "o-", color=colour)
        _say(right, 0.04, 0.33 - 0.085 * k, name, colour)
    for scale, (adherence, distance, _) in found[numbered].items():
        left.annotate(
            f"{scale:g}",
            (adherence, distance),
            xytext=(-4, 5),
            textcoords="offset points",
            fontsize=8,
            color=BLUE,
            ha="right",
        )
    left.set(xlabel="adherence", yscale="log")
    _title(left, "distance of the classes")
    right.set(xlabel="adherence", ylim=(0, 1))
    _title(right, "recall")
    _ticks(left, (0.5, 1, 2))
    return fig


def named_rows(rows: Mapping[str, Float[Tensor, "n 1 h w"]], /) -> Figure:
    """Return rows of twenty digits, each with its name on the left."""
    fig, axes = plt.subplots(len(rows), 1, figsize=(6.4, 1.9), squeeze=False)
    for ax, (name, x) in zip(axes[:, 0], rows.items(), strict=True):
        image_grid(ax, x.numpy(), columns=20, low=-1.0, high=1.0)
        ax.text(-4, SIDE / 2, name, ha="right", va="center", fontsize=9)
    return fig


def coloured_rows(rows: Mapping[str, Float[Tensor, "n 3 h w"]], /) -> Figure:
    """Return rows of coloured digits, each under its name."""
    fig, axes = plt.subplots(len(rows), 1, figsize=(6.4, 2.6), squeeze=False)
    for ax, (name, x) in zip(axes[:, 0], rows.items(), strict=True):
        _coloured(ax, x, len(x))
        ax.set_title(name, fontsize=8, fontweight="normal", pad=2)
    return fig


def prompts(
    found: Mapping[str, Mapping[float, Float[Tensor, "n 3 h w"]]],
    /,
    *,
    columns: int = 9,
) -> Figure:
    """Return samples for captions, a row each, at one scale beside the other."""
    scales = len(next(iter(found.values())))
    fig, axes = plt.subplots(len(found), scales, figsize=(6.4, 2.2), squeeze=False)
    for row, (words, samples) in zip(axes, found.items(), strict=True):
        for ax, (scale, x) in zip(row, samples.items(), strict=True):
            _coloured(ax, x, columns)
            _title(ax, f"{words}, γ = {scale:g}")
    return fig


def truncation(
    rows: Mapping[str, Float[Tensor, "10 1 h w"]],
    trades: Mapping[str, Sequence[Trade]],
    /,
) -> Figure:
    """Return digits at some settings of two knobs, and what both trade for what."""
    fig, (strip, ax) = plt.subplots(1, 2, figsize=(6.4, 2.8), width_ratios=(1.5, 1))
    digits = np.concatenate([x.numpy() for x in rows.values()])
    image_grid(strip, digits, columns=10, low=-1.0, high=1.0)
    for k, name in enumerate(rows):
        middle = (SIDE + 2) * k + SIDE / 2
        strip.text(-4, middle, name, ha="right", va="center", fontsize=9)
    for k, (name, found) in enumerate(trades.items()):
        colour = (ORANGE, BLUE)[k]
        recalls, precisions = zip(
            *((t.recall, t.precision) for t in found), strict=True
        )
        ax.plot(recalls, precisions, "o-", color=colour)
        _say(ax, 0.97, 0.95 - 0.09 * k, name, colour, ha="right")
    ax.set(xlabel="recall", xlim=(-0.03, 1), ylim=(0, None))
    ax.margins(y=0.25)
    _title(ax, "precision")
    return fig


def by_size(
    distances: Mapping[str, Mapping[float, float]],
    weights: Mapping[str, int],
    /,
    *,
    plain: float,
) -> Figure:
    """Return distance against scale, a line for every network.

    Args:
        distances: The distance at each scale, by the name of the network.
        weights: How many weights each network has.
        plain: The distance to beat, drawn as a dotted line.
    """
    fig, ax = plt.subplots(figsize=(4.6, 2.8))
    for k, (name, found) in enumerate(distances.items()):
        label, colour = f"{weights[name]:,} weights", (SKY, ORANGE, BLUE)[k]
        ax.plot([*found], [*found.values()], "o-", color=colour, label=label)
    lines = ax.get_lines()[:]
    ax.axhline(plain, color=INK, linewidth=1, linestyle=":")
    ax.set(xlabel="guidance scale γ", yscale="log")
    _ticks(ax, (0.5, 1, 2, 4))
    _title(ax, "distance of the classes")
    label_lines(ax, lines, gap=0.1)
    return fig


def _coloured(ax: Axes, images: Float[Tensor, "n 3 h w"], columns: int) -> None:
    ax.imshow(coloured_sheet(images, columns=columns), interpolation="nearest")
    ax.set_axis_off()


def _say(
    ax: Axes, x: float, y: float, words: str, colour: str, *, ha: str = "left"
) -> None:
    ax.text(x, y, words, color=colour, fontsize=9, ha=ha, transform=ax.transAxes)


def _title(ax: Axes, words: str) -> None:
    ax.set_title(words, fontsize=9, fontweight="normal")


def _ticks(ax: Axes, values: Sequence[float]) -> None:
    ax.set_yticks(values, [f"{value:g}" for value in values])
    ax.yaxis.set_minor_formatter(NullFormatter())
