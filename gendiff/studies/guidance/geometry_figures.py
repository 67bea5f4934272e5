"""The figures of the page on the geometry of guidance."""

import math
from collections.abc import Callable, Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import torch
from jaxtyping import Float
from matplotlib.figure import Figure
from torch import Tensor

from gendiff.drawing import (
    BLUE,
    BROWN,
    GREEN,
    INK,
    ORANGE,
    PINK,
    SKY,
    image_grid,
    label_lines,
)
from gendiff.estimate import Estimate
from gendiff.exact import GaussianMixture
from gendiff.record import Trajectory
from gendiff.studies.guidance.diagrams import GUIDED, ground
from gendiff.studies.guidance.mirrored import Mirrored

Curve = tuple[Sequence[float], Sequence[float]]
"""Places and heights."""
Series = Float[np.ndarray, " n"]


def ways(found: Mapping[int, Trajectory], plane: Callable[[Tensor], Tensor]) -> Figure:
    """Draw where predictions head at scales 0, 1 and 3, and what they look like."""
    fig, (ax, strip) = plt.subplots(1, 2, figsize=(6.4, 3.0), width_ratios=(1, 1.25))
    tints = {0: BLUE, 1: GREEN, 3: PINK}
    texts = {0: ((0, -17), "center"), 1: ((0, 9), "center"), 3: ((-9, -4), "right")}
    shown = [2, 4, 7, 10, 13, -1]
    for k, (g, way) in enumerate(found.items()):
        path, tint = plane(way.denoised).numpy(), tints[g]
        ax.plot(*path.T, ".-", color=tint, linewidth=1.5, markersize=4)
        ax.plot(*path[-1], "o", color=tint, markersize=8)
        offset, side = texts[g]
        ax.annotate(
            f"γ = {g}",
            path[-1],
            xytext=offset,
            textcoords="offset points",
            color=tint,
            ha=side,
            fontsize=10,
        )
        strip.text(
            -1.5, 26 * k + 12, f"γ = {g}", color=tint, ha="right", va="center"
        ).set_fontsize(10)
        if not k:
            ax.plot(*path[0], "o", color=INK, markersize=6, zorder=3)
    ax.set(xticks=[], yticks=[])
    ax.margins(0.2, 0.2)
    ax.set_title("where the prediction heads", fontsize=9, fontweight="normal")
    rows = torch.cat([way.denoised[shown, 0] for way in found.values()])
    image_grid(strip, rows.numpy(), columns=len(shown), low=-1.0, high=1.0)
    strip.set_title("what it looks like, step by step", fontsize=9, fontweight="normal")
    return fig


def dimensions(drawn: Mapping[int, tuple[Tensor, Tensor]]) -> Figure:
    """Draw the inner ball, angles of directions and lengths of noise, by dimension."""
    fig, (ball, angle, norm) = plt.subplots(1, 3, figsize=(6.4, 2.2))
    dims = np.arange(1, 17)
    ball.plot(dims, np.sqrt(dims) - 1, "o-", color=BLUE, markersize=3)
    ball.axhline(2, color=INK, linewidth=1, linestyle=":")
    ball.text(1, 2.07, "cube's face", fontsize=9)
    ball.plot(9, 2, "o", color=ORANGE, markersize=7)
    ball.set_title("radius of the inner ball", fontsize=9, fontweight="normal")
    ball.set(xlabel="dimensions", xticks=[2, 9, 16], ylim=(-0.1, 3.2))
    for ax in (angle, norm):
        ax.set_yscale("symlog", linthresh=0.02 if ax is angle else 2)
    for (d, (angles, norms)), colour, at, there in zip(
        drawn.items(),
        (SKY, GREEN, ORANGE),
        ((5, 0.2), (112, 0.35), (98, 0.75)),
        ((1.45, 0.25), (1.2, 0.55), (1.1, 0.85)),
        strict=True,
    ):
        for ax, values, last, bins, (x, y) in (
            (angle, angles, 180, 61, at),
            (norm, norms / math.sqrt(d), 2.2, 89, there),
        ):
            edges = np.linspace(0, last, bins)
            ax.hist(values.numpy(), bins=edges, density=True, color=colour, alpha=0.6)
            ax.text(
                x,
                y,
                f"{d:,}" if d > 100 else f"{d}",
                color=colour,
                fontsize=9,
                transform=ax.get_xaxis_transform(),
            )
    for ax in (angle, norm):
        ax.set_yticks([])
        ax.set_yticks([], minor=True)
    angle.set_title("angle of two directions", fontsize=9, fontweight="normal")
    angle.set_xticks([0, 90, 180], ["0°", "90°", "180°"])
    norm.set_title("length of noise over √d", fontsize=9, fontweight="normal")
    norm.set_xticks([0, 1, 2])
    return fig


