"""Figures of letters that a diffusion model writes."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from gendiff.drawing import BLUE, GREEN, ORANGE, image_grid, label_lines, montage
from gendiff.record import Trajectory
from gendiff.studies.drawn import Drawn

Letters = Float[Tensor, "n 1 h w"]
Frames = list[NDArray[np.uint8]]


def sheet(letters: Letters, /, *, columns: int) -> NDArray[np.uint8]:
    """Set letters in lines and return grey bytes."""
    shown = letters.clamp(-1, 1)[:, 0]
    grey = 127.5 * (montage(shown, columns=columns, padding=0) + 1)
    return grey.astype(np.uint8)


def stacked(above: Letters, below: Letters, /, *, columns: int) -> NDArray[np.uint8]:
    """Return two sheets with a white bar between them."""
    top, bottom = (sheet(letters, columns=columns) for letters in (above, below))
    return np.vstack([top, np.full((6, top.shape[1]), 255, np.uint8), bottom])


def emerging(film: Trajectory, mean: float, /, *, columns: int) -> tuple[Frames, str]:
    """Return the states of a sampler above its guesses, a frame a step.

    States are shown in the range of the letters: divided by the noise level above 1.
    """
    frames = [
        stacked(x / max(float(s), 1.0) + mean, guess + mean, columns=columns)
        for x, guess, s in zip(film.x, film.denoised, film.levels, strict=True)
    ]
    return frames, (
        "Eighteen images of letters emerging from noise, twice the word "
        "DIFFUSION. Above, the noisy state; below, the network's guess of the clean "
        "letters, which begins as a grey blur and sharpens into strokes of different "
        "typefaces."
    )


def guesses(
    told: Sequence[Letters], untold: Sequence[Letters], levels: Sequence[float], /
) -> Drawn:
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
    return fig, (
        f"The network's guess of nine letters at {len(levels)} noise levels, from "
        f"{levels[0]:.0f} down to {levels[-1]:.2g}. Told the letter, it "
        "begins with that letter's blurred average and ends with the word DIFFUSION in "
        "mixed typefaces. In a column apart, where it is not told, it begins with one "
        "grey blur of all letters."
    )


def targets(
    levels: NDArray[np.float64], relative: Mapping[str, NDArray[np.float64]], /
) -> Drawn:
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
    return fig, (
        "Denoising error of three networks relative to the best at each noise level. "
        f"Predicting noise is {relative['noise'][-1]:.1f} times worse than "
        "the best at the highest level, predicting the clean signal "
        f"{relative['clean'][0]:.1f} times at the lowest; the mixed target is "
        f"never worse than {float(relative['mixed'].max()):.2f} times."
    )
