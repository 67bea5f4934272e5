"""Figures of radii: clouds, their lengths, the chi distribution, areas of spheres."""

import math
from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import torch
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy import stats
from torch import Tensor

from gendiff.drawing import BLUE, GREEN, ORANGE, PINK, SKY, label_lines
from gendiff.studies.drawn import Drawn
from gendiff.typicality import Chi

Cloud = Float[Tensor, "n d"]


def clouds(cloud: Cloud, phantom: Cloud, shell: Sequence[float], /) -> Drawn:
    """Draw a Gaussian and a mirage, by two coordinates and by the radius.

    Args:
        cloud: Samples of the Gaussian.
        phantom: Samples of the mirage.
        shell: The fractions of either within 2 of the radius 10.
    """
    many = cloud.shape[1]
    fig, axes = plt.subplots(1, 3, figsize=(6.4, 2.5), width_ratios=(1, 1, 1.25))
    edges = np.linspace(0, 3, 61)
    for ax, x, colour, title in (
        (axes[0], cloud, BLUE, "Gaussian"),
        (axes[1], phantom, ORANGE, "mirage"),
    ):
        _scatter(ax, x[:1_500, :2], colour, size=3, alpha=0.35)
        ax.set(xlim=(-6, 6), ylim=(-6, 6), xticks=[-4, 0, 4], yticks=[-4, 0, 4])
        ax.set_title(title, color=colour)
        ax.set_xlabel("coordinate 1")
        length = x.norm(dim=1).numpy() / math.sqrt(x.shape[1])
        axes[2].hist(length, bins=edges, density=True, color=colour, alpha=0.6)
    axes[0].set_ylabel("coordinate 2", labelpad=0)
    axes[2].set_xlabel("distance from centre / √K")
    axes[2].set_yticks([])
    axes[2].set_title("radius", fontweight="normal")
    axes[2].text(1.17, 4.5, "Gaussian", color=BLUE, fontsize=9)
    axes[2].text(1.3, 0.6, "mirage", color=ORANGE, fontsize=9)
    return fig, (
        f"Samples in {many} dimensions. Left and middle, their first two coordinates: "
        "the Gaussian is an even disc, the mirage a dense core with a sparse halo "
        "around it. Right, histograms of the distance from the centre: the Gaussian's "
        "is a narrow peak at one root K, the mirage's half of a bell curve, highest at "
        f"zero. Within 2 of the radius 10 lie {shell[0]:.1%} of the Gaussian's samples "
        f"and {shell[1]:.1%} of the mirage's."
    )


def radius(k: int, drawn: Float[Tensor, " n"], /) -> Figure:
    """Draw the radius of a Gaussian, with samples, and what one expects of it."""
    x = np.linspace(0, 3, 601)
    r = torch.from_numpy(x * math.sqrt(k))
    fig, ax = plt.subplots(figsize=(5.6, 2.5))
    bins = [*np.linspace(0, 3, 91)]
    share = drawn.numpy() / math.sqrt(k)
    ax.hist(share, bins=bins, density=True, color=BLUE, alpha=0.2, lw=0)
    ax.plot(x, Chi(k).log_pdf(r).exp() * math.sqrt(k), color=BLUE)
    ax.plot(x, 2 * stats.norm.pdf(x), color=ORANGE, ls="--")
    ax.set(xlim=(0, 3), ylim=(0, 6), yticks=[0, 2, 4, 6])
    ax.set_xlabel("r / √K")
    ax.set_ylabel("density")
    ax.text(1.55, 3.2, "a Gaussian's radius", color=BLUE)
    ax.text(1.55, 2.3, "what intuition expects", color=ORANGE)
    ax.set_title(f"K = {k}", fontweight="normal")
    return fig


