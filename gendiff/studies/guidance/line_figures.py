"""Figures of densities on a line, and of what samplers make of them, told in words."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from gendiff.drawing import BLUE, GREEN, INK, ORANGE, PINK, label_lines
from gendiff.exact import GaussianMixture
from gendiff.studies.guidance.line_distributions import LINE, Line, log_density, moments
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


def two_models(
    x: Line,
    densities: Sequence[Line],
    scores: Mapping[str, Line],
    errors: tuple[float, Sequence[float]],
    /,
    *,
    sigma: float,
    n: int,
) -> Told:
    """Return a density with its fit, and scores of the truth and two models.

    The errors are those of the fit's score and of several networks'; both have seen
    `n` points.
    """
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
    fit, nets = errors
    return fig, (
        "Left: the density of a mixture with bumps at -1 and 2, and nearly the same "
        f"curve fitted by likelihood to {n:,} points. Right: the score at noise "
        f"{sigma:g}, falling through zero at both bumps, of the truth, the fitted "
        "mixture and a network; "
        f"root mean squared errors {fit:.2f} and {np.mean(nets):.2f} ± "
        f"{np.std(nets, ddof=1):.2f} over {len(nets)} training seeds."
    )


def walks(
    clock: Line,
    climbing: Float[np.ndarray, "step n"],
    roaming: Float[np.ndarray, "step n"],
    distribution: GaussianMixture,
    ends: Line,
    top: float,
    /,
) -> Told:
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
    tall = np.linspace(-4, 4.5, 341)
    axes[2].fill_betweenx(
        tall, np.exp(log_density(distribution, tall)), color=PALE, lw=0
    )
    bins = np.linspace(-4, 4.5, 69)
    height = np.histogram(ends, bins, density=True)[0]
    axes[2].stairs(height, bins, orientation="horizontal", color=GREEN)
    axes[2].axhline(top, color=ORANGE, lw=1.5)
    axes[2].set_title("in the end", fontsize=9)
    axes[2].set_xticks([])
    std = math.sqrt(float(distribution.moments().covariance))
    return fig, (
        "Left: without noise every chain runs from 0 to the same point, x = "
        f"{top:.2f}, and stays. Middle: with noise chains roam over both bumps and "
        "cross between them. Right: the histogram of the chains with noise "
        f"follows the density; its standard deviation is {ends.std():.2f}, the true "
        f"one {std:.2f}."
    )


def colder(
    yes: Line, cold: Line, gamma: float, own: Line, made: Sequence[Line], /
) -> Told:
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
    cube, colder = (moments(density)[0] for density in made)
    return fig, (
        "Left: gradients of three log-likelihoods of the right class. The one of the "
        "cube is three times that of p(y|x) everywhere; the colder classifier's "
        "equals it far on the wrong side, and falls to zero sooner. "
        f"Right: the densities, means {cube:.2f} with the cube and {colder:.2f} with "
        "the colder classifier, which resembles the data of the class cut off at the "
        "border."
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
