"""Figures of typical sets: curves of mass, space and surprisal."""

import math
from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import torch
from jaxtyping import Float
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy import stats
from torch import Tensor

from gendiff.discrete.surprisal import BIT
from gendiff.drawing import (
    BLUE,
    BROWN,
    GREEN,
    INK,
    ORANGE,
    PINK,
    SKY,
    label_lines,
)
from gendiff.studies.drawn import Drawn
from gendiff.studies.typicality.one_bump import Data
from gendiff.studies.typicality.soap_bubbles import spanning
from gendiff.typicality import Chi, StandardGaussian
from gendiff.typicality.annulus import log_sphere_area

Curve = Float[Tensor, " n"]
ByNumber = Mapping[int, float]
"""A curve: a value for each number of dimensions or tosses."""


def shell(k: int, share: Curve, uniform: Curve, angle: Curve, /) -> Figure:
    """Draw density, space and mass by radius, and samples at their radii.

    Args:
        k: How many dimensions.
        share: Radii in units of the root of `k`.
        uniform: Fractions of the mass at which samples are placed.
        angle: In which directions.
    """
    radius, distribution = share * math.sqrt(k), Chi(k)
    density = (-(radius**2) / 2).exp()
    space = (log_sphere_area(k, radius) - log_sphere_area(k, radius[-1])).exp()
    mass = (distribution.log_pdf(radius) - _peak(distribution)).exp()
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.4, 2.9), width_ratios=[1.5, 1])
    left.fill_between(share, mass, color=ORANGE, alpha=0.25, linewidth=0)
    for curve, x, word, colour, side in (
        (density, 0.0, "density", BLUE, "left"),
        (space, 1.0, "space", GREEN, "right"),
        (mass, 0.5, "mass", ORANGE, "center"),
    ):
        left.plot(share, curve, color=colour)
        left.text(x, 1.05, word, color=colour, transform=left.transAxes, ha=side)
    left.set(xlim=(0, 2), ylim=(0, 1.02), yticks=[])
    left.set_xlabel(r"radius / $\sqrt{K}$")
    left.set_xticks([0, 0.5, 1, 1.5, 2])
    placed = distribution.quantile(uniform) / math.sqrt(k)
    right.plot(placed * angle.cos(), placed * angle.sin(), ".", color=ORANGE, alpha=0.5)
    right.plot([0], [0], "+", color=BLUE, markersize=9)
    right.set(xlim=(-2.4, 2.4), ylim=(-2.4, 2.4), aspect="equal", xticks=[], yticks=[])
    right.set_title(f"K = {k}", fontweight="normal")
    return fig


def objectives(data: Data, fits: Mapping[str, NDArray[np.float64]], /) -> Drawn:
    """Draw a density and the bumps that objectives fit to it."""
    fig, ax = plt.subplots(figsize=(6.4, 2.7))
    ax.fill_between(data.x, data.density, color=INK, alpha=0.15, linewidth=0)
    ax.text(1.55, 0.5, "data", color=INK)
    styles = (BLUE, SKY, PINK, GREEN, ORANGE, BROWN)
    for row, ((name, fit), colour) in enumerate(zip(fits.items(), styles, strict=True)):
        dash = "--" if name in {"score matching", "quantile regression"} else "-"
        ax.plot(data.x, stats.norm.pdf(data.x, *fit), dash, color=colour)
        height = 0.93 - 0.11 * row
        ax.text(0.02, height, name, color=colour, transform=ax.transAxes, fontsize=9)
    ax.set(xlim=(-5.5, 4.0), ylim=(0, None), yticks=[], xlabel="$x$")
    return fig, (
        "Two bumps of data and the single Gaussians that six objectives fit to them. "
        "Maximum likelihood and score matching coincide, at width "
        f"{fits['maximum likelihood'][1]:.2f}; energy distance and quantile "
        f"regression nearly so, at {fits['energy distance'][1]:.2f}; the perfect "
        f"critic settles at location {fits['perfect critic'][0]:.2f} with width "
        f"{fits['perfect critic'][1]:.2f}."
    )


