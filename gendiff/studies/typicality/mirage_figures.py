"""Figures of the Gaussian mirage: coordinates, density, typical radius, digits."""

import math
from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import torch
from jaxtyping import Float
from scipy import stats
from torch import Tensor

from gendiff.data import digits
from gendiff.drawing import BLUE, GREEN, INK, ORANGE, image_grid, label_lines
from gendiff.estimate import Estimate
from gendiff.studies.drawn import Drawn
from gendiff.studies.typicality.mirage_quadrature import coordinate
from gendiff.studies.typicality.shell_counts import log_densities
from gendiff.typicality import Chi, Mirage, StandardGaussian
from gendiff.typicality.mirage import LIMIT

Cloud = Float[Tensor, "n d"]
PER_DECADE = math.log(10)


def coordinates(
    clouds: Mapping[int, tuple[Cloud, Cloud]], kurtosis: Mapping[int, float], /, *,
    bins: int,
) -> Drawn:  # fmt: skip
    """Draw histograms of all coordinates, Gaussian on top and mirage below."""
    fig, axes = plt.subplots(2, 4, figsize=(6.4, 3.0), sharex=True, sharey=True)
    x = np.linspace(-4, 4, 401) + 1e-9
    edges = np.linspace(-4, 4, bins + 1)
    for (top, bottom), (k, (real, wrong)) in zip(axes.T, clouds.items(), strict=True):
        for ax, values, colour in ((top, real, BLUE), (bottom, wrong, ORANGE)):
            counts, _ = np.histogram(values.numpy().ravel(), bins=edges)
            height = counts / values.numel() / np.diff(edges)
            ax.stairs(height, edges, fill=True, color=colour, alpha=0.3)
        top.plot(x, stats.norm.pdf(x), color=BLUE, lw=1.2)
        bottom.plot(x, coordinate(x, k), color=ORANGE, lw=1.2)
        top.set_title(f"K = {k}", fontweight="normal")
        top.set(xlim=(-4, 4), ylim=(0, 0.85), xticks=[-3, 0, 3], yticks=[])
        note = f"kurtosis\n{kurtosis[k]:.2f}"
        bottom.text(1.0, 0.6, note, fontsize=8, color=ORANGE)
    told = ", ".join(
        f"{float((wrong.abs() < 0.25).double().mean()):.2f} at K = {k}"
        for k, (_, wrong) in clouds.items()
    )
    axes[0, 0].set_ylabel("Gaussian", color=BLUE)
    axes[1, 0].set_ylabel("mirage", color=ORANGE)
    return fig, (
        "Histograms of all coordinates, Gaussian on top and mirage below, for 1, 3, 10 "
        "and 100 dimensions. On top four equal bell curves. Below a bell curve at "
        "first, then ever more of a needle at zero with long flat tails. The "
        f"fraction of coordinates within a quarter of zero, for the mirage: {told}."
    )


