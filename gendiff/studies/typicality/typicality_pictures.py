"""Figures of typical sets: digits, tiles of surfaces, a hole in a lawn."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import torch
from jaxtyping import Bool, Float, UInt8
from torch import Tensor

from gendiff.drawing import image_grid, montage
from gendiff.studies.drawn import Drawn
from gendiff.studies.typicality.large_digits import PAPER, pictures
from gendiff.studies.typicality.lawn import Usual
from gendiff.studies.typicality.textures import distances

Pixels = Float[Tensor, " d"]


def rivals(
    samples: Mapping[str, Float[Tensor, "n d"]], lost: Mapping[str, float], /
) -> Drawn:
    """Draw a row of digits of each model, under the nats that it loses."""
    fig, axes = plt.subplots(len(samples), 1, figsize=(6.4, 3.3))
    for ax, (name, z) in zip(axes, samples.items(), strict=True):
        image_grid(ax, pictures(z[:14]), columns=14, low=0.0, high=PAPER)
        title = f"{name}: {lost[name]:.3f} nats lost per dimension"
        ax.set_title(title, fontsize=9, fontweight="normal")
    return fig, (
        "Fourteen samples of four models of handwritten digits: the distribution "
        "itself, a mixture of which 99 % is noise, the distribution at half its width, "
        "and stored examples. All show digits but the second, which shows noise and "
        f"yet loses only {lost['99 % noise']:.3f} nats per dimension, against "
        f"{lost['half as wide']:.2f} for the third."
    )


def tiles(
    z: Float[Tensor, "n s s"], statistics: Float[Tensor, "n bands"],
    trio: Sequence[int], names: Sequence[str], /,
) -> Drawn:  # fmt: skip
    """Draw a tile, the closest by pixels, and the closest by statistics.

    Args:
        z: All tiles.
        statistics: Those of all tiles.
        trio: Which three.
        names: Their surfaces.
    """
    fig, axes = plt.subplots(1, 3, figsize=(6.4, 2.9))
    words = ("a tile", "closest by pixels", "closest by statistics")
    pixels, powers = (distances(x)[trio[0], list(trio)] for x in (z, statistics))
    for i, (ax, k) in enumerate(zip(axes, trio, strict=True)):
        title = f"{words[i]}: {names[i]}"
        image_grid(ax, z[k][None], low=-2.5, high=2.5, title=title)
        if i:
            note = f"pixels {pixels[i]:.2f}, statistics {powers[i]:.2f}"
            text = ax.text(0.5, -0.04, note, fontsize=8, transform=ax.transAxes)
            text.set(ha="center", va="top")
    return fig, (
        f"Three tiles: {names[0]}; the closest tile by pixels, which is {names[1]}, at "
        f"{pixels[1]:.2f}; and the closest by statistics, which is {names[2]}, at a "
        f"pixel distance of {pixels[2]:.2f}. The statistics of the first differ by "
        f"{powers[1]:.2f} and {powers[2]:.2f}."
    )


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
    tile: Pixels, missing: Bool[Tensor, " d"], likeliest: Pixels, sample: Pixels,
    usual: Usual, /,
) -> Drawn:  # fmt: skip
    """Draw a tile with a hole, with the hole filled twice, and as it was."""
    far = usual.distance(torch.stack([likeliest, tile[missing]]))
    of_mode, of_photograph = far.tolist()
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
    return fig, (
        "A tile of grass with a square hole; the hole filled with its most likely "
        "content, a smooth grey smear; filled with a sample, as rough as grass but "
        "without blades; and the photograph. The statistics of the likeliest lie "
        f"{of_mode:.0f} deviations from those of samples, the photograph's "
        f"{of_photograph:.1f}."
    )
