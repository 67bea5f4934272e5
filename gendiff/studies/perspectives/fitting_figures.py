"""Figures of what is left over of three consistencies, place by place and in all."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
from torch import Tensor

from gendiff.drawing import COLOURS, INK
from gendiff.studies.drawn import Drawn

NOTIONS = ("mean of later predictions", "equation of the score", "origin on the flow")
"""What should stay, or hold: the columns of both figures."""


def by_place(
    x: Tensor, left: Mapping[str, Sequence[Tensor]], /, *, reach: float = 3.0
) -> Drawn:
    """Draw what is left over at each place, a panel for each notion.

    Args:
        x: The places, a column.
        left: Of each network, a column for each notion.
        reach: How far from the middle is shown.
    """
    fig, axes = plt.subplots(1, 3, figsize=(6.4, 2.6), layout="constrained")
    shown = x[:, 0].abs() <= reach
    told: list[str] = []
    for ax, notion, of in zip(
        axes, NOTIONS, zip(*left.values(), strict=True), strict=True
    ):
        peaks: list[str] = []
        colours = ("0.55", *COLOURS)
        for name, values, colour in zip(left, of, colours, strict=False):
            near = values[shown, 0]
            ax.plot(x[shown, 0], near, color=colour, lw=1.3, label=name)
            peaks.append(f"{name} {float(near.abs().max()):.2g}")
        ax.axhline(0, color=INK, lw=0.6)
        ax.set_title(notion, fontweight="normal")
        ax.set_xlabel("x")
        told.append(f"{notion}: {', '.join(peaks)}")
    handles, names = axes[0].get_legend_handles_labels()
    fig.legend(
        handles, names, loc="outside lower center", ncols=len(names), frameon=False
    )
    return fig, (
        "Three panels of curves over the place x, around a line at 0, one curve for "
        f"each network. Largest size of each: {'; '.join(told)}."
    )


def in_all(over: Mapping[str, Sequence[float]], /) -> Drawn:
    """Draw each network's three residuals over those of plain training."""
    fig, ax = plt.subplots(figsize=(6.4, 2.6), layout="constrained")
    rows = range(len(over))
    for notion, marker, colour, values in zip(
        NOTIONS, "osD", COLOURS, zip(*over.values(), strict=True), strict=False
    ):
        ax.plot(values, rows, marker, color=colour, label=notion)
    ax.axvline(1, color=INK, lw=0.8, ls=":")
    ax.set(xscale="log", xlabel="left over, over that of plain training")
    ticks = [0.05, 0.1, 0.2, 0.5, 1]
    ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    ax.minorticks_off()
    ax.set_yticks([*rows], [*over])
    ax.set_ylim(len(over) - 0.5, -0.5)
    fig.legend(loc="outside lower center", ncols=3, frameon=False)
    told = "; ".join(
        f"{name} {', '.join(f'{each:.2f}' for each in of)}" for name, of in over.items()
    )
    return fig, (
        "A row for each way of training, with three marks each: what is left over of "
        f"{', '.join(NOTIONS)}, over that of plain training, on a logarithmic axis "
        f"with a dotted line at 1. {told}."
    )
