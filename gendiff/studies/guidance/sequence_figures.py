"""Figures of guided sequences that can be listed, counted or solved."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from gendiff.discrete import Joint
from gendiff.drawing import BLUE, GREEN, INK, ORANGE, PINK, SKY, label_lines
from gendiff.studies.guidance.guided_gaussians import WAYS
from gendiff.studies.guidance.planar_tokens import BACKWARD, FORWARD, Cells

NAMES = ("00", "01", "10", "11")
Curve = Float[np.ndarray, " n"]
Bands = Float[np.ndarray, "quantile n"]


def four_sequences(
    likelihood: Float[Tensor, "2 2"], distributions: Sequence[Joint]
) -> Figure:
    """Draw a tree of two binary choices, and the probability of each sequence.

    Args:
        likelihood: The probability of the class, given each of the four.
        distributions: The distribution without guidance, guided jointly, and token by
            token.
    """
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.4, 3.3), width_ratios=(1, 1.35))
    _tree(left, likelihood)
    labels = ("not guided", "joint guided", "guided token by token")
    _bars(right, distributions, (INK, BLUE, ORANGE), labels)
    right.set_title("probability at guidance scale 3", fontsize=9)
    return fig


def two_guides(distributions: Sequence[Joint]) -> Figure:
    """Draw the probability of the four sequences under both guides."""
    fig, ax = plt.subplots(figsize=(4.6, 2.3))
    _bars(ax, distributions, (BLUE, ORANGE), ("joint guided", "guided token by token"))
    ax.set_ylabel("probability")
    return fig


def tables(scales: Curve, gaps: Bands, whole: Bands, parts: Bands) -> Figure:
    """Draw distances and adherence over random tables, as bands about medians."""
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.4, 2.7))
    _banded(left, scales, gaps, PINK, "")
    left.set_title("total variation", fontsize=9)
    left.set_ylim(0, None)
    _banded(right, scales, whole, BLUE, "joint")
    _banded(right, scales, parts, ORANGE, "token\nby token")
    right.set_title("mean p(class | x)", fontsize=9)
    for ax in (left, right):
        ax.set_xlabel("guidance scale γ")
    label_lines(right, gap=0.16)
    return fig


def temperatures(
    powers: Curve,
    bits: Mapping[str, Curve],
    lengths: Sequence[int],
    curves: Mapping[float, Sequence[float]],
) -> Figure:
    """Draw bits a letter at both temperatures, and how far apart their texts are."""
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.4, 2.8))
    left.plot(powers, bits["token by token"], color=ORANGE, label="token\nby token")
    left.plot(powers, bits["joint"], color=BLUE, label="joint")
    left.set_xlabel("inverse temperature γ")
    left.set_title("bits a letter", fontsize=9)
    left.set_ylim(0, None)
    label_lines(left, gap=0.16)
    for (power, curve), colour in zip(
        curves.items(), (GREEN, SKY, BLUE, PINK), strict=True
    ):
        right.semilogx(lengths, curve, color=colour, label=f"γ = {power:g}")
    right.set_xticks([1, 10, 100], ["1", "10", "100"])
    right.set_xlabel("letters")
    right.set_title("total variation of texts", fontsize=9)
    right.set_ylim(0, 1.1)
    label_lines(right, gap=0.085)
    return fig


def planes(
    shown: Mapping[str, Cells], away: Mapping[str, Mapping[float, Mapping[str, float]]]
) -> Figure:
    """Draw where a target's mass lies and each way's, and distances by mixture."""
    seen = {
        "the target": shown["target"],
        "guided flow": shown["flow"],
        "guided SDE": shown["SDE"],
        "x₁, then x₂": shown[FORWARD],
        "x₂, then x₁": shown[BACKWARD],
    }
    fig = plt.figure(figsize=(6.4, 4.3))
    halves: Any = fig.subfigures(2, 1, height_ratios=(1, 1.6))
    above, below = halves
    brightest = float(max(cells.max() for cells in seen.values()))
    for ax, (name, cells) in zip(above.subplots(1, 5), seen.items(), strict=True):
        middle = cells[3:-3, 3:-3].T.numpy()
        ax.imshow(middle, origin="lower", cmap="magma_r", vmin=0, vmax=brightest)
        ax.set_title(name, fontsize=9, fontweight="normal")
        ax.axis("off")
    tints = {"flow": BLUE, "SDE": SKY, FORWARD: ORANGE, BACKWARD: PINK, "floor": INK}
    highest = max(max(tv.values()) for each in away.values() for tv in each.values())
    panels = below.subplots(1, 3, sharey=True)
    for ax, (name, by_scale) in zip(panels, away.items(), strict=True):
        for way, colour in tints.items():
            curve = [tv[way] for tv in by_scale.values()]
            style = ":" if way == "floor" else "-"
            ax.plot(
                [*by_scale], curve, style, marker="o", ms=3, color=colour, label=way
            )
        ax.set_ylim(0, 1.05 * highest)
        ax.set_xticks([int(gamma) for gamma in by_scale])
        ax.set_title(name, fontsize=9, fontweight="normal")
        ax.set_xlabel("scale γ", fontsize=9)
    panels[0].set_ylabel("total variation", fontsize=9)
    label_lines(panels[-1], gap=0.085)
    return fig


def lengths(
    places: Sequence[int], growing: Mapping[str, Float[np.ndarray, "n 3"]]
) -> Figure:
    """Draw divergences from the guided joint against length, a panel for each class."""
    fig, axes = plt.subplots(1, 2, figsize=(6.4, 2.8), sharey=True)
    for ax, (name, rows) in zip(axes, growing.items(), strict=True):
        for way, column, colour in zip(WAYS, rows.T, (ORANGE, BLUE, SKY), strict=True):
            found = [
                (n, value)
                for n, value in zip(places, column, strict=True)
                if value > 1e-5
            ]
            ax.loglog(*zip(*found, strict=True), "o-", ms=3, color=colour, label=way)
        ax.set_xticks(places, [str(n) for n in places])
        ax.minorticks_off()
        ax.set_xlabel("places")
        ax.set_title(f"the class judges {name}", fontsize=9)
    axes[0].set_ylabel("divergence, nats", fontsize=9)
    label_lines(axes[1], gap=0.11)
    return fig


def _bars(
    ax: Axes,
    distributions: Sequence[Joint],
    colours: Sequence[str],
    labels: Sequence[str],
) -> None:
    """Draw the probability of the four sequences side by side."""
    width = 0.8 / len(distributions)
    for i, (distribution, colour, label) in enumerate(
        zip(distributions, colours, labels, strict=True)
    ):
        left = np.arange(4) - 0.4 + (i + 0.5) * width
        ax.bar(
            left, distribution.probability.flatten().numpy(), width * 0.92, color=colour
        )
        ax.text(1.3, 0.92 - 0.11 * i, label, color=colour, fontsize=9, va="center")
    ax.set_xticks(range(4), NAMES)
    ax.set_ylim(0, 1)
    ax.grid(visible=False, axis="x")
    ax.set_xlabel("sequence")


def _tree(ax: Axes, likelihood: Float[Tensor, "2 2"]) -> None:
    """Draw two fair binary choices, with the class's probability at every node."""
    spots = {"": (0.0, 1.5), "0": (1.0, 2.5), "1": (1.0, 0.5)}
    spots |= {name: (2.0, 3.0 - i) for i, name in enumerate(NAMES)}
    seen = {"": float(likelihood.mean())}
    seen |= {str(i): float(likelihood[i].mean()) for i in range(2)}
    seen |= {name: float(likelihood.flatten()[i]) for i, name in enumerate(NAMES)}
    shades = plt.get_cmap("YlGnBu")
    for name, (x, y) in spots.items():
        if name:
            x0, y0 = spots[name[:-1]]
            ax.plot([x0, x], [y0, y], color="#b5b5b5", lw=1.2, zorder=1)
        ax.scatter([x], [y], s=700, color=shades(0.75 * seen[name]), zorder=2)
        ink = "white" if seen[name] > 0.6 else INK
        share = f"{seen[name]:.3g}"
        ax.text(x, y, share, color=ink, fontsize=9, ha="center", va="center")
        ax.text(x, y + 0.48, name or "start", fontsize=9, ha="center", va="center")
    ax.set_xlim(-0.4, 2.4)
    ax.set_ylim(-0.6, 3.8)
    ax.axis("off")
    ax.set_title("p(class | tokens so far)", fontsize=9)


def _banded(ax: Axes, scales: Curve, bands: Bands, colour: str, label: str) -> None:
    """Draw medians, and where nine of ten lie."""
    low, middle, high = bands
    ax.fill_between(scales, low, high, color=colour, alpha=0.15, lw=0)
    ax.plot(scales, middle, color=colour, label=label)