def photograph(
    photo: Mirrored, eps: Float[Tensor, "c s s"], ratios: Sequence[float]
) -> Figure:
    """Draw a photograph under five amounts of noise, and the best guess from each."""
    fig, axes = plt.subplots(2, 5, figsize=(6.4, 2.75))
    for k, (column, ratio) in enumerate(zip(axes.T, ratios, strict=True)):
        noisy = photo.picture + ratio * photo.spread * eps
        guess = photo.expected(noisy, ratio * photo.spread)
        reach = math.hypot(1, ratio)
        for ax, seen, wide in zip(column, (noisy, guess), (reach, 1), strict=True):
            shade = ((seen - photo.middle) / wide + photo.middle + 1) / 2
            ax.imshow(shade.clamp(0, 1).movedim(0, -1).numpy())
            ax.set_axis_off()
        t = "t" if k == 2 else f"t{2 - k:+d}".replace("-", "−")
        title = f"$x_{{{t}}}$, σ = {ratio:g} s"
        column[0].set_title(title, fontsize=9, fontweight="normal")
        column[1].set_title(r"$\hat x_0$", fontsize=9, fontweight="normal", pad=3)
    return fig


def told(
    canvases: Float[Tensor, "level 3 1 h w"],
    noised: Float[Tensor, "level 3 1 h w"],
    levels: Sequence[float],
    telling: Mapping[str, Sequence[Estimate]],
) -> Figure:
    """Draw canvases beside noised digits, and how often they are told apart."""
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.4, 2.7), width_ratios=(1.35, 1))
    tiles = torch.cat([
        torch.cat([x[:, 0], y[:, 0]]) / math.hypot(1, s)
        for x, y, s in zip(canvases, noised, levels, strict=True)
    ])  # fmt: skip
    image_grid(left, tiles.numpy(), columns=6, low=-2.0, high=1.6)
    left.axvline(3 * 26 - 1.5, color="white", linewidth=5)
    title = "sampler's canvases | noised digits"
    left.set_title(title, fontsize=9, fontweight="normal")
    for k, s in enumerate(levels):
        left.text(-2, 26 * k + 12, f"{s:.2g}", ha="right", va="center", fontsize=9)
    left.text(-2, -6, "σ", ha="right", fontsize=9)
    for (name, found), colour in zip(
        telling.items(), (BROWN, GREEN, PINK), strict=True
    ):
        values, widths = [a.value for a in found], [2 * a.error for a in found]
        right.plot(levels, values, "o-", color=colour, label=name)
        right.errorbar(
            levels, values, yerr=widths, fmt="none", ecolor=colour, capsize=3
        )
    right.axhline(0.5, color=INK, linewidth=1, linestyle=":")
    right.set(xscale="log", xlabel="σ")
    right.invert_xaxis()
    right.set_title("share told apart", fontsize=9, fontweight="normal")
    label_lines(right)
    return fig


def blurring(
    ratios: Series, median: Series, largest: Series, blurs: Mapping[float, Curve]
) -> Figure:
    """Draw how far predictions are from the mean, and how blurred, by noise."""
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.4, 2.5))
    left.fill_between(ratios, 0, largest, color=BLUE, alpha=0.15, linewidth=0)
    left.plot(ratios, median, color=BLUE)
    left.set(xscale="log", xlabel="σ over the spread of the data", ylim=(0, 3))
    title = "prediction's distance from the mean"
    left.set_title(title, fontsize=9, fontweight="normal")
    left.text(1.2, 2.2, "the farthest", color="#6c82c4", fontsize=9)
    left.text(0.12, 1.0, "median", color=BLUE, fontsize=9)
    for (exponent, curve), colour in zip(blurs.items(), (GREEN, BROWN), strict=True):
        name = f"$f^{{-{exponent:.0f}}}$"
        right.loglog(*curve, "o-", color=colour, markersize=4, label=name)
    right.set(xlabel="σ over the spread of the field")
    right.set_yticks([5, 10, 20, 50], ["5", "10", "20", "50"])
    right.minorticks_off()
    title = "blur of the prediction, pixels"
    right.set_title(title, fontsize=9, fontweight="normal")
    label_lines(right)
    return fig


