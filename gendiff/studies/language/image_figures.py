"""Figures of why images fell first: weights, bit planes, and four sets of digits."""

import math
from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from torch import Tensor

from gendiff.drawing import BLUE, GREEN, INK, ORANGE, image_grid
from gendiff.studies.drawn import Drawn
from gendiff.studies.language.patch_planes import PLANES, Patches

Digits = Float[Tensor, "n 1 h w"]


def sheets(sets: Mapping[str, Digits], /, *, columns: int = 10) -> Drawn:
    """Draw sets of digits in boxes, two boxes a row, each under its name."""
    rows = math.ceil(len(sets) / 2)
    lines = -(-len(next(iter(sets.values()))) // columns)
    tall = rows * (3.2 * lines / columns + 0.25)
    fig, axes = plt.subplots(rows, 2, figsize=(6.4, tall), squeeze=False)
    for ax, (name, x) in zip(axes.flat, sets.items(), strict=True):
        image_grid(ax, x.numpy(), columns=columns, low=-1.0, high=1.0)
        ax.set_title(name, fontsize=9, fontweight="normal", pad=3)
    return fig, (
        f"Boxes of digits, {lines} rows of {columns}, 0 to 9 in columns, from the same "
        f"noises. Above the boxes stands: {'; '.join(sets)}."
    )


def octave_weights(
    picture: Float[Tensor, "1 h w"],
    eps: Float[Tensor, "1 h w"],
    weights: Mapping[str, Float[Tensor, " k"]],
    sigmas: Float[Tensor, " k"],
    /,
) -> Drawn:
    """Draw a photograph whose noise falls to the right, above weights on its levels.

    Args:
        picture: Of unit variance.
        eps: White noise.
        weights: On the noise error, for each unit of `log(sigma)`; areas of 1.
        sigmas: The levels, falling.
    """
    fig, (top, ax) = plt.subplots(2, 1, figsize=(6.4, 4.9), height_ratios=(1.2, 1))
    width = picture.shape[-1]
    high, low = float(sigmas[0]), float(sigmas[-1])
    falling = np.geomspace(high, low, width)
    noisy = (picture.numpy() + falling * eps.numpy()) / np.hypot(1, falling)
    top.imshow(noisy[0], vmin=-2.2, vmax=2.2, aspect="auto")
    top.set_axis_off()
    told: list[str] = []
    for k, (name, weight) in enumerate(weights.items()):
        colour = (ORANGE, BLUE, GREEN, INK)[k]
        # Weights are for natural logarithms; an octave is 0.69 of their units.
        ax.plot(sigmas, 100 * math.log(2) * weight, color=colour)
        peak = int(weight.argmax()) if k else len(weight) - 1
        at, most = float(sigmas[peak]), 100 * math.log(2) * float(weight[peak])
        ax.annotate(
            name, (at, most), xytext=(0, 4), textcoords="offset points",
            color=colour, fontsize=9, ha="center" if k else "right", va="bottom",
        )  # fmt: skip
        told.append(f"{name} {most:.0f} % an octave at level {at:.2g}")
    ax.set(xscale="log", xlim=(high, low), ylim=(0, None))
    ax.set_xticks([100, 10, 1, 0.1, 0.01], ["100", "10", "1", "0.1", "0.01"])
    ax.margins(y=0.15)
    ax.set_xlabel("noise level σ, in standard deviations of a pixel")
    ax.set_ylabel("weight, % an octave")
    return fig, (
        "A photograph under noise that falls from left to right: nothing can be seen "
        "in the left third, then the outline of a temple, then its roofs and windows, "
        "clear at the right end. Below, on the same axis, the weights: "
        f"{'; '.join(told)}."
    )


def plane_bills(
    bills: Mapping[str, Sequence[float]],
    gaussian: Sequence[float],
    patches: Mapping[str, Patches],
    /,
) -> Drawn:
    """Draw what each bit plane costs, above pictures by upper and by lower planes.

    Args:
        bills: Bits a pixel of the planes from the highest, by the kind of picture.
        gaussian: What octaves of noise cost a Gaussian like the first kind.
        patches: Some pictures of each kind.
    """
    fig, axes = plt.subplots(
        2, len(bills), figsize=(6.4, 3.6), height_ratios=(1.6, 0.8), squeeze=False
    )
    told: list[str] = []
    places = [*range(len(PLANES))]
    for k, (kind, bits) in enumerate(bills.items()):
        ax, below = axes[0, k], axes[1, k]
        ax.bar(places, bits, color=[GREEN] * 4 + [ORANGE] * 4)
        for place, each in zip(places, bits, strict=True):
            ax.text(place, 0.02, f"{each:.2f}", ha="center", fontsize=8, color="white")
        part = 100 * sum(bits[4:]) / sum(bits)
        ax.set_title(f"{kind}: {part:.0f} % in the lower four", fontweight="normal")
        ax.set_xticks([0, 7], ["highest plane", "lowest"])
        ax.set(ylim=(0, 1.05), xlim=(-0.6, 7.6))
        ax.grid(visible=False)
        shown = patches[kind][:8]
        halves = np.stack([(shown >> 4 << 4) + 8, (shown & 15) * 16 + 8])
        image_grid(
            below, halves.reshape(-1, *shown.shape[1:]), columns=8, low=0, high=255
        )
        told.append(f"{kind} {', '.join(f'{each:.2f}' for each in bits)}")
    _dots(axes[0, 0], places, gaussian)
    axes[0, 0].set_ylabel("bits a pixel")
    axes[1, 0].set_title("upper four planes, then lower four", **_SMALL)
    return fig, (
        f"Bars of the bits that each of eight planes costs: {'; '.join(told)}. Dots on "
        "the first bars are octaves of noise of a Gaussian: "
        f"{', '.join(f'{each:.2f}' for each in gaussian)}. Below, small pictures: "
        "their upper four planes show shades, edges and letters, the lower four mostly "
        "noise."
    )


def by_level(
    ratios: Mapping[str, Sequence[float]], sigmas: Sequence[float], /
) -> Drawn:
    """Draw how far one network's errors exceed another's, level by level."""
    fig, ax = plt.subplots(figsize=(6.4, 2.8))
    for k, (name, ratio) in enumerate(ratios.items()):
        colour = (BLUE, ORANGE)[k]
        ax.plot(sigmas, ratio, ("o-", "s--")[k], color=colour, ms=(5.5, 3.5)[k])
        far = int(np.argmax(ratio))
        ax.annotate(
            name, (sigmas[far], ratio[far]), xytext=((-12, -14), (12, 0))[k],
            textcoords="offset points", color=colour, fontsize=9,
            ha=("right", "left")[k], va=("top", "bottom")[k],
        )  # fmt: skip
    ax.axhline(1, color=INK, lw=1, ls=":")
    ax.set(xscale="log", xlim=(1.3 * max(sigmas), min(sigmas) / 1.3))
    ax.set_xticks([10, 1, 0.1], ["10", "1", "0.1"])
    ax.set_xlabel("noise level σ")
    ax.set_ylabel("likelihood over uniform")
    told = "; ".join(
        f"{name}: {', '.join(f'{r:.2f} at {s:.2g}' for s, r in pairs)}"
        for name, pairs in ((n, zip(sigmas, r, strict=True)) for n, r in ratios.items())
    )
    return fig, f"The error of one network over that of the other, by level. {told}."


_SMALL = {"fontsize": 8, "fontweight": "normal"}


def _dots(ax: Axes, places: Sequence[int], bits: Sequence[float]) -> None:
    ax.plot(places, bits, "o", color=INK, ms=5.5, mec="white", mew=1)
    ax.annotate(
        "octaves of\na Gaussian", (places[3], bits[3]), xytext=(-6, 2), fontsize=9,
        textcoords="offset points", color=INK, ha="right", va="bottom",
    )  # fmt: skip