def coin(
    one: Float[np.ndarray, " n"],
    many: Float[np.ndarray, " n"],
    count: Float[np.ndarray, " n"],
    /,
) -> Drawn:
    """Draw what a sequence, the number of them, and their count come to, by heads."""
    heads = np.arange(len(one))
    fig, ax = plt.subplots(figsize=(6.4, 3.2))
    ax.plot(heads, many, "^-", color=GREEN, label="number of sequences", alpha=0.7)
    ax.plot(heads, one, "s-", color=BLUE, label="one sequence")
    ax.plot(heads, count, "o-", color=ORANGE, label="the count")
    for curve, colour in ((one, BLUE), (count, ORANGE), (many, GREEN)):
        top = int(curve.argmax())
        (ring,) = ax.plot([top], [curve[top]], "o", color=colour, markersize=11)
        ring.set_fillstyle("none")
    ax.text(7.2, 6e-8, "probability of one sequence", color=BLUE, fontsize=9)
    words = "probability of the count"
    ax.text(2.6, 3e-3, words, color=ORANGE, fontsize=9, ha="center")
    ax.text(8, 1.5e5, "number of sequences", color=GREEN, ha="center", fontsize=9)
    ax.set(yscale="log", xlabel="number of heads", ylim=(1e-10, 3e6), xticks=heads[::2])
    return fig, (
        "Against the number of heads, on a logarithmic axis: the probability of one "
        f"sequence rises steadily to {one[16]:.4f} at sixteen heads; the number of "
        f"sequences is largest, {many[8]:,.0f}, at eight; their product, the "
        f"probability of the count, peaks at {count[12]:.3f} for twelve."
    )


def spheres(reach: Curve, relative: ByNumber, gaps: ByNumber, /) -> Drawn:
    """Draw distributions of the radius, and how far a Gaussian is from a sphere."""
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.4, 2.8))
    for k, colour in zip((1, 10, 100, 1000), (BLUE, SKY, GREEN, ORANGE), strict=True):
        distribution, root = Chi(k), math.sqrt(k)
        curve = distribution.log_pdf(reach * root).clamp(min=-50.0).exp() * root
        left.plot(reach, curve, color=colour)
        beside = max(distribution.mode / root, 0.25) + (0.55 / root if k > 1 else 0.0)
        height = min(math.exp(_peak(distribution)) * root, 17)
        left.text(beside, height, f"{k}", color=colour, va="bottom", fontsize=9)
    left.set(ylim=(0, 19), yticks=[], xlim=(0, 2.2))
    left.set_xlabel(r"radius / $\sqrt{K}$, for four K")
    spheres = list(relative)
    right.plot(spheres, [*relative.values()], "o-", color=BLUE, label="radius")
    right.plot(spheres, [*gaps.values()], "s-", color=ORANGE, label="coordinate")
    right.set(xscale="log", yscale="log", xlabel="dimension K")
    right.set_title("distance from the sphere", fontweight="normal")
    label_lines(right)
    return fig, (
        "Left, the density of the radius over the root of K: broad in one dimension, a "
        "spike at 1 in a thousand. Right, on logarithmic axes: the relative spread of "
        f"the radius falls from {relative[1]:.3f} to {relative[1000]:.4f}, and the "
        "distance of a coordinate on the sphere from a normal one from "
        f"{gaps[1]:.3f} to {gaps[1000]:.1e}."
    )


def annulus(
    exact: tuple[Curve, Curve],
    sampled: tuple[Curve, Curve],
    ball: StandardGaussian,
    masses: ByNumber,
    /,
    *,
    vectors: int,
) -> Drawn:
    """Draw the mass of an annulus against its width, exact and from vectors.

    Args:
        exact: Widths and masses.
        sampled: The same from vectors.
        ball: The distribution.
        masses: Exact, by whole width; the widest is pointed out.
        vectors: How many were drawn.
    """
    width = max(masses)
    epsilon = spanning(torch.tensor(width, dtype=torch.float64), ball.dimensions)
    low, high = (float(r) for r in ball.annulus(epsilon))
    note = (
        f"width {width}, ε = {float(epsilon) / BIT:.1f} bits:\n"
        f"radii {low:.2f} to {high:.2f}\nhold {masses[width]:.4f}"
    )
    fig, ax = plt.subplots(figsize=(6.4, 2.8))
    ax.plot(*exact, color=BLUE)
    ax.plot(*sampled, "o", color=ORANGE, fillstyle="none")
    ax.plot([width, width], [0, masses[width]], ":", color=INK, linewidth=1)
    ax.text(width + 0.06, 0.45, note, fontsize=9)
    ax.text(1.1, 0.42, "exact", color=BLUE)
    ax.text(1.15, 0.3, f"{vectors:,} vectors", color=ORANGE)
    ax.set(xlabel="width of the annulus", ylabel="mass", ylim=(0, 1.03), xlim=(0, 6.1))
    return fig, (
        f"The mass of the typical set of a {ball.dimensions}-dimensional Gaussian "
        f"against the width of its annulus, exact and from {vectors:,} vectors, which "
        f"agree: {masses[1]:.3f} at width 1, {masses[2]:.3f} at 2, {masses[3]:.3f} at "
        f"3 and {masses[4]:.4f} at 4."
    )


