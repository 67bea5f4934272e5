"""Figures of what is left over of three consistencies, place by place and in all."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
from torch import Tensor

from gendiff.drawing import COLOURS, INK
from gendiff.studies.drawn import Drawn

NOTIONS = ("mean of later predictions", "equation of the score", "origin on the flow")
"""What should stay, or hold: the columns of both figures."""


def by_place(
    x: Tensor,
    density: Tensor,
    left: Mapping[str, Sequence[Tensor]],
    /,
    *,
    reach: float = 3.0,
) -> Drawn:
    """Draw what is left over at each place, a panel for each notion.

    Args:
        x: The places, a column.
        density: Of noisy data, a column: shaded, on no scale.
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
        bottom, top = ax.get_ylim()
        high = bottom + 0.5 * (top - bottom) * density / density.max()
        ax.fill_between(x[shown, 0], bottom, high[shown, 0], color="0.9", zorder=0)
        ax.set_ylim(bottom, top)
        ax.set_title(notion, fontweight="normal")
        ax.set_xlabel("x")
        told.append(f"{notion}: {', '.join(peaks)}")
    handles, names = axes[0].get_legend_handles_labels()
    fig.legend(
        handles, names, loc="outside lower center", ncols=len(names), frameon=False
    )
    return fig, (
        "Three panels of curves over the place x, around a line at 0, one curve for "
        "each network, over the shaded density of noisy data. Largest size of each: "
        f"{'; '.join(told)}."
    )


def in_all(over: Mapping[str, Sequence[float]], /) -> Drawn:
    """Draw each network's three residuals over those of plain training."""
    fig, ax = plt.subplots(figsize=(6.4, 2.6), layout="constrained")
    rows = range(len(over))
    columns = zip(*over.values(), strict=True)
    for i, (notion, values) in enumerate(zip(NOTIONS, columns, strict=True)):
        beside = [row + 0.14 * (i - 1) for row in rows]
        ax.plot(values, beside, "osD"[i], color=COLOURS[i], label=notion)
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
