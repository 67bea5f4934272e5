"""Figures of what a network is asked for: by a noise, a loss, a target."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
from numpy.typing import NDArray

from gendiff.drawing import BLUE, INK, ORANGE
from gendiff.studies.drawn import Drawn
from gendiff.studies.perspectives.other_noises import Seen

Line = NDArray[np.float64]


def noises(seen: Mapping[str, Seen], learnt: Mapping[str, Line], /) -> Drawn:
    """Draw denoiser, network and Tweedie's formula, a panel for each kind of noise."""
    fig, axes = plt.subplots(1, len(seen), figsize=(6.4, 2.4), sharey=True)
    for ax, (name, known) in zip(axes, seen.items(), strict=True):
        ax.plot(known.x, known.mean, color=BLUE, lw=3, alpha=0.45)
        ax.plot(known.x, known.tweedie, color=ORANGE, lw=1.4, ls="--")
        few = slice(None, None, max(1, len(known.x) // 25))
        ax.plot(known.x[few], learnt[name][few], ".", color=INK, ms=4)
        ax.set_title(f"{name}: {known.error():.1g}", fontweight="normal")
        ax.set(ylim=(-4.5, 4.5), xlabel="noisy value")
    axes[0].set_ylabel("expected clean value")
    told = ", ".join(f"{name} {known.error():.2g}" for name, known in seen.items())
    return fig, (
        "Three panels: the exact denoiser as a broad line, a trained network as dots "
        "on it, and Tweedie's formula dashed. Under Gaussian noise all three are one; "
        "under Laplace's and under uniform noise the dots stay on the line, and the "
        f"dashes leave it. Relative error of the formula: {told}."
    )


def mean_or_median(
    x: Line, exact: Mapping[str, Line], learnt: Mapping[str, Line], sigma: float, /
) -> Drawn:
    """Draw posterior mean and median, and the networks of the two losses."""
    fig, ax = plt.subplots(figsize=(6.4, 2.6))
    for (name, line), dots, colour in zip(
        exact.items(), learnt.values(), (BLUE, ORANGE), strict=True
    ):
        ax.plot(x, line, color=colour, lw=3, alpha=0.45)
        ax.plot(x[::6], dots[::6], ".", color=colour, ms=5)
        middle = int(np.abs(line).argmin())
        ax.annotate(
            name, (x[middle], line[middle]), color=colour, fontsize=10,
            xytext=(-62, 16) if colour == BLUE else (12, -18),
            textcoords="offset points",
        )  # fmt: skip
    ax.set(xlabel="noisy value", ylabel="clean value")
    apart = float(max(np.abs(a - b).max() for a, b in [[*exact.values()]]))
    return fig, (
        f"Mean and median of the clean value at noise level {sigma:g}: the mean rises "
        "evenly from the left mode to the right one, the median jumps, and they differ "
        f"by up to {apart:.2f}. Dots of a network trained on squared errors lie on the "
        "mean, those of one trained on absolute errors on the median."
    )


def targets(worlds: Mapping[str, Mapping[tuple[str, str], float]], /) -> Drawn:
    """Draw a grid for each world: target by weights, shaded by distance."""
    fig, axes = plt.subplots(1, len(worlds), figsize=(6.4, 2.2))
    for ax, (title, cells) in zip(axes, worlds.items(), strict=True):
        names = list(dict.fromkeys(name for name, _ in cells))
        weights = list(dict.fromkeys(weight for _, weight in cells))
        table = np.array([[cells[n, w] for w in weights] for n in names])
        ax.imshow(np.log(table), cmap="Blues", aspect="auto", vmin=0, vmax=np.log(60))
        for i, row in enumerate(table):
            for j, value in enumerate(row):
                colour = "white" if value > 12 else INK
                ax.text(j, i, f"{value:.3g}", ha="center", va="center", color=colour)
        ax.set_xticks(range(len(weights)), weights)
        ax.set_yticks(range(len(names)), names)
        ax.set_title(title, fontweight="normal")
        ax.grid(visible=False)
    told = "; ".join(
        f"{title}: "
        + ", ".join(f"{n} target, {w} weights {v:.3g}" for (n, w), v in cells.items())
        for title, cells in worlds.items()
    )
    return fig, (
        "Two grids, targets down and weights across, each cell with the distance of "
        f"its samples from the data over that of two real sets. {told}."
    )