def equipartition(
    panels: Sequence[tuple[str, ByNumber, ByNumber]], shares: ByNumber, /
) -> Drawn:
    """Draw masses of a Gaussian and a coin in two panels, and a coin's fraction of all.

    Args:
        panels: Title, Gaussian, coin.
        shares: The logarithm to base 2, below zero.
    """
    fig, axes = plt.subplots(1, 3, figsize=(6.4, 2.8))
    for ax, (title, ball, coin) in zip(axes, panels, strict=False):
        ax.plot([*ball], [*ball.values()], "o-", color=BLUE, markersize=3)
        ax.plot([*coin], [*coin.values()], "s-", color=ORANGE, markersize=3)
        ax.set(xscale="log", ylim=(0, 1.04), xlabel="dimensions, tosses")
        ax.set_title(title, fontsize=9, fontweight="normal")
    axes[1].text(1_500, 0.3, "Gaussian", color=BLUE, fontsize=9)
    axes[1].text(1_500, 0.2, "coin", color=ORANGE, fontsize=9)
    last = axes[2]
    last.plot(
        [*shares], [-s for s in shares.values()], "s-", color=ORANGE, markersize=3
    )
    last.set(xscale="log", yscale="log", xlabel="tosses")
    last.invert_yaxis()
    powers = [1, 10, 100, 1_000, 10_000]
    last.set_yticks(powers, [f"$2^{{-{power}}}$" for power in powers])
    last.minorticks_off()
    (_, few, tossed), (_, each, _) = panels
    last.set_title("fraction of all sequences", fontsize=9, fontweight="normal")
    return fig, (
        "Three panels from 10 to 100,000 dimensions. With ten bits in total, the mass "
        f"of the typical set falls from {few[10]:.3f} to {few[100_000]:.3f} for "
        f"the Gaussian and from {tossed[10]:.3f} to {tossed[100_000]:.3f} for "
        "the coin. With a tenth of a bit for each dimension it rises to "
        f"{each[100_000]:.3f} for both. The fraction of all sequences of the coin in "
        f"that set falls to 2 to the power of {shares[100_000]:,.0f}."
    )


def modes(clouds: Mapping[str, Curve], standing: Mapping[str, float], /) -> Drawn:
    """Draw where samples and modes of distributions stand.

    Args:
        clouds: Surprisals of samples, in standard deviations from the entropy.
        standing: How far below the entropy the mode is.
    """
    fig, ax = plt.subplots(figsize=(6.4, 3.0))
    colours = (ORANGE, BLUE, GREEN, PINK)
    for row, ((name, cloud), colour) in enumerate(
        zip(clouds.items(), colours, strict=True)
    ):
        inner, outer = (np.quantile(cloud, [q, 1 - q]) for q in (0.005, 1 / len(cloud)))
        ax.plot(outer, [row, row], color=colour, linewidth=1.2)
        (thick,) = ax.plot(inner, [row, row], color=colour, linewidth=7, alpha=0.45)
        thick.set_solid_capstyle("butt")
        ax.plot([-standing[name]], [row], "D", color=colour)
        words = f"mode, {standing[name]:.1f} below"
        ax.text(-standing[name], row + 0.22, words, color=colour, fontsize=9, ha="left")
        ax.text(5.0, row, name, color=colour, fontsize=9, va="center")
    ax.axvline(0, color=INK, linewidth=1, linestyle=":")
    below = ", ".join(f"{name} {far:.1f}" for name, far in standing.items())
    end = -max(standing.values()) - 0.6
    ax.set(yticks=[], ylim=(-0.5, 3.7), xlim=(end, 10.6))
    ax.set_xlabel("surprisal, in standard deviations from the entropy", loc="left")
    ax.set_xticks([t for t in range(-12, 5, 2) if t > end])
    return fig, (
        "For four distributions, the surprisals of samples in standard deviations "
        "from the entropy, and the mode. Samples lie within about four deviations. The "
        f"modes lie below: {below}."
    )


def _peak(distribution: Chi) -> float:
    """Return the log-density of the most likely radius."""
    return float(
        distribution.log_pdf(torch.tensor(distribution.mode, dtype=torch.float64))
    )