def density(radii: Mapping[int, Float[Tensor, " n"]], /) -> Drawn:
    """Draw densities by radius over a Gaussian's at its mode, with dots from counts."""
    fig, ax = plt.subplots(figsize=(6.4, 3.0))
    r, reach = np.geomspace(0.02, 4, 200), 0.0
    for (k, drawn), colour in zip(
        radii.items(), (INK, BLUE, GREEN, ORANGE), strict=True
    ):
        root, top = math.sqrt(k), StandardGaussian(k).least / PER_DECADE
        line = -Mirage(k).surprisal_at(torch.from_numpy(r * root)) / PER_DECADE
        ax.semilogx(r, line + top, color=colour)
        for centre in np.geomspace(0.03, 2.5, 12):
            thin = centre * root * np.array([0.97, 1.03])
            dot = float(log_densities(drawn.numpy(), k, thin)[0]) / PER_DECADE + top
            ax.plot(centre, dot, "o", color=colour, ms=3.5)
        reach = float(line[0]) + top
        name = ax.text(0.0185, reach, f"K = {k}", color=colour, fontsize=9)
        name.set(ha="right", va="center")
    last = max(radii)
    ax.semilogx(r, -(r**2) * last / 2 / PER_DECADE, color=ORANGE, ls="--")
    ax.text(0.5, -2.4, f"Gaussian, K = {last}", color=ORANGE, fontsize=9, ha="right")
    ax.set(xlim=(0.02, 4), ylim=(-6, 16), yticks=[-5, 0, 5, 10, 15])
    ax.set_xlabel("r / √K")
    ax.yaxis.tick_right()
    ax.spines[["left", "right"]].set_visible(False)
    title = "density over that of a Gaussian at its mode, log₁₀"
    ax.set_title(title, fontweight="normal")
    ax.set_xticks([0.1, 1], ["0.1", "1"])
    return fig, (
        "Density of the mirage against the radius, both logarithmic, for 1, 2, 3 and "
        "10 dimensions. With one dimension it is level near the origin; with more it "
        "climbs towards it in straight lines, the steeper the more dimensions: at one "
        f"fiftieth of a root K it is 10 to the {reach:.0f} times the Gaussian's "
        f"mode in {last} dimensions. Dots counted from samples lie on the lines. The "
        "Gaussian, dashed, is level."
    )


def typical_radius(roots: Mapping[int, float], mean_radius: float, /) -> Drawn:
    """Draw the typical radius by dimension, with circles from a root finder."""
    ks = np.unique(np.round(np.geomspace(1, 1e6, 100)))
    curve = [Mirage(int(k)).typical_radius / math.sqrt(k) for k in ks]
    level = np.full(len(ks), mean_radius)
    fig, ax = plt.subplots(figsize=(6.4, 2.8))
    ax.semilogx(ks, np.ones(len(ks)), color=BLUE, label="Gaussian")
    ax.semilogx(ks, level, color=INK, lw=1, ls=":", label="mean radius")
    ax.semilogx(ks, curve, color=ORANGE, label="mirage")
    ax.plot([*roots], [*roots.values()], "o", color=ORANGE, ms=5, mfc="white")
    ax.set(ylim=(0, 1.15), xlabel="dimension K")
    ax.set_title("typical radius / √K", fontweight="normal")
    label_lines(ax, ax.get_lines()[:3], gap=0.09)
    return fig, (
        "Typical radius over root K against the dimension, from 1 to a million on a "
        "logarithmic axis. The Gaussian's is 1 throughout. The mirage's starts at 1 as "
        f"well, is {roots[2]:.3f} at 2 and {roots[10]:.3f} at 10, and levels out at "
        f"{LIMIT:.5f}, below the mean radius of {mean_radius:.5f}. Circles from a root "
        "finder lie on the curve."
    )


def breakdown(spans: Mapping[int, tuple[float, float]], /) -> Drawn:
    """Draw how the surprisal a dimension is distributed, for Gaussian and mirage.

    Args:
        spans: By dimension, how far the central 90 % of the surprisals reach.
    """
    shares = torch.linspace(0.001, 0.999, 400, dtype=torch.float64)
    fig, axes = plt.subplots(1, 2, figsize=(6.4, 2.8), sharey=True)
    colours, heights = (INK, GREEN, BLUE, ORANGE), (0.9, 0.76, 0.62, 0.48)
    for k, colour, height in zip(spans, colours, heights, strict=True):
        for ax, distribution, quantile in (
            (axes[0], StandardGaussian(k), Chi(k).quantile),
            (axes[1], Mirage(k), Mirage(k).radius_quantile),
        ):
            s = (distribution.surprisal_at(quantile(shares)) - distribution.entropy) / k
            ax.plot(s, shares, color=colour)
        axes[0].text(-2.9, height, f"K = {k:,}", color=colour, fontsize=9)
    for ax, title, colour in ((axes[0], "Gaussian", BLUE), (axes[1], "mirage", ORANGE)):
        ax.axvline(0, color=INK, lw=0.8, ls=":")
        ax.set(xlim=(-3, 2.2), ylim=(0, 1), xlabel="(s − H) / K, nats")
        ax.set_title(title, color=colour)
    last = [[each / k for each in spans[k]] for k in (10, 100, 1_000)]
    real, phantom = (
        "{:.2f}, {:.2f} and {:.2f}".format(*widths)
        for widths in zip(*last, strict=True)
    )
    axes[0].set_ylabel("fraction of samples below")
    return fig, (
        "Distribution functions of the surprisal per dimension about its mean, for 1, "
        "10, 100 and 1000 dimensions. Left, the Gaussian's steepen into a step at 0. "
        "Right, the mirage's settle on a sloping curve and stay there. The central 90 "
        f"% span {real} nats a dimension for the Gaussian at 10, 100 and 1000 "
        f"dimensions, and {phantom} for the mirage."
    )


