"""The figures of the main page on guidance: what a scale buys, costs and spoils."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import NullFormatter
from numpy.typing import NDArray
from torch import Tensor

from gendiff.drawing import BLUE, GREEN, INK, ORANGE, PINK, image_grid, montage
from gendiff.estimate import Estimate
from gendiff.studies.drawn import Drawn
from gendiff.studies.guidance.digit_sets import Judged

GREY = "0.55"
SHOWN = Judged.adherence, Judged.distance, Judged.precision, Judged.diversity


def sheet(
    images: Float[Tensor, "n 1 h w"], /, *, columns: int = 10
) -> NDArray[np.uint8]:
    """Return images as one sheet of grey bytes."""
    grid = montage(images.clamp(-1, 1).numpy(), columns=columns)
    return ((grid + 1) * 127.5).round().astype(np.uint8)


def calls(found: Mapping[str, Mapping[int, Judged]], real: Judged, /) -> Drawn:
    """Draw each measure over the network calls, a line for every scale.

    Args:
        found: The sets by their numbers of calls, by the name of the scale; at most
            three, the first of them without guidance.
        real: Fresh real images, drawn as a dotted line.
    """
    fig, axes = plt.subplots(
        2, 2, figsize=(6.4, 4.4), sharex=True, layout="constrained"
    )
    for ax, measure in zip(axes.flat, SHOWN, strict=True):
        for colour, sets in zip((GREY, BLUE, ORANGE), found.values(), strict=False):
            points = {n: each.estimate(measure) for n, each in sets.items()}
            ax.errorbar(
                [*points], [each.value for each in points.values()],
                [each.error for each in points.values()],
                fmt="o-", color=colour, markersize=4,
            )  # fmt: skip
        better = "lower" if measure == Judged.distance else "higher"
        if measure == Judged.distance:
            ax.set_yscale("log")  # real images are at 0, give or take chance
        else:
            ax.axhline(measure(real), color=INK, linewidth=1, linestyle=":")
        _title(ax, f"{measure.__name__} ({better} is better)")
        ax.set_xscale("log")
        ticks = [*next(iter(found.values()))]
        ax.set_xticks(ticks, [str(n) for n in ticks])
        ax.xaxis.set_minor_formatter(NullFormatter())
    for ax in axes[1]:
        ax.set_xlabel("network calls for one sample")
    names = [*found, "dotted: real images"]
    _key(fig, names, [*(GREY, BLUE, ORANGE)[: len(found)], INK])
    words = "; ".join(
        f"{name}: {', '.join(f'{x.distance():.2f} with {n}' for n, x in sets.items())}"
        for name, sets in found.items()
    )
    return fig, (
        "Four panels over the network calls of one sample: adherence, distance, "
        f"precision and diversity. Distances: {words} calls; real images "
        f"{real.distance():.2f}."
    )


def blocks(rows: Mapping[str, Float[Tensor, "n 1 h w"]], /, *, columns: int) -> Drawn:
    """Draw sets of images one below the other, each under its name."""
    deep = [-(-len(x) // columns) for x in rows.values()]
    fig, axes = plt.subplots(
        len(rows), 1, figsize=(5.2, sum(0.55 * d + 0.25 for d in deep)),
        squeeze=False, height_ratios=deep,
    )  # fmt: skip
    for ax, (name, x) in zip(axes[:, 0], rows.items(), strict=True):
        image_grid(ax, x.numpy(), columns=columns, low=-1.0, high=1.0, title=name)
    count = len(next(iter(rows.values())))
    return fig, f"{count} small grey images each, in rows: {'; '.join(rows)}."


def pushes(plain: Judged, found: Mapping[str, Mapping[str, Judged]], /) -> Drawn:
    """Draw what guides change in adherence, diversity and distance, a line for each.

    Args:
        plain: A set without guidance, from the same noises.
        found: The sets of each guide by the names of their scales.
    """
    fig, axes = plt.subplots(1, 2, figsize=(6.4, 3.4), layout="constrained")
    colours = (BLUE, ORANGE, GREEN, PINK)
    nearest: list[str] = []
    for (name, sets), colour in zip(found.items(), colours, strict=False):
        x = [each.change(Judged.distance, plain) for each in sets.values()]
        for ax, measure in zip(axes, (Judged.adherence, Judged.diversity), strict=True):
            y = [each.change(measure, plain) for each in sets.values()]
            ax.errorbar(
                [each.value for each in x], [each.value for each in y],
                [each.error for each in y], [each.error for each in x],
                fmt="o-", color=colour, markersize=4, linewidth=1,
            )  # fmt: skip
            for scale, across, up in zip(sets, x, y, strict=True):
                ax.annotate(
                    scale, (float(across.value), float(up.value)), xytext=(4, -9),
                    textcoords="offset points", fontsize=7, color=colour,
                )  # fmt: skip
        best = min(x, key=lambda each: float(each.value))
        nearest.append(f"{best.value:+.2f} ± {best.error:.2f} for {name}")
    for ax, name in zip(axes, ("adherence", "diversity"), strict=True):
        ax.axhline(0, color=GREY, linewidth=1)
        ax.axvline(0, color=GREY, linewidth=1)
        ax.set_xlabel("change of distance")
        _title(ax, f"change of {name}")
    names = ["cross: no guidance, twice the steps", *found]
    _key(fig, names, [GREY, *colours[: len(found)]])
    return fig, (
        "Change of adherence (left) and of diversity (right) against change of "
        f"distance, by {len(found)} guides at three scales each, from none at equal "
        "calls. "
        f"The largest changes for the better: {', '.join(nearest)}."
    )


def repairs(
    rows: Mapping[str, Float[Tensor, "n 1 h w"]], notes: Sequence[str], /
) -> Drawn:
    """Draw a row of patches for each repair, with its name and its numbers.

    Args:
        rows: As many patches each.
        notes: What to write beside each row.
    """
    fig, axes = plt.subplots(len(rows), 1, figsize=(6.4, 0.46 * len(rows)))
    for ax, (name, x), note in zip(axes, rows.items(), notes, strict=True):
        image_grid(ax, x.numpy(), columns=len(x), low=-1.0, high=1.0)
        for place, words, ha in ((-0.01, name, "right"), (1.01, note, "left")):
            ax.text(place, 0.5, words, ha=ha, va="center", fontsize=8,
                    transform=ax.transAxes)  # fmt: skip
    told = "; ".join(f"{n}: {note}" for n, note in zip(rows, notes, strict=True))
    words = " ".join(told.split())
    return fig, f"Rows of small grey patches of photographs. {words}."


def culprit(
    found: Mapping[str, tuple[Estimate, Estimate]], data: tuple[float, float], /
) -> Drawn:
    """Draw how sure and how far samples are, a point for each exchange of parts.

    Args:
        found: The mean probability of the label and the distance, by what was learnt.
        data: Both for the data themselves.
    """
    fig, axes = plt.subplots(1, 2, figsize=(6.4, 0.28 * len(found) + 0.9), sharey=True)
    titles = "probability of the label", "distance"
    places = np.arange(len(found))[::-1]
    for k, (ax, title) in enumerate(zip(axes, titles, strict=True)):
        values = [each[k].value for each in found.values()]
        errors = [each[k].error for each in found.values()]
        ax.errorbar(values, places, xerr=errors, fmt="o", color=BLUE, markersize=5)
        ax.axvline(data[k], color=INK, linewidth=1, linestyle=":")
        _title(ax, title)
    axes[0].set_yticks(places, [*found], fontsize=8)
    told = "; ".join(
        f"{name}: {sure.value:.2f} and {far.value:.3f}"
        for name, (sure, far) in found.items()
    )
    return fig, (
        "The exact probability of the label asked for, and the distance to "
        f"the data, by what was learnt. {told}."
    )


def _key(fig: Figure, names: Sequence[str], colours: Sequence[str]) -> None:
    """Write names in their colours above a figure."""
    handles = [Line2D([], [], linewidth=0, label=name) for name in names]
    fig.legend(
        handles=handles, labelcolor=[*colours], ncols=3, fontsize=8, frameon=False,
        loc="outside upper left", handlelength=0, handletextpad=0,
    )  # fmt: skip


def _title(ax: Axes, words: str) -> None:
    ax.set_title(words, fontsize=9, fontweight="normal")
