"""Figures of a sampler as a deep network: what training through it keeps and brings."""

from collections.abc import Mapping, Sequence
from typing import cast

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import SubFigure
from torch import Tensor

from gendiff.drawing import BLUE, COLOURS, INK, ORANGE, label_lines
from gendiff.studies.drawn import Drawn
from gendiff.studies.perspectives.one_field import Arrival

Points = Float[Tensor, "n 2"]


def bars_and_samples(
    kept: Mapping[int, int],
    one: int,
    drawn: Mapping[str, tuple[Points, float]],
    /,
) -> Drawn:
    """Draw bytes kept against the steps trained through, and samples of each model.

    Args:
        kept: Bytes, by the number of steps.
        one: Bytes of the denoising loss.
        drawn: Samples and their distance from the data, by how the model was trained.
    """
    fig = plt.figure(figsize=(6.4, 4.4))
    upper, lower = cast(
        "Sequence[SubFigure]", fig.subfigures(2, 1, height_ratios=[1.5, 1])
    )
    ax = upper.subplots()
    places = np.arange(len(kept))
    sizes = np.array([*kept.values()]) / 1e6
    ax.bar(places - 0.2, sizes, width=0.38, color=ORANGE)
    ax.bar(places + 0.2, one / 1e6, width=0.38, color=BLUE)
    for place, size in zip(places, sizes, strict=True):
        ax.text(place - 0.2, size, f"{size:.1f}", ha="center", va="bottom", fontsize=9)
    ax.set_xticks(places, [str(steps) for steps in kept])
    ax.set(xlabel="steps of the sampler", ylabel="megabytes kept")
    ax.text(0.02, 0.86, "gradient through all steps", color=ORANGE,
            transform=ax.transAxes)  # fmt: skip
    ax.text(0.02, 0.72, f"one step at a time: {one / 1e6:.1f}", color=BLUE,
            transform=ax.transAxes)  # fmt: skip
    ax.grid(visible=False, axis="x")
    for panel, (title, (points, far)) in zip(
        np.atleast_1d(lower.subplots(1, len(drawn))), drawn.items(), strict=True
    ):
        panel.scatter(*points.T, s=1.5, color=INK, linewidths=0, alpha=0.5)
        panel.set_title(f"{title}\n{far:.3f}", fontweight="normal")
        panel.set(xlim=(-1.4, 1.4), ylim=(-0.8, 0.8), xticks=[], yticks=[])
        panel.set_aspect("equal")
        panel.spines[:].set_visible(False)
    told = ", ".join(f"{size:.1f} for {n}" for n, size in zip(kept, sizes, strict=True))
    ends = ", ".join(f"{title} {far:.3f}" for title, (_, far) in drawn.items())
    return fig, (
        "Above, pairs of bars: megabytes kept for the backward pass through so many "
        f"steps of the sampler ({told}), which double from pair to pair, and those of "
        f"the denoising loss, {one / 1e6:.1f} each time. Below, samples in the plane "
        "of models that were trained for equally long, with their sliced Wasserstein "
        f"distance from the data: {ends}."
    )


def races(runs: Mapping[str, Sequence[Arrival]], goal: float, unit: str, /) -> Drawn:
    """Draw the distance from the data against the time that training has taken."""
    fig, ax = plt.subplots(figsize=(6.4, 3.2))
    for (name, arrivals), colour in zip(runs.items(), COLOURS, strict=False):
        for i, run in enumerate(arrivals):
            label = name if i == 0 else f"_{name}"
            ax.plot(run.times, run.distances, color=colour, label=label, lw=1.4)
            ax.plot(run.times[-1:], run.distances[-1:], "o", color=colour)
    ax.axhline(goal, color=INK, lw=0.8, ls=":")
    ax.set(xscale="log", yscale="log", xlabel=unit, ylabel="distance from the data")
    for i, (name, colour) in enumerate(zip(runs, COLOURS, strict=False)):
        # The first looks of some trainings fall together: names stand in steps.
        run = runs[name][0]
        ax.annotate(name, (run.times[0], run.distances[0]), xytext=(0, 5 + 13 * i),
                    textcoords="offset points", color=colour, fontsize=9)  # fmt: skip
    ax.set_ylim(top=2 * ax.get_ylim()[1])
    _plain(ax, (0.05, 0.1, 0.2, 0.5, 1.0))
    told = "; ".join(
        f"{name} after " + ", ".join(f"{run.spent:.3g}" for run in each)
        for name, each in runs.items()
    )
    return fig, (
        "Falling lines of the distance from the data against the training so far, on "
        f"logarithmic axes, until each is below the dotted line at {goal:.3f}: {told} "
        f"({unit})."
    )


def sizes(bits: Mapping[str, Sequence[tuple[int, float]]], exact: float, /) -> Drawn:
    """Draw held-out bits against parameters, for two families."""
    fig, ax = plt.subplots(figsize=(6.4, 3.0))
    for (name, points), colour in zip(bits.items(), (ORANGE, BLUE), strict=False):
        ax.plot(*zip(*points, strict=True), "o-", color=colour, label=name)
    ax.axhline(exact, color=INK, lw=0.8, ls=":", label="_exact")
    ax.text(0.01, exact, "entropy", va="bottom", fontsize=9,
            transform=ax.get_yaxis_transform())  # fmt: skip
    ax.set(xscale="log", xlabel="parameters", ylabel="held-out bits a pixel")
    label_lines(ax, ax.get_lines()[:2])
    told = "; ".join(
        f"{name}: " + ", ".join(f"{b:.2f} with {n}" for n, b in points)
        for name, points in bits.items()
    )
    return fig, (
        "Lines of bits a pixel on held-out digits against the number of parameters. "
        f"{told}. A dotted line at {exact:.2f} is what no model gets below."
    )


def splits(errors: Mapping[str, tuple[Sequence[float], Sequence[float]]], /) -> Drawn:
    """Draw the excess error over the exact denoiser, over that of a shared network."""
    fig, ax = plt.subplots(figsize=(6.4, 3.0))
    for (name, (levels, ratio)), colour in zip(errors.items(), COLOURS, strict=False):
        ax.plot(levels, ratio, "o-", color=colour, label=name)
    ax.axhline(1, color=INK, lw=0.8, ls=":")
    ax.set(xscale="log", yscale="log", xlabel="noise level σ")
    ax.set_ylabel("excess error over the shared one's")
    _plain(ax, (0.5, 1.0, 2.0, 4.0))
    label_lines(ax, ax.get_lines()[: len(errors)])
    told = "; ".join(
        f"{name} from {min(ratio):.2f} to {max(ratio):.2f}"
        for name, (_, ratio) in errors.items()
    )
    return fig, (
        "Lines of the excess error of split networks over that of one shared network, "
        f"against the noise level, with a dotted line at 1. {told}."
    )


def _plain(ax: Axes, ticks: Sequence[float]) -> None:
    """Mark a logarithmic axis at numbers that one reads."""
    low, high = ax.get_ylim()
    inside = [tick for tick in ticks if low <= tick <= high]
    ax.set_yticks(inside, [f"{tick:g}" for tick in inside])
    ax.minorticks_off()