def ink(x: Float[Tensor, "n d"], /) -> Float[Tensor, "n 8 8"]:
    """Return digits as grey values from 0 to 1, in the units of the scans."""
    pixels = torch.cat([part.images for part in digits()]).flatten(1).double()
    scale = 2 * pixels.std(0).square().mean().sqrt()
    return ((x * scale + pixels.mean(0) + 1) / 2).reshape(-1, 8, 8)


def two_noises(
    drawn: Mapping[str, Float[Tensor, "n d"]],
    bland: Mapping[str, Estimate],
    glaring: Mapping[str, Estimate],
    /,
) -> Drawn:
    """Draw digits from two kinds of noise; some are too likely, some not enough.

    Args:
        drawn: The digits, of the Gaussian's noise first.
        bland: How many per cent are too likely.
        glaring: How many are too unlikely.
    """
    fig, axes = plt.subplots(1, 2, figsize=(6.4, 2.6), gridspec_kw={"wspace": 0.08})
    for ax, (name, x), colour in zip(axes, drawn.items(), (BLUE, ORANGE), strict=True):
        image_grid(ax, ink(x[:48]).numpy(), columns=8)
        title = f"from {name} noise"
        ax.set_title(title, color=colour, fontsize=10, fontweight="bold")
    return fig, (
        "Two grids of 48 generated digits. Left, from Gaussian noise: varied, legible "
        "digits. Right, from mirage noise: many are one and the same grey eight-like "
        "blur, some are glaring black and white fragments. More likely than all but "
        f"0.5 % of true samples are {bland['Gaussian'].value:.1f}% on the left and "
        f"{bland['mirage'].value:.0f}% on the right; less likely than all but 0.5 %, "
        f"{glaring['Gaussian'].value:.1f}% and {glaring['mirage'].value:.0f}%."
    )


def turned(
    rows: Mapping[float, Float[Tensor, "n d"]], surprisals: Sequence[float], /
) -> Drawn:
    """Draw a row of digits for each radius, with its mean surprisal."""
    fig, ax = plt.subplots(figsize=(6.0, 3.5))
    image_grid(ax, torch.cat([ink(x) for x in rows.values()]).numpy(), columns=8)
    for row, (radius, s) in enumerate(zip(rows, surprisals, strict=True)):
        at = 10 * row + 3.5
        ax.text(-3, at, f"r = {radius:g} √K", ha="right", va="center", fontsize=9)
        ax.text(80, at, f"{s:.0f} nats".replace("-", "−"), va="center", fontsize=9)
    ax.set_xlim(-25, 98)
    return fig, (
        f"Digits from eight directions of noise, one a column, at {len(rows)} radii, "
        "one a row. At radius 0 all eight are the same grey blur, which looks like an "
        "8. Up to a half they gain shape, at 1 they are legible and varied, at 2 black "
        "and white and torn. The mean surprisal rises with every row, from "
        f"{surprisals[0]:.0f} to {surprisals[-1]:.0f} nats."
    )
