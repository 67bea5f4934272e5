"""Figures of densities on a line, and of what samplers make of them, told in words."""

import math
from collections.abc import Mapping
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from gendiff.drawing import BLUE, GREEN, INK, ORANGE, PINK, label_lines
from gendiff.exact import GaussianMixture
from gendiff.studies.guidance.line_distributions import LINE, Line, log_density
from gendiff.studies.guidance.line_samplers import carried

PALE, GREY = "#d9d9d9", "#777777"
SHADES = {"flow": BLUE, "SDE": ORANGE, "Langevin": GREEN}
Ways = Mapping[str, Any]
"""Of the flow the points and where they go, of the SDE points and density, chains."""
Moments = tuple[float, float]
Told = tuple[Figure, str]
"""A figure, and the text that stands in for it."""


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


def slider(
    data: Line, frames: Mapping[float, tuple[Line, Ways, Mapping[str, Moments]]], /
) -> tuple[list[Figure], str]:
    """Return a frame for every guidance scale: promise, samplers and their moments."""
    film = [ways(target, data, found, rows) for target, found, rows in frames.values()]
    last = max(frames)
    means = [f"{mean:.2f} {name}" for name, (mean, _) in frames[last][2].items()]
    return film, (
        f"{len(frames)} frames: densities on a line as the guidance scale goes from 0 "
        f"to {last:g}. At 0 all agree with the dotted mixture of two bumps, at 1 with "
        "the right bump. Beyond 1, the promised grey density and the histogram of "
        "Langevin chains stay together near x = 2, while the flow moves right and gets "
        f"narrow and the SDE lies between. At {last:g} the means are "
        f"{', '.join(means)}."
    )


def walks(
    clock: Line,
    climbing: Float[np.ndarray, "step n"],
    roaming: Float[np.ndarray, "step n"],
    distribution: GaussianMixture,
    ends: Line,
    tops: Line,
    /,
) -> Told:
    """Return chains without noise and with it, and where these are in the end."""
    shape: Any = {"sharey": True, "width_ratios": (2.4, 1)}
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.4, 2.2), **shape)
    left.plot(clock, roaming, color=GREEN, lw=0.4, alpha=0.6)
    left.plot(clock, climbing, color=ORANGE, lw=0.8)
    left.set(xlabel="time", ylabel="x")
    tall = np.linspace(-4, 4.5, 341)
    bins = np.linspace(-4, 4.5, 69)
    right.fill_betweenx(tall, np.exp(log_density(distribution, tall)), color=PALE, lw=0)
    height = np.histogram(ends, bins, density=True)[0]
    right.stairs(height, bins, orientation="horizontal", color=GREEN)
    for top in tops:
        right.axhline(top, color=ORANGE, lw=1.5)
    right.set_title("in the end", fontsize=9)
    right.set_xticks([])
    across = right.get_yaxis_transform()
    for y, words, colour in (
        (-2.95, "with noise", GREEN),
        (-3.85, "without", ORANGE),
    ):
        right.text(
            0.98, y, words, color=colour, fontsize=9, ha="right", transform=across
        )
    std = math.sqrt(float(distribution.moments().covariance))
    return fig, (
        "Left: chains that start all over both bumps. Without noise each runs to the "
        f"top of its side, x = {' or '.join(f'{top:.2f}' for top in tops)}, and stays; "
        "with noise they roam over both bumps and cross between them. Right: the "
        "histogram of the chains with noise follows the density; its standard "
        f"deviation is {ends.std():.2f}, the true one {std:.2f}."
    )


def levels(
    sigmas: Line,
    distances: Mapping[float, Line],
    shapes: tuple[Line, Line, Line],
    /,
    *,
    at: float,
) -> Told:
    """Return distances against the noise level, and densities at one of them.

    The shapes are points, and the densities needed and given at level `at`, scale 3.
    """
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
    right.set_title(f"at σ = {at:g}, γ = 3", fontsize=9)
    largest = {gamma: of.max() for gamma, of in distances.items()}
    peak = sigmas[int(distances[3.0].argmax())]
    return fig, (
        "Left: total variation between the densities given and needed, against the "
        "noise level, for three guidance scales. All start near zero, rise to a peak "
        f"and fall; for γ = 3 the peak is {largest[3.0]:.2f} at σ = {peak:.1f}, for "
        f"γ = 8 it is {largest[8.0]:.2f}. Right: both densities at σ = {at:g}; the one "
        "given lies further to the right."
    )


def noises(
    amounts: Line,
    drifting: Float[np.ndarray, "n 2"],
    known: Mapping[str, Moments],
    /,
) -> Told:
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
    flow, least, most, promised = (
        f"{mean:.2f} and {variance:.2f}"
        for mean, variance in (known["flow"], *drifting[[0, -1]], known["promised"])
    )
    return fig, (
        "Mean and variance at guidance scale 3 against the amount of noise. With "
        f"little, λ² = 1/{1 / amounts[0]:.0f}, they are {least}, near the flow's "
        f"{flow}; with {amounts[-1]:.0f} times the SDE's noise {most}, near the "
        f"promised {promised}."
    )


def tempered(
    targets: Mapping[float, Line],
    powered: Mapping[float, Ways],
    shares: Mapping[float, Mapping[str, float]],
    /,
    *,
    edge: float,
) -> Told:
    """Return powers of a density, and what samplers make of the multiplied score.

    The fractions of the mass to the left of an edge go into the words.
    """
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
    told = [
        f"factor {gamma:g}: " + ", ".join(f"{way} {v:.2f}" for way, v in each.items())
        for gamma, each in shares.items()
    ]
    return fig, (
        "Densities on two bumps with the score multiplied by 1.25 and by 2. Langevin "
        "histograms follow the grey powers of the density. The SDE's bumps are "
        "narrower; the flow's right bump is far too narrow, and with factor 2 all is "
        f"a single line. Mass left of {edge:g}, {'; '.join(told)}."
    )