def clouds(points: Mapping[str, Float[Tensor, "n 2"]]) -> Figure:
    """Draw samples over the arms, a panel for each way of sampling."""
    fig, axes = plt.subplots(1, 3, figsize=(6.4, 2.4))
    for ax, (title, cloud) in zip(axes, points.items(), strict=True):
        ground(ax, (-2.3, 2.3, -2.3, 2.3))
        ax.plot(*cloud[:400].T, "o", color=BLUE, markersize=2, alpha=0.6)
        ax.set_title(title, fontsize=9, fontweight="normal")
    return fig


def solvers(
    levels: Sequence[float], angles: Sequence[float], calls: Mapping[str, Curve]
) -> Figure:
    """Draw how the direction turns, and the errors of solvers against calls."""
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.4, 2.9), width_ratios=(1, 1.35))
    left.plot(levels, angles, color=BLUE)
    left.set(xscale="log", xlabel="σ at the end of the step", ylim=(0, None))
    left.invert_xaxis()
    left.set_title("turn of the direction, degrees", fontsize=9, fontweight="normal")
    for (name, curve), colour in zip(
        calls.items(), (BLUE, ORANGE, GREEN, PINK), strict=True
    ):
        right.loglog(*curve, "o-", color=colour, markersize=3, label=name)
    right.set(xlabel="calls of the denoiser")
    right.set_title("error of the end point", fontsize=9, fontweight="normal")
    label_lines(right)
    return fig


def three_runs(
    without: Sequence[Float[Tensor, "m 2"]], noisy: Sequence[Float[Tensor, "m 2"]]
) -> Figure:
    """Draw three runs of DDIM and three of DDPM from one canvas."""
    fig, axes = plt.subplots(1, 2, figsize=(6.4, 3.2))
    for ax, paths, name in zip(axes, (without, noisy), ("DDIM", "DDPM"), strict=True):
        ground(ax, (-2.6, 2.6, -2.6, 2.6))
        for path, colour, width in zip(
            paths, (BLUE, ORANGE, GREEN), (5.0, 3.0, 1.2), strict=True
        ):
            thick, size = (width, 5 + 1.5 * width) if ax is axes[0] else (1.2, 7)
            ax.plot(*path.T, color=colour, linewidth=thick)
            ax.plot(*path[-1], "o", color=colour, markersize=size)
        ax.set_title(f"three runs of {name}", fontsize=9, fontweight="normal")
    return fig


def worth(arms: Curve, digits: Curve) -> Figure:
    """Draw what knowing the class is worth, by noise."""
    fig, ax = plt.subplots(figsize=(6.4, 2.6))
    ax.plot(*arms, "o-", color=GREEN, label="arms")
    ax.plot(*digits, "s-", color=BLUE, label="digits")
    ax.axhline(1, color=INK, linewidth=1, linestyle=":")
    ax.set(xscale="log", xlabel="σ", ylim=(0, 1.1))
    title = "error with the class, over error without"
    ax.set_title(title, fontsize=9, fontweight="normal")
    label_lines(ax, ax.get_lines()[:2], gap=0.09)
    return fig


def fans(
    paths: Mapping[float, Float[Tensor, "m n 2"]], wanted: GaussianMixture
) -> Figure:
    """Draw the paths of the same canvases under four scales."""
    fig, axes = plt.subplots(2, 2, figsize=(6.4, 6.6))
    for ax, (gamma, way) in zip(axes.flat, paths.items(), strict=True):
        ground(ax, (-3.4, 3.4, -3.4, 3.4), wanted)
        ax.plot(way[..., 0], way[..., 1], color=GUIDED, linewidth=0.7, alpha=0.5)
        ax.plot(*way[-1].T, "o", color=GUIDED, markersize=3.5)
        title = f"γ = {gamma:g}"
        ax.set_title(title, fontsize=10, fontweight="normal", color=GUIDED)
    return fig