def parts(flat: Float[Tensor, "n 2"], /) -> Drawn:
    """Draw points of the plane, their radii and their directions."""
    length = flat.norm(dim=1, keepdim=True)
    fig, (left, middle, right) = plt.subplots(1, 3, figsize=(6.4, 2.4))
    r = np.linspace(0, 4, 200)
    left.hist(length[:, 0].numpy(), bins=24, density=True, color=SKY, alpha=0.4)
    left.plot(r, Chi(2).log_pdf(torch.from_numpy(r)).exp(), color=BLUE)
    left.set(xlim=(0, 4), yticks=[], xticks=[0, 2, 4])
    left.set_title("a radius r", fontweight="normal")
    for ax, x, title in (
        (middle, flat / length, "a direction θ"),
        (right, flat, "r θ"),
    ):
        _scatter(ax, x, BLUE, size=4, alpha=0.4)
        ax.set(xlim=(-3.6, 3.6), ylim=(-3.6, 3.6), xticks=[-2, 0, 2], yticks=[-2, 0, 2])
        ax.set_title(title, fontweight="normal")
    return fig, (
        "Three panels in two dimensions. Left, a histogram of radii on the chi curve, "
        "which rises from 0, peaks at 1 and falls. Middle, directions: points evenly "
        "all round the unit circle. Right, the products, a round Gaussian cloud; their "
        f"mean square a coordinate is {float(flat.square().mean()):.2f}."
    )


def moments() -> Drawn:
    """Draw mean square, squared mean and variance of the radius by dimension."""
    ks = np.unique(np.round(np.geomspace(1, 1_000, 40)).astype(int))
    distributions = [Chi(int(k)) for k in ks]
    fig, ax = plt.subplots(figsize=(6.4, 2.5))
    ax.loglog(ks, ks, color=GREEN, label="E r²")
    squares = [distribution.mean**2 for distribution in distributions]
    ax.loglog(ks, squares, color=BLUE, ls="--", label="(E r)²")
    variances = [distribution.variance for distribution in distributions]
    ax.loglog(ks, variances, color=PINK, label="variance of r")
    ax.set_xlabel("dimension K")
    ax.set_ylim(0.1, 2_000)
    label_lines(ax, gap=0.1)
    return fig, (
        "Three curves against the dimension on logarithmic axes. The mean square of "
        "the radius and the square of its mean rise together along the diagonal. The "
        f"variance, their difference, starts at {variances[0]:.3f} and flattens out at "
        "one half."
    )


def spheres(areas: Mapping[float, Sequence[float]], /) -> Drawn:
    """Draw areas of the unit sphere, and the logarithms of those of others.

    Args:
        areas: By radius, in 0, 1, 2 ... dimensions.
    """
    unit = areas[1.0]
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.4, 2.7), width_ratios=(1.5, 1))
    stems = left.stem(range(31), unit[:31], basefmt=" ")
    plt.setp(stems.stemlines, color=BLUE, lw=1.2)
    plt.setp(stems.markerline, color=BLUE, ms=3.5)
    left.plot(7, unit[7], "o", color=ORANGE, ms=5)
    note = f"{unit[7]:.2f} at K = 7"
    left.annotate(note, (7, unit[7]), (10, 33), fontsize=9, color=ORANGE, va="center")
    left.set(ylim=(0, 36), xlabel="dimension K")
    left.set_title("area of the unit sphere", fontweight="normal")
    for (r, curve), colour in zip(areas.items(), (PINK, BLUE, GREEN), strict=True):
        logs = np.log10(curve[1:])
        right.plot(range(1, len(curve)), logs, color=colour, label=f"r = {r:g}")
        best = int(np.argmax(logs))
        right.plot(best + 1, logs[best], "o", color=ORANGE if r == 1 else colour)
    right.set(ylim=(-38, 12), xlabel="dimension K", xlim=(0, 60))
    right.set_title("its log₁₀", fontweight="normal")
    lines = [line for line in right.get_lines() if np.size(line.get_xdata()) > 1]
    label_lines(right, lines, gap=0.1)
    return fig, (
        "Left, the area of the unit sphere for 0 to 30 dimensions as stems: 0, 2, "
        f"{unit[2]:.2f}, {unit[3]:.2f}, up to {unit[7]:.2f} at 7, then down to "
        f"{unit[30]:.5f} at 30. Right, the logarithm of the area up to 60 dimensions "
        "for radii of a half, one and two. All three rise, turn and fall, the larger "
        "the radius the later."
    )


def _scatter(
    ax: Axes, x: Float[Tensor, "n 2"], colour: str, /, *, size: float, alpha: float
) -> None:
    ax.scatter(*x.T, s=size, color=colour, alpha=alpha, lw=0)
    ax.set_aspect("equal")
