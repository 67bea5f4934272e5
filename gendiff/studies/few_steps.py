"""Samples in few steps: the same noise, carried by several models, side by side."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
from jaxtyping import Float
from torch import Tensor

from gendiff.drawing import BLUE
from gendiff.studies.drawn import Drawn

Points = Float[Tensor, "n 2"]


def side_by_side(
    sets: Mapping[str, Mapping[int, Points]],
    apart: Mapping[str, Mapping[int, float]],
    /,
) -> Drawn:
    """Draw each model's samples in a row, a number of calls in each column.

    Args:
        sets: Of each model, the points by the number of calls; all models have the same
            numbers.
        apart: The distance of each set from the data, in any unit.

    Raises:
        ValueError: If the models differ in their numbers of calls.
    """
    rows = list(sets)
    columns = list(sets[rows[0]])
    if any(list(of) != columns for of in sets.values()):
        raise ValueError(f"not all models have the calls {columns}; give all the same")
    fig, axes = plt.subplots(
        len(rows),
        len(columns),
        figsize=(6.4, 1.7 * len(rows)),
        squeeze=False,
        sharex=True,
        sharey=True,
    )
    for line, (name, of) in zip(axes, sets.items(), strict=True):
        for ax, (calls, points) in zip(line, of.items(), strict=True):
            ax.scatter(*points.T, s=2, color=BLUE, linewidths=0, alpha=0.5)
            steps = "1 call" if calls == 1 else f"{calls} calls"
            ax.set_title(f"{steps} ({apart[name][calls]:.2f})", fontweight="normal")
            ax.set(xticks=[], yticks=[], aspect="equal", xlim=(-2.2, 2.2))
            ax.set_ylim(-2.2, 2.2)
            ax.grid(visible=False)
        line[0].set_ylabel(name)
    told = "; ".join(
        f"{name}: {', '.join(f'{far:.2f} in {n}' for n, far in of.items())}"
        for name, of in apart.items()
    )
    return fig, (
        f"{len(rows)} rows of point sets, one for each model, and {len(columns)} "
        f"columns, one for each number of calls. Distance from the data: {told}."
    )
