"""The figures of "Diffusion models are autoencoders", apart from those of letters."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import torch
from jaxtyping import Float
from matplotlib.figure import Figure
from numpy.typing import NDArray
from torch import Tensor

from gendiff.data.fields import radial_average
from gendiff.drawing import (
    BLUE,
    GREEN,
    INK,
    ORANGE,
    SKY,
    image_grid,
    label_lines,
)
from gendiff.exact.field import Field
from gendiff.exact.mixture import GaussianMixture
from gendiff.types import Denoiser, level
from gendiff.views import score

Numbers = NDArray[np.float64]
Points = Float[Tensor, "n 2"]


def photograph(picture: Tensor, eps: Tensor, sees: Field, sigma: float, /) -> Figure:
    """Return a noisy photograph, the best guess, and the filter between them."""
    noisy, side = picture + sigma * eps, picture.shape[-1]
    fig, axes = plt.subplots(1, 3, figsize=(6.4, 2.3), width_ratios=[1, 1, 1.15])
    for ax, x, title in (
        (axes[0], noisy, "what is there"),
        (axes[1], sees(noisy, level(sigma)), "what can be seen"),
    ):
        image_grid(ax, x[0], low=-2.2, high=2.2, title=title)
    passed = radial_average(sees.gain(level(sigma)))[1]
    axis = np.arange(1, side // 2)
    axes[2].fill_between(axis, 0, passed, color=SKY, alpha=0.3, linewidth=0)
    axes[2].plot(axis, passed, color=BLUE)
    axes[2].set(xscale="log", ylim=(0, 1.02), xlim=(1, side / 2))
    axes[2].set_xticks([1, 4, 16, 64], ["1", "4", "16", "64"])
    axes[2].set_title("share recovered", fontsize=9, fontweight="normal")
    axes[2].set_xlabel("cycles per image", fontsize=9)
    return fig


def steps(
    line: GaussianMixture,
    samples: Mapping[int, Tensor],
    gaps: Mapping[str, Mapping[int, float]],
    critical: float,
    /,
) -> Figure:
    """Return samples by steps over the density, and the distances of three samplers."""
    fig, axes = plt.subplots(1, 2, figsize=(6.4, 3.0), width_ratios=[1, 1.25])
    x = torch.linspace(-4.5, 3.5, 400, dtype=torch.float64)[:, None]
    density = line.log_density(x, level(0.0)).exp()
    bins: Any = np.linspace(-4.5, 3.5, 81)
    style: dict[str, Any] = {"density": True, "color": SKY, "alpha": 0.45}
    for row, (n, drawn) in enumerate(samples.items()):
        offset = 0.75 * (len(samples) - 1 - row)
        axes[0].hist(drawn, bins=bins, bottom=offset, **style)
        axes[0].plot(x[:, 0], offset + density, color=INK, linewidth=1.2)
        axes[0].text(-4.4, offset + 0.32, f"{n} step{'s' * (n > 1)}", fontsize=9)
    axes[0].set(yticks=[], xlabel="$x$", title="samples and data")
    axes[0].set_ylim(0, 0.75 * len(samples) + 0.15)
    for (name, curve), colour in zip(gaps.items(), (BLUE, ORANGE, GREEN), strict=True):
        axes[1].plot(curve.keys(), curve.values(), "o-", color=colour, label=name)
    axes[1].axhline(critical, color=INK, linewidth=1, linestyle=":")
    axes[1].text(1, critical * 0.93, "a true set", fontsize=8, va="top")
    axes[1].set(xscale="log", yscale="log", xlabel="steps")
    axes[1].set_title("distance to the data (KS)")
    label_lines(axes[1], axes[1].get_lines()[:3], gap=0.09)
    return fig


def scores(
    data: GaussianMixture,
    learnt: Denoiser,
    levels: Numbers,
    errors: Mapping[str, Numbers],
    /,
    *,
    sigma: float = 0.3,
) -> Figure:
    """Return the exact and a learnt score, and relative errors by level and seed."""
    fig, axes = plt.subplots(1, 3, figsize=(6.4, 2.5), width_ratios=[1, 1, 1.2])
    span = torch.linspace(-1.1, 1.1, 17)
    mesh = torch.cartesian_prod(span, span)
    exact = score(data, mesh.double(), level(sigma))
    found = score(learnt, mesh, level(sigma))
    for ax, arrows, colour, title in (
        (axes[0], exact, BLUE, "exact score"),
        (axes[1], found, ORANGE, "learnt from noise"),
    ):
        ax.quiver(*mesh.T, *arrows.T, color=colour, width=0.006)
        ax.plot(*data.means.T, "o", color=INK, markersize=3)
        ax.set(aspect="equal", xticks=[], yticks=[])
        ax.set_title(title, fontsize=9, fontweight="normal")
    for (name, curves), colour in zip(errors.items(), (SKY, ORANGE), strict=True):
        _banded(axes[2], levels, curves, color=colour, label=name, markersize=3)
    axes[2].set(xscale="log", yscale="log", xlabel="noise level")
    axes[2].set_title("relative error of the score", fontsize=9, fontweight="normal")
    label_lines(axes[2])
    return fig


def score_matching(
    variances: Numbers, losses: Sequence[float], *, least: float, truth: float
) -> Figure:
    """Return the loss against the model's variance, with minimum and truth."""
    fig, ax = plt.subplots(figsize=(6.4, 2.2))
    ax.plot(variances, losses, color=BLUE)
    ax.axvline(truth, color=INK, linewidth=1, linestyle=":")
    ax.plot([least], [min(losses)], "o", color=ORANGE)
    ax.annotate(
        *("minimum, at the data's variance", (least, min(losses))),
        xytext=(8, 22),
        textcoords="offset points",
        fontsize=9,
    )
    ax.set(xlabel="variance of the model", ylabel="score matching loss")
    return fig


