"""Figures of points in the plane: arrows, ellipses, and where chains have led."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import torch
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse
from torch import Tensor

from gendiff.drawing import BLUE, GREEN, INK, ORANGE, PINK, SKY, label_lines
from gendiff.exact import GaussianMixture
from gendiff.studies.autoencoders.moments import Map, slopes
from gendiff.types import level

PALE, PALER = "#f0b48f", "#f6d5c0"
"""Colours of data behind what is drawn over them."""
Points = Float[Tensor, "_ 2"]


def portraits(
    nets: Mapping[str, Map],
    agreement: Mapping[str, float],
    reach: Mapping[str, float],
    dots: Points,
    /,
) -> Figure:
    """Return how each network moves the points of a lattice, over dots of the data.

    Args:
        nets: Autoencoders by what stands in their way.
        agreement: The cosine of each one's moves with the score.
        reach: Their length relative to it.
        dots: Points of the data.
    """
    across, up = torch.linspace(-4.6, 4.6, 24), torch.linspace(-3.4, 3.4, 18)
    lattice = torch.cartesian_prod(across, up)
    fig, axes = plt.subplots(2, 2, figsize=(6.4, 5.4), sharex=True, sharey=True)
    for ax, (name, net) in zip(axes.flat, nets.items(), strict=True):
        move = net(lattice) - lattice
        move = move * (0.7 / move.norm(dim=1, keepdim=True)).clamp(max=1)  # cut short
        ax.scatter(*dots.T, s=2, c=PALE, lw=0)
        arrows = {"angles": "xy", "scale_units": "xy", "scale": 1, "width": 0.004}
        ax.quiver(*lattice.T, *move.T, color=BLUE, **arrows)
        against = f"cosine {agreement[name]:.2f}, length {reach[name]:.2f}"
        title = f"in the way: {name}\nagainst the score: {against}"
        ax.set_title(title, fontsize=9, fontweight="normal")
        ax.set_axis_off()
        ax.set(xlim=(-4.9, 4.9), ylim=(-3.7, 3.7), aspect="equal")
    return fig


def local_moments(
    errors: Mapping[str, Mapping[float, Sequence[float]]],
    network: Map,
    data: GaussianMixture,
    dots: Points,
    /,
    *,
    sigma: float,
) -> Figure:
    """Return errors against the noise level, and posterior covariances as ellipses.

    Args:
        errors: By what is compared and level, one for each training; the network's
            score, its slope and the clean score, in this order.
        network: A denoiser whose slopes are drawn over the exact covariances.
        data: The distribution of the clean points.
        dots: Some of them.
        sigma: The level of the network.
    """
    fig, (left, right) = plt.subplots(
        1, 2, figsize=(6.4, 3.3), gridspec_kw={"width_ratios": [1, 1.15]}
    )
    labels = (
        ("network against\nthe noisy score", (0.1, 0.13), BLUE),
        ("slope against\nthe covariance", (0.62, 0.4), GREEN),
        ("best denoiser against\nthe clean score", (0.32, 0.8), ORANGE),
    )
    for found, (words, place, colour) in zip(errors.values(), labels, strict=True):
        values = np.array(list(found.values()))
        left.loglog(list(found), values.mean(1), "-o", color=colour)
        low, high = values.min(1), values.max(1)
        left.fill_between(list(found), low, high, color=colour, alpha=0.2, lw=0)
        left.text(*place, words, color=colour, fontsize=8, va="top")
    left.set(xlabel="noise level σ", ylabel="relative error", ylim=(0.02, 1.5))
    right.scatter(*dots.T, s=2, c=PALE, lw=0)
    across, up = torch.linspace(-4, 4, 9), torch.linspace(-2.6, 2.6, 6)
    places, at = torch.cartesian_prod(across, up), level(sigma)
    places = places[data.log_density(places, at) > -7]
    covariance = data.posterior_covariance(places, at) / sigma**2
    _ellipses(right, places, covariance, INK, 2.4)
    _ellipses(right, places, slopes(network, places), SKY, 1.0)
    right.set(aspect="equal", xlim=(-4.8, 4.8), ylim=(-3.4, 3.4))
    right.set_axis_off()
    title = "posterior covariance: exact (black),\nslope of a network (blue)"
    right.set_title(title, fontsize=9, fontweight="normal")
    return fig


def _ellipses(
    ax: Axes,
    places: Points,
    matrices: Float[Tensor, "n 2 2"],
    colour: str,
    width: float,
) -> None:
    """Draw the symmetric part of a matrix at each place, as an ellipse."""
    sizes, ways = torch.linalg.eigh((matrices + matrices.mT).double() / 2)
    for (x, y), size, way in zip(places.tolist(), sizes, ways, strict=True):
        short, long = size.clamp(min=0).sqrt().tolist()
        tilt = float(np.degrees(np.arctan2(float(way[1, 1]), float(way[0, 1]))))
        ax.add_patch(
            Ellipse((x, y), long, short, angle=tilt, fill=False, ec=colour, lw=width)
        )


def clouds(
    panels: Mapping[str, Points],
    data: Points,
    /,
    *,
    reach: tuple[float, float],
    height: float,
) -> Figure:
    """Return points over those of the data, in panels side by side.

    Args:
        panels: Points by title.
        data: Points of the data.
        reach: How far the panels reach from the middle, across and up.
        height: Of the figure in inches.
    """
    return _panels(panels, data, reach, height, area=2.0, colour=PALE)


def around_centres(
    panels: Mapping[str, Points], centres: Points, /, *, height: float
) -> Figure:
    """Return points over discs about the centres of a ring's clusters, in panels."""
    area = 2970 / len(panels) ** 2  # as wide as a cluster
    reach = (1.35, 1.35)
    return _panels(panels, centres, reach, height, area=area, colour=PALER)


