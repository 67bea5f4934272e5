"""Figures of densities on a line, and of what samplers make of them."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from gendiff.drawing import BLUE, GREEN, INK, ORANGE, PINK, label_lines
from gendiff.studies.line_laws import LINE, Line
from gendiff.studies.line_samplers import carried

PALE, GREY = "#d9d9d9", "#777777"
SHADES = {"flow": BLUE, "SDE": ORANGE, "Langevin": GREEN}
Ways = Mapping[str, Any]
"""Of the flow the points and where they go, of the SDE points and density, chains."""
Moments = tuple[float, float]


def histogram(ax: Axes, chains: Line, bins: NDArray[np.float64], /) -> None:
    """Draw the histogram of chains as a line."""
    height = np.histogram(chains, bins, density=True)[0]
    ax.step(bins[:-1], height, where="post", color=GREEN, lw=1)


def ways(
    target: Line, data: Line, found: Ways, rows: Mapping[str, Moments], /
) -> Figure:
    """Return a frame: the promise, the data, what samplers make of it, and moments."""
    fig, ax = plt.subplots(figsize=(5.8, 2.5))
    ax.fill_between(LINE, target, color=PALE, lw=0)
    ax.plot(LINE, data, color=INK, lw=0.8, ls=":")
    histogram(ax, found["Langevin"], np.linspace(-4, 8, 97))
    ax.plot(*found["SDE"], color=ORANGE)
    z, end = found["flow"]
    ax.plot(end, carried(z, end)[2], color=BLUE)
    ax.set(xlim=(-4, 6.5), ylim=(0, 1), yticks=[], xlabel="x")
    lines = [(f"{'':<9} {'mean':>5} {'var':>5}", INK)]
    for name, (mean, spread) in rows.items():
        words = f"{name:<9} {round(mean, 2) + 0.0:5.2f} {spread:5.2f}"
        lines.append((words, SHADES.get(name, GREY)))
    for i, (words, colour) in enumerate(lines):
        ax.text(
            *(0.02, 0.98 - 0.12 * i, words),
            color=colour,
            transform=ax.transAxes,
            fontsize=10,
            family="monospace",
            va="top",
        )
    return fig


def two_models(
    x: Line, densities: Sequence[Line], scores: Mapping[str, Line], /, *, sigma: float
) -> Figure:
    """Return a density with its fit, and scores of the truth and two models."""
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.4, 2.5))
    left.fill_between(x, densities[0], color=PALE, lw=0)
    left.plot(x, densities[1], color=PINK)
    left.set_title("a density, by likelihood", fontsize=9)
    left.set_ylim(0, None)
    styles = (("#888888", 4.0, -3.3), (PINK, 1.2, -1.5), (BLUE, 1.2, 1.4))
    for (name, score), (colour, lw, at) in zip(scores.items(), styles, strict=True):
        right.plot(x, score, color=colour, lw=lw, alpha=0.6 if lw > 2 else 1)
        right.text(at, -4.9, name, color=colour, fontsize=9)
    right.axhline(0, color=INK, lw=0.6)
    right.set_ylim(-6, 6)
    right.set_title(f"its gradient, at noise {sigma:g}", fontsize=9)
    for ax in (left, right):
        ax.set_xlabel("x")
    return fig


def walks(
    clock: Line,
    climbing: Float[np.ndarray, "step n"],
    roaming: Float[np.ndarray, "step n"],
    density: tuple[Line, Line],
    ends: Line,
    top: float,
    /,
) -> Figure:
    """Return chains without noise and with it, and where these are in the end."""
    shape: Any = {"sharey": True, "width_ratios": (1.2, 1.2, 0.8)}
    fig, axes = plt.subplots(1, 3, figsize=(6.4, 2.4), **shape)
    for ax, paths, colour, title in (
        (axes[0], climbing, ORANGE, "score only"),
        (axes[1], roaming, GREEN, "score and noise"),
    ):
        ax.plot(clock, paths, color=colour, lw=0.5, alpha=0.7)
        ax.set_title(title, fontsize=9)
        ax.set_xlabel("time")
    axes[0].set_ylabel("x")
    axes[2].fill_betweenx(*density, color=PALE, lw=0)
    bins = np.linspace(-4, 4.5, 69)
    height = np.histogram(ends, bins, density=True)[0]
    axes[2].stairs(height, bins, orientation="horizontal", color=GREEN)
    axes[2].axhline(top, color=ORANGE, lw=1.5)
    axes[2].set_title("in the end", fontsize=9)
    axes[2].set_xticks([])
    return fig


def colder(
    yes: Line, cold: Line, gamma: float, own: Line, made: Sequence[Line], /
) -> Figure:
    """Return gradients of a log-likelihood, its power and a colder one; densities."""
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.4, 2.5))
    for log_p, colour, name, spot in (
        (yes, INK, "p(y|x)", (-2.8, 4.5)),
        (gamma * yes, BLUE, "its cube", (-2.1, 9)),
        (cold, PINK, "colder", (0.15, 9)),
    ):
        left.plot(LINE, np.gradient(log_p, LINE), color=colour)
        left.text(*spot, name, color=colour, fontsize=9)
    left.set(xlim=(-3, 3), xlabel="x")
    left.set_title("gradient of the logarithm", fontsize=9)
    right.fill_between(LINE, own, color=PALE, lw=0)
    for density, colour in zip(made, (BLUE, PINK), strict=True):
        right.plot(LINE, density, color=colour)
    right.set(xlim=(-2, 5.5), ylim=(0, None), yticks=[], xlabel="x")
    right.set_title("the density it makes with p(x)", fontsize=9)
    return fig


def levels(
    sigmas: Line,
    distances: Mapping[float, Line],
    shapes: tuple[Line, Line, Line],
    /,
    *,
    title: str,
) -> Figure:
    """Return distances against the noise level, and points with needed and given."""
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.4, 2.6), width_ratios=(1.25, 1))
    for (gamma, of), colour in zip(distances.items(), (GREEN, BLUE, PINK), strict=True):
        left.semilogx(sigmas, of, color=colour, label=f"γ = {gamma:g}")
    left.set_xlabel("noise level σ")
    left.set_title("total variation, given and needed", fontsize=9)
    left.set_ylim(0, None)
    left.set_xticks([0.1, 1, 10], ["0.1", "1", "10"])
    label_lines(left, gap=0.1)
    x, needed, given = shapes
    near = np.abs(x - 3) < 9.5
    right.fill_between(x[near], needed[near].round(6) + 0.0, color=PALE, lw=0)
    right.plot(x[near], given[near].round(6) + 0.0, color=BLUE)
    right.set(xlim=(-6, 12), yticks=[], xlabel="x")
    right.set_title(title, fontsize=9)
    return fig


def noises(
    amounts: Line,
    drifting: Float[np.ndarray, "n 2"],
    known: Mapping[str, Moments],
    /,
) -> Figure:
    """Return mean and variance against the amount of noise, from flow to promise."""
    fig, axes = plt.subplots(1, 2, figsize=(6.4, 2.5))
    for i, (ax, title) in enumerate(zip(axes, ("mean", "variance"), strict=True)):
        ax.semilogx(amounts, drifting[:, i], "o-", color=ORANGE, ms=3)
        for name, colour, at, side in (
            ("promised", GREY, amounts[0], "left"),
            ("flow", BLUE, amounts[-1], "right"),
        ):
            height = known[name][i]
            ax.axhline(height, color=colour, lw=1.2, ls="--")
            ax.text(at, height, name, color=colour, fontsize=9, va="bottom", ha=side)
        ax.plot([1], [known["SDE"][i]], "o", color=INK, ms=6, mfc="none")
        above = "top" if i else "bottom"
        ax.text(1.25, known["SDE"][i], "SDE", color=INK, fontsize=9, va=above)
        ax.set_title(title, fontsize=9)
        ax.set_xlabel("λ², noise in units of the SDE's")
        ax.set_xticks([0.1, 1, 10, 100], ["0.1", "1", "10", "100"])
        ax.margins(y=0.15)
    return fig


def tempered(targets: Mapping[float, Line], powered: Mapping[float, Ways], /) -> Figure:
    """Return powers of a density, and what samplers make of the multiplied score."""
    fig, axes = plt.subplots(1, 2, figsize=(6.4, 2.4))
    for ax, (gamma, found) in zip(axes, powered.items(), strict=True):
        ax.fill_between(LINE, targets[gamma], color=PALE, lw=0)
        histogram(ax, found["Langevin"], np.linspace(-3.5, 4.5, 81))
        ax.plot(*found["SDE"], color=ORANGE)
        z, end = found["flow"]
        if np.ptp(end[np.abs(z) < 3]) < 0.1:  # all but a point
            ax.axvline(float(end[len(end) // 2]), color=BLUE)
        else:
            ax.plot(end, np.minimum(carried(z, end)[2], 9), color=BLUE)
        ax.set(xlim=(-3.5, 4.5), ylim=(0, 1.6), yticks=[], xlabel="x")
        ax.set_title(f"score × {gamma:g}", fontsize=9)
    for height, (name, colour) in zip((1.42, 1.27, 1.12), SHADES.items(), strict=True):
        axes[1].text(-3.3, height, name, color=colour, fontsize=9)
    return fig
