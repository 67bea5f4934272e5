"""Figures of typical sets: digits, tiles of surfaces, a hole in a lawn."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import torch
from jaxtyping import Bool, Float, UInt8
from matplotlib.figure import Figure
from torch import Tensor

from gendiff.drawing import image_grid, montage
from gendiff.studies.large_digits import PAPER, pictures

Pixels = Float[Tensor, " d"]


def rivals(samples: Mapping[str, Float[Tensor, "n d"]], /, *, most: int = 14) -> Figure:
    """Draw a row of digits of each model, under its title."""
    fig, axes = plt.subplots(len(samples), 1, figsize=(6.4, 3.3))
    for ax, (title, z) in zip(axes, samples.items(), strict=True):
        image_grid(ax, pictures(z[:most]), columns=most, low=0.0, high=PAPER)
        ax.set_title(title, fontsize=9, fontweight="normal")
    return fig


def tiles(
    z: Float[Tensor, "n s s"], titles: Sequence[str], notes: Sequence[str], /
) -> Figure:
    """Draw three tiles under their titles, with a note below each."""
    fig, axes = plt.subplots(1, 3, figsize=(6.4, 2.9))
    for ax, tile, title, note in zip(axes, z, titles, notes, strict=True):
        image_grid(ax, tile[None], low=-2.5, high=2.5, title=title)
        where = {"transform": ax.transAxes, "ha": "center", "va": "top"}
        ax.text(0.5, -0.04, note, fontsize=8, **where)
    return fig


def climb(
    film: Sequence[Float[Tensor, "n d"]], rows: Sequence[Sequence[int]], /
) -> list[UInt8[np.ndarray, "h w"]]:
    """Return a frame for each step: climbers of some summits, a row for each."""
    shown = [climber for row in rows for climber in row]
    frames: list[UInt8[np.ndarray, "h w"]] = []
    for z in film:
        columns = len(rows[0])
        sheet = montage(pictures(z[shown]), columns=columns, padding=4, paper=PAPER)
        sheet = np.pad(sheet, 3, constant_values=PAPER)
        frames.append((np.clip(sheet / PAPER, 0, 1) * 255).astype(np.uint8))
    return frames


def fillings(
    tile: Pixels, missing: Bool[Tensor, " d"], likeliest: Pixels, sample: Pixels, /
) -> Figure:
    """Draw a tile with a hole, with the hole filled twice, and as it was."""
    side = round(len(tile) ** 0.5)
    fig, axes = plt.subplots(1, 4, figsize=(6.4, 1.9))
    for ax, fill, title in zip(
        axes,
        (torch.full_like(likeliest, 2.5), likeliest, sample, tile[missing]),
        ("the hole", "the likeliest", "a sample", "what was there"),
        strict=True,
    ):
        z = tile.masked_scatter(missing, fill).reshape(1, side, side)
        image_grid(ax, z, low=-2.5, high=2.5, title=title)
    return fig
