"""Figures of letters that a diffusion model writes."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure
from numpy.typing import NDArray
from torch import Tensor

from gendiff.drawing import BLUE, GREEN, ORANGE, image_grid, label_lines, montage

Letters = Float[Tensor, "n 1 h w"]


def sheet(letters: Letters, /, *, columns: int) -> NDArray[np.uint8]:
    """Set letters in lines and return grey bytes."""
    shown = letters.clamp(-1, 1)[:, 0]
    grey = 127.5 * (montage(shown, columns=columns, padding=0) + 1)
    return grey.astype(np.uint8)


def stacked(above: Letters, below: Letters, /, *, columns: int) -> NDArray[np.uint8]:
    """Return two sheets with a white bar between them."""
    top, bottom = (sheet(letters, columns=columns) for letters in (above, below))
    return np.vstack([top, np.full((6, top.shape[1]), 255, np.uint8), bottom])


def guesses(
    told: Sequence[Letters], untold: Sequence[Letters], levels: Sequence[float], /
) -> Figure:
    """Return guesses of a word by noise level, with those of a letter not told."""
    fig, axes = plt.subplots(
        *(len(levels), 2), figsize=(6.8, 4.6), width_ratios=(9.5, 1), squeeze=False
    )
    for (given, blank), word, letter, sigma in zip(
        axes, told, untold, levels, strict=True
    ):
        image_grid(given, word.clamp(-1, 1), columns=len(word), low=-1.0, high=1.0)
        image_grid(blank, letter.clamp(-1, 1), columns=1, low=-1.0, high=1.0)
        given.text(-6, 16, f"σ = {sigma:.3g}", ha="right", va="center", fontsize=9)
    axes[0, 0].set_title("told which letter")
    axes[0, 1].set_title("not told")
    return fig


def targets(
    levels: NDArray[np.float64], relative: Mapping[str, NDArray[np.float64]], /
) -> Figure:
    """Return errors relative to the best of several prediction targets."""
    fig, ax = plt.subplots(figsize=(6.4, 2.8))
    for (name, curve), colour in zip(
        relative.items(), (BLUE, ORANGE, GREEN), strict=True
    ):
        ax.plot(levels, curve, "o-", color=colour, label=name)
    ax.set(xscale="log", yscale="log", xlabel="noise level")
    ax.set_ylabel("error of the clean signal, best = 1")
    ax.set_yticks([1, 2, 4, 8], ["1", "2", "4", "8"])
    ax.minorticks_off()
    label_lines(ax)
    return fig
