"""Figures of lessons: what students draw, learn on the way, and where paths lead."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import torch
from jaxtyping import Float
from matplotlib.collections import LineCollection
from torch import Tensor

from gendiff.drawing import BLUE, COLOURS, INK, ORANGE, image_grid, label_lines
from gendiff.studies.drawn import Drawn

Images = Float[Tensor, "n 1 h w"]


def in_steps(
    drawn: Mapping[str, Mapping[int, Images]],
    apart: Mapping[str, Mapping[int, float]],
    /,
) -> Drawn:
    """Draw images of each model in a column, of each number of calls in a row."""
    names, calls = list(drawn), list(next(iter(drawn.values())))
    fig, axes = plt.subplots(
        len(calls), len(names), figsize=(6.4, 0.7 * len(calls)), squeeze=False
    )
    for line, n in zip(axes, calls, strict=True):
        for ax, name in zip(line, names, strict=True):
            shown = drawn[name][n][:, 0].numpy()
            image_grid(ax, shown, columns=len(shown), low=-1.0, high=1.0)
            ax.set_title(
                f"{name}, {n} call{'s' if n > 1 else ''} ({apart[name][n]:.3f})",
                fontweight="normal",
            )
    told = "; ".join(
        f"{name}: {', '.join(f'{far:.3f} in {n}' for n, far in of.items())}"
        for name, of in apart.items()
    )
    return fig, (
        f"Strips of digits, a column for each model and a row for each number of calls "
        f"({', '.join(map(str, calls))}). Distance from real digits: {told}."
    )


def on_the_way(
    errors: Mapping[str, Sequence[float]], every: int, goal: float, /
) -> Drawn:
    """Draw each student's error over the teacher's, looked at every so many updates."""
    fig, ax = plt.subplots(figsize=(6.4, 2.8))
    for (name, of), colour in zip(errors.items(), COLOURS, strict=False):
        updates = every * np.arange(1, len(of) + 1)
        ax.plot(updates, of, color=colour, label=name)
    ax.axhline(goal, color=INK, lw=0.8, ls=":")
    ax.set(yscale="log", xlabel="updates", ylabel="error over the teacher's")
    ax.set_yticks([1, 2, 5], ["1", "2", "5"])
    ax.minorticks_off()
    label_lines(ax, ax.get_lines()[: len(errors)])
    told = "; ".join(
        f"{name} from {of[0]:.2f} to {of[-1]:.2f}" for name, of in errors.items()
    )
    return fig, (
        "Falling lines of each student's error, over the teacher's, against updates; a "
        f"dotted line at {goal:g}. {told}."
    )


def norms(of: Mapping[str, Sequence[float]], /) -> Drawn:
    """Draw the gradient's norm over its median, against the fraction of training."""
    fig, axes = plt.subplots(
        1, len(of), figsize=(6.4, 2.2), squeeze=False, sharex=True, sharey=True
    )
    told: list[str] = []
    for ax, (name, each) in zip(axes[0], of.items(), strict=True):
        ratio = np.asarray(each) / np.median(each)
        ax.plot(np.linspace(0, 1, len(ratio)), ratio, color=BLUE, lw=0.6)
        ax.set(yscale="log", xlabel="of the training", xticks=[0, 0.5, 1])
        ax.set_title(f"{name}\nat most {ratio.max():.0f}", fontweight="normal")
        told.append(f"{name} at most {ratio.max():.0f}")
    axes[0, 0].set_ylabel("norm over its median")
    return fig, (
        "Panels of the norm of the gradient at each update, over its median, on a "
        f"logarithmic axis: {', '.join(told)}."
    )


def walked(paths: Mapping[str, Float[Tensor, "m n 2"]], /) -> Drawn:
    """Draw paths from noise to data, each model's in a panel of its own."""
    fig, axes = plt.subplots(
        1, len(paths), figsize=(6.4, 3.0), squeeze=False, sharex=True, sharey=True
    )
    for ax, (name, of) in zip(axes[0], paths.items(), strict=True):
        lines = list(of.transpose(0, 1).numpy())
        ax.add_collection(LineCollection(lines, colors=INK, linewidths=0.5, alpha=0.5))
        ax.scatter(*of[0].T, s=4, color=ORANGE, linewidths=0)
        ax.scatter(*of[-1].T, s=6, color=BLUE, linewidths=0)
        ax.set_title(name, fontweight="normal")
        ax.set(xticks=[], yticks=[], aspect="equal", xlim=(-2.8, 2.8))
        ax.set_ylim(-2.8, 2.8)
        ax.grid(visible=False)
    return fig, (
        "Paths of points in the plane from noise (orange) to data (blue), as thin "
        f"lines: {'; '.join(paths)}."
    )


def restored(
    rows: Mapping[str, Images],
    curves: Mapping[str, Mapping[int, tuple[float, float]]],
    /,
) -> Drawn:
    """Draw restorations above, and squared error against distance for numbers of steps.

    Args:
        rows: Strips of images.
        curves: Of each degradation, by the number of steps, the squared error and the
            distance from clean drawings.
    """
    fig = plt.figure(figsize=(6.4, 0.42 * len(rows) + 2.9), layout="constrained")
    top, below = fig.subplots(2, 1, height_ratios=[0.42 * len(rows), 2.9])
    strips = torch.cat(list(rows.values()))[:, 0].numpy()
    count = len(strips) // len(rows)
    image_grid(top, strips, columns=count, low=-1.0, high=1.0)
    high = strips.shape[1] + 2
    for place, name in enumerate(rows):
        top.text(-4, place * high + high / 2, name, ha="right", va="center", fontsize=8)
    for (name, of), colour in zip(curves.items(), COLOURS, strict=False):
        below.plot(*zip(*of.values(), strict=True), "o-", color=colour, label=name)
        for steps, (square, far) in of.items():
            below.annotate(str(steps), (square, far), xytext=(3, 3),
                           textcoords="offset points", color=colour,
                           fontsize=8)  # fmt: skip
    below.set(xlabel="squared error a pixel", ylabel="distance from clean drawings")
    label_lines(below, below.get_lines()[: len(curves)])
    told = "; ".join(
        f"{name}: " + ", ".join(
            f"{far:.3f} at error {square:.3f} in {n}" for n, (square, far) in of.items()
        )
        for name, of in curves.items()
    )  # fmt: skip
    return fig, (
        f"Above, strips of drawings: {', '.join(rows)}. Below, lines of the distance "
        "from clean drawings against the squared error, a dot for each number of "
        f"steps. {told}."
    )
