"""Samples in few steps, side by side, and how far two arrows end from one."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import torch
from jaxtyping import Float
from matplotlib.collections import LineCollection
from torch import Tensor

from gendiff.drawing import BLUE, COLOURS, ORANGE
from gendiff.studies.drawn import Drawn

Points = Float[Tensor, "n 2"]


def side_by_side(
    sets: Mapping[str, Mapping[int, Points]],
    apart: Mapping[str, Mapping[int, float]],
    /,
    *,
    rows: Sequence[str] = (),
) -> Drawn:
    """Draw each model's samples in a column, a number of calls in each row.

    Args:
        sets: Of each model, the points by the number of calls; all models have the same
            numbers.
        apart: The distance of each set from the data, in any unit.
        rows: What to call the rows, if not by their numbers of calls.

    Raises:
        ValueError: If the models differ in their numbers of calls.
    """
    columns = list(sets)
    numbers = list(sets[columns[0]])
    if any(list(of) != numbers for of in sets.values()):
        raise ValueError(f"not all models have the calls {numbers}; give all the same")
    side = 6.4 / len(columns)
    fig, axes = plt.subplots(
        len(numbers),
        len(columns),
        figsize=(6.4, side * len(numbers) + 0.3),
        squeeze=False,
        sharex=True,
        sharey=True,
    )
    titles = rows or ["1 call" if n == 1 else f"{n} calls" for n in numbers]
    called = dict(zip(numbers, titles, strict=True))
    for line, (name, of) in zip(axes.T, sets.items(), strict=True):
        line[0].set_title(name, fontweight="normal")
        for ax, (calls, points) in zip(line, of.items(), strict=True):
            ax.scatter(*points.T, s=2, color=BLUE, linewidths=0, alpha=0.5)
            ax.set_xlabel(f"{apart[name][calls]:.2f}")
            ax.set(xticks=[], yticks=[], aspect="equal", xlim=(-2.6, 2.6))
            ax.set_ylim(-2.6, 2.6)
            ax.grid(visible=False)
    for ax, title in zip(axes[:, 0], titles, strict=True):
        ax.set_ylabel(title)
    told = "; ".join(
        f"{name}: {', '.join(f'{far:.2f} in {called[n]}' for n, far in of.items())}"
        for name, of in apart.items()
    )
    return fig, (
        f"Columns of point sets, one for each of {len(columns)} models, in "
        f"{len(numbers)} rows ({', '.join(titles)}). Distance from the data: {told}."
    )


def by_calls(curves: Mapping[str, Mapping[int, float]], floor: float, /) -> Drawn:
    """Draw how far each model ends from the data, over its number of calls."""
    fig, ax = plt.subplots(figsize=(6.4, 2.8))
    for (name, of), color in zip(curves.items(), COLOURS, strict=False):
        ax.loglog([*of], [*of.values()], "o-", color=color, markersize=4, label=name)
    ax.axhline(floor, color="0.5", linestyle=":", linewidth=1)
    numbers = [*next(iter(curves.values()))]
    ax.set_xticks(numbers, map(str, numbers))
    ax.minorticks_off()
    ax.set(xlabel="calls of the network", ylabel="distance from the data")
    ax.legend(frameon=False)
    told = "; ".join(
        f"{name} {', '.join(f'{far:.3f} in {n}' for n, far in of.items())}"
        for name, of in curves.items()
    )
    return fig, (
        "Curves of the distance from the data over the number of calls, both on "
        f"logarithmic axes. {told}; two sets of data {floor:.3f}."
    )


def squares(ends: Mapping[str, tuple[Points, Points]], /) -> Drawn:
    """Draw where one step arrives, joined to where two arrive from the same start.

    Args:
        ends: Of each model, the ends of one step and of two. A flow leaves no line.
    """
    fig, axes = plt.subplots(
        1, len(ends), figsize=(6.4, 2.4), squeeze=False, sharex=True, sharey=True
    )
    told: list[str] = []
    for ax, (name, (one, two)) in zip(axes[0], ends.items(), strict=True):
        lines = torch.stack([one, two], dim=1).numpy()
        ax.add_collection(LineCollection(list(lines), colors=ORANGE, linewidths=1))
        ax.scatter(*two.T, s=5, color=BLUE, linewidths=0)
        apart = float((one - two).square().mean().sqrt())
        ax.set_title(f"{name}\n{apart:.2f}", fontweight="normal")
        ax.set(xticks=[], yticks=[], aspect="equal", xlim=(-2.6, 2.6))
        ax.set_ylim(-2.6, 2.6)
        ax.grid(visible=False)
        told.append(f"{name} {apart:.2f}")
    return fig, (
        "Points of the plane where two steps arrive, each joined by a line to where "
        f"one step arrives. Root mean square lengths: {', '.join(told)}."
    )