def removal(
    levels: Numbers,
    cosines: Mapping[str, Sequence[float]],
    left: Mapping[str, Sequence[float]],
    /,
) -> Figure:
    """Return how well a step along the score removes noise, by level."""
    fig, axes = plt.subplots(1, 2, figsize=(6.4, 2.6))
    for name, colour in zip(cosines, (BLUE, ORANGE), strict=True):
        for ax, curves in zip(axes, (cosines, left), strict=True):
            ax.plot(
                *(levels, curves[name], "o-"), color=colour, label=name, markersize=3
            )
    for ax, title in zip(axes, ("cosine(score, −noise)", "squared distance left"),
                         strict=True):  # fmt: skip
        ax.set(xscale="log", xlabel="noise level", ylim=(0, 1.05), title=title)
    axes[0].legend(loc="lower right")
    return fig


def bottleneck(
    levels: Sequence[float], relative: Mapping[int, Float[Tensor, "run level"]], /
) -> Figure:
    """Return relative errors against the width of the narrowest layer."""
    fig, ax = plt.subplots(figsize=(6.4, 2.8))
    middles = list(relative)
    for i, (s, colour) in enumerate(zip(levels, (BLUE, ORANGE, GREEN), strict=True)):
        curves = torch.stack([relative[m][:, i] for m in middles], 1).numpy()
        _banded(ax, middles, curves, color=colour, label=f"σ = {s:g}")
    ax.axhline(1, color=INK, linewidth=1, linestyle=":")
    ax.text(middles[0], 1.0, "the exact denoiser", fontsize=9, va="bottom")
    ax.set(xscale="log", yscale="log", ylabel="denoising error, best possible = 1")
    ax.set_xlabel("width of the narrowest layer (an image has 64 numbers)")
    ax.set_xticks(middles, [str(m) for m in middles])
    ax.set_yticks([1, 2, 4], ["1", "2", "4"])
    ax.minorticks_off()
    label_lines(ax, ax.get_lines()[:3])
    return fig


def bound(depths: Sequence[int], bounds: Sequence[float], truth: float, /) -> Figure:
    """Return the evidence lower bound against the depth of the chain."""
    fig, ax = plt.subplots(figsize=(6.4, 2.4))
    ax.plot(depths, bounds, "o-", color=BLUE)
    ax.axhline(truth, color=INK, linewidth=1, linestyle=":")
    ax.text(depths[0], truth, "true log-likelihood", fontsize=9, va="bottom")
    ax.set(xscale="log", xlabel="links in the chain of latent variables")
    ax.set_ylabel("lower bound, nats")
    ax.set_ylim(top=truth + 0.3)
    return fig


def clouds(samples: Mapping[str, Points], means: Points, /) -> Figure:
    """Return sets of points beside each other, over the modes of the data."""
    fig, axes = plt.subplots(
        1, len(samples), figsize=(6.4, 2.5), sharex=True, sharey=True
    )
    for ax, (title, x) in zip(axes, samples.items(), strict=True):
        ax.plot(*x.T, ".", color=SKY, markersize=1.5, alpha=0.6)
        ax.plot(*means.T, "+", color=INK, markersize=6)
        ax.set(aspect="equal", xlim=(-1.4, 1.4), ylim=(-1.4, 1.4))
        ax.set(xticks=[], yticks=[])
        ax.set_title(title, fontsize=9, fontweight="normal")
    return fig


def rivals(
    calls: Sequence[int],
    diffusion: Numbers,
    others: Mapping[str, tuple[int, Numbers]],
    floor: float,
    /,
    *,
    least: float = 1e-4,
) -> Figure:
    """Return distances to the data against network calls.

    Args:
        calls: Of the diffusion model.
        diffusion: Its distances, by training run and calls.
        others: Calls of each other model, and its distances by training run.
        floor: The distance below which nothing can be told from the truth.
        least: Where smaller ones are drawn: estimates may be negative, logarithms not.
    """
    fig, ax = plt.subplots(figsize=(6.4, 2.8))
    _banded(ax, calls, diffusion.clip(least), color=BLUE, label="diffusion", alpha=0.2)
    for (name, (place, found)), colour in zip(
        others.items(), (ORANGE, GREEN), strict=True
    ):
        ax.plot([place] * len(found), found.clip(least), "s", color=colour)
        ax.annotate(
            *(name, (place, found.clip(least).max())),
            xytext=(0, 6),
            textcoords="offset points",
            color=colour,
            ha="left" if place == 1 else "center",
            fontsize=9,
        )
    ax.axhline(max(floor, least), color=INK, linewidth=1, linestyle=":")
    ax.set(xscale="log", yscale="log", xlabel="network calls per sample")
    ax.set_ylabel("energy distance to the data")
    ax.set_xticks([1, 2, *calls], [str(n) for n in [1, 2, *calls]])
    ax.minorticks_off()
    label_lines(ax, ax.get_lines()[:1])
    return fig


def _banded(
    ax: Any,  # noqa: ANN401
    x: Any,  # noqa: ANN401
    curves: Numbers,
    *,
    color: str,
    label: str,
    alpha: float = 0.25,
    markersize: float = 4.5,
) -> None:
    """Draw the mean over runs, and from the lowest to the highest."""
    ax.plot(x, curves.mean(0), "o-", color=color, label=label, markersize=markersize)
    low, high = curves.min(0), curves.max(0)
    ax.fill_between(x, low, high, color=color, alpha=alpha, linewidth=0)
