"""Lines with bands: the mean over runs, from the lowest to the highest."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray


def banded(
    ax: Axes,
    x: Any,  # noqa: ANN401
    curves: NDArray[np.floating],
    /,
    *,
    color: str,
    label: str,
    alpha: float = 0.25,
    markersize: float = 4.5,
) -> None:
    """Draw the mean over runs, and a band from the lowest to the highest."""
    ax.plot(x, curves.mean(0), "o-", color=color, label=label, markersize=markersize)
    low, high = curves.min(0), curves.max(0)
    ax.fill_between(x, low, high, color=color, alpha=alpha, linewidth=0)