def _panels(
    panels: Mapping[str, Points],
    behind: Points,
    reach: tuple[float, float],
    height: float,
    *,
    area: float,
    colour: str,
) -> Figure:
    size, (across, up) = (6.4, height), reach
    fig, axes = plt.subplots(1, len(panels), figsize=size, sharex=True, sharey=True)
    for ax, (title, points) in zip(axes, panels.items(), strict=True):
        ax.scatter(*behind.T, s=area, c=colour, lw=0)
        ax.scatter(*points.T, s=2, c=BLUE, lw=0)
        ax.set(xlim=(-across, across), ylim=(-up, up), aspect="equal")
        ax.set_axis_off()
        ax.set_title(title, fontsize=9, fontweight="normal", loc="center")
    return fig


def one_level(
    around: Mapping[float, float], exact: Mapping[float, float], sampler: float, /
) -> Figure:
    """Return the distance of chains from the data against their one noise level.

    Args:
        around: Of chains that draw around a denoiser's mean.
        exact: Of chains that draw from the exact posterior.
        sampler: Of a diffusion sampler, which has all levels.
    """
    levels = list(around)
    fig, ax = plt.subplots(figsize=(6.4, 3.0))
    mean = "Gaussian around\nthe denoiser's mean"
    ax.loglog(levels, list(around.values()), "-o", label=mean)
    ax.loglog(levels, list(exact.values()), "-o", color=GREEN, label="exact posterior")
    ax.axhline(sampler, color=PINK, lw=1.2)
    words = "all levels: 20 steps of a diffusion sampler"
    ax.text(0.051, sampler * 0.9, words, color=PINK, va="top", fontsize=9)
    ax.set_xticks(levels, [f"{sigma:g}" for sigma in levels])
    ax.set_ylim(0.5 * min(*exact.values(), sampler), None)
    ax.set_yticks([0.05, 0.1, 0.2, 0.5], ["0.05", "0.1", "0.2", "0.5"])
    ax.minorticks_off()
    ax.set(xlabel="the one noise level of the chain", ylabel="distance to the data")
    label_lines(ax, ax.get_lines()[:2])
    return fig
