"""Figures of chains and paths between noise and data on a line."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure
from numpy.typing import NDArray

from gendiff.drawing import BLUE, GREEN, INK, ORANGE
from gendiff.exact import GaussianMixture
from gendiff.studies.drawn import Drawn
from gendiff.studies.guidance.line_distributions import log_density

Array = NDArray[np.float64]
TALL = 3.0
"""How far the heat map reaches, in standard deviations of the noised data."""


def heat(data: GaussianMixture, levels: Sequence[float], /) -> Float[np.ndarray, "y t"]:
    """Return the density of data plus noise, a column a level, in scaled states."""
    std = float(data.moments().covariance) ** 0.5
    z = np.linspace(-TALL, TALL, 201)
    wide = [float(np.hypot(std, s)) for s in levels]
    columns = [
        w * np.exp(log_density(data, w * z, sigma=s))
        for s, w in zip(levels, wide, strict=True)
    ]
    return np.stack(columns, 1)


def paths(
    map_: Float[np.ndarray, "y t"],
    walks: Mapping[str, Float[np.ndarray, "steps n"]],
    until: int,
    ends: Mapping[str, Float[np.ndarray, " n"]],
    /,
) -> Figure:
    """Draw paths over the density that they share, up to a step.

    Args:
        map_: The density, noise at the left.
        walks: Scaled states along paths, by the equation that made them.
        until: How many states are shown.
        ends: Scaled states of many more paths at that step.
    """
    fig, axes = plt.subplots(len(walks), 2, figsize=(4.2, 4.8), sharey=True,
                             width_ratios=[4, 1])  # fmt: skip
    for (ax, side), (name, walk) in zip(axes, walks.items(), strict=True):
        ax.imshow(np.sqrt(map_), origin="lower", aspect="auto", cmap="magma",
                  extent=(0, 1, -TALL, TALL))  # fmt: skip
        t = np.linspace(0, 1, len(walk))[: until + 1]
        ax.plot(t, walk[: until + 1], color="white", lw=0.7, alpha=0.85)
        ax.plot(t[-1:], walk[until : until + 1], ".", color="white", ms=4)
        ax.set(ylim=(-TALL, TALL), xlim=(0, 1.01), yticks=[])
        ax.set_xticks([0, 1], ["noise", "data"])
        ax.set_title(name, fontsize=10)
        ax.grid(visible=False)
        side.hist(ends[name], bins=np.linspace(-TALL, TALL, 61), density=True,
                  orientation="horizontal", color=BLUE, alpha=0.6)  # fmt: skip
        column = map_[:, round(t[-1] * (map_.shape[1] - 1))]
        side.plot(column, np.linspace(-TALL, TALL, len(map_)), color=ORANGE, lw=1.2)
        side.set(xticks=[], xlim=(0, 1.4))
        side.grid(visible=False)
    return fig


def graph() -> Drawn:
    """Draw the chain as a graphical model, noise added and removed."""
    fig, ax = plt.subplots(figsize=(4.2, 1.5))
    ring = {"boxstyle": "circle,pad=0.35", "fc": "none", "ec": INK}
    names = ["$x_T$", "$x_{t}$", "$x_{t-1}$", "$x_0$"]
    for place, name in enumerate(names):
        ax.text(place, 0, name, ha="center", va="center", fontsize=12,
                bbox=ring)  # fmt: skip
    for place in range(3):
        for end, colour, bend in ((1, BLUE, -0.4), (-1, ORANGE, -0.4)):
            start = (place + 0.5 - 0.28 * end, 0.12 * end)
            ax.annotate("", (place + 0.5 + 0.28 * end, 0.12 * end), start,
                        arrowprops={"arrowstyle": "->", "color": colour,
                                    "ls": "-" if place == 1 else ":",
                                    "connectionstyle": f"arc3,rad={bend}"})  # fmt: skip
    ax.text(1.5, 0.42, "$p(x_{t-1}\\mid x_t)$, learnt", color=BLUE, ha="center")
    ax.text(1.5, -0.55, "$q(x_t\\mid x_{t-1})$, fixed", color=ORANGE, ha="center")
    ax.set(xlim=(-0.4, 3.4), ylim=(-0.75, 0.75))
    ax.set_axis_off()
    return fig, (
        "Four circles in a row, from noise at the left to data at the right. Arrows "
        "above point to the data and are learnt; arrows below point back to the noise "
        "and are fixed."
    )


def against_steps(
    ks: Mapping[int, float], drawn: float, gaps: Mapping[int, float], slope: float, /
) -> Drawn:
    """Draw what a chain's end and its bound lack against its number of steps.

    Args:
        ks: Distance of the end from the data, by the number of steps.
        drawn: Distance that a large set of draws of the data has.
        gaps: Nats that the bound lacks, by the number of steps.
        slope: Of the gap, on logarithmic axes.
    """
    fig, (left, right) = plt.subplots(2, 1, figsize=(4.2, 4.8), sharex=True)
    left.loglog([*ks], [*ks.values()], "o-", color=BLUE)
    left.axhline(drawn, color=INK, lw=0.8, ls=":")
    left.text(min(ks), drawn * 1.15, "draws of the data", fontsize=9)
    left.set(ylabel="distance to the data (KS)")
    right.loglog([*gaps], [*gaps.values()], "o-", color=ORANGE)
    right.text(100, 1.0, f"slope {slope:.2f}", color=ORANGE)
    right.set(xlabel="steps", ylabel="nats that the bound lacks")
    far = ", ".join(f"{value:.2g} at {steps}" for steps, value in ks.items())
    lack = ", ".join(f"{value:.2g} at {steps}" for steps, value in gaps.items())
    return fig, (
        "Two falling lines on logarithmic axes, against the number of steps. Distance "
        f"of the chain's end from the data: {far}, where draws of the data have "
        f"{drawn:.2g}. Gap of the bound in nats: {lack}."
    )


def ends(
    x: Float[np.ndarray, " n"],
    true: Float[np.ndarray, " n"],
    made: Mapping[str, tuple[Float[np.ndarray, " m"], Float[np.ndarray, " m"]]],
    /,
) -> Drawn:
    """Draw the density of the data and those that two equations end with."""
    fig, ax = plt.subplots(figsize=(4.2, 2.8))
    ax.fill_between(x, true, color=INK, alpha=0.15, lw=0)
    for (name, (at, density)), colour, style in zip(
        made.items(), (BLUE, ORANGE, GREEN), ("-", "--", ":"), strict=False
    ):
        ax.plot(at, density, style, color=colour, label=name)
    ax.set(xlim=(-3, 3), yticks=[], xlabel="x")
    ax.legend(frameon=False, fontsize=9)
    return fig, (
        "The two bumps of the data as a grey area, and over them the densities that "
        f"{' and '.join(made)} end with."
    )
