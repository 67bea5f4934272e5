"""The figures of "Diffusion models are autoencoders" that are of one dimension or many.

Those of points in a plane are in `ring_figures`, those of letters in `letter_figures`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from gendiff.drawing import BLUE, GREEN, INK, ORANGE, SKY, label_lines
from gendiff.exact import GaussianMixture
from gendiff.studies.autoencoders.bands import banded
from gendiff.studies.drawn import Drawn
from gendiff.types import level

Numbers = NDArray[np.float64]


def steps(
    line: GaussianMixture,
    samples: Mapping[int, Tensor],
    gaps: Mapping[str, Mapping[int, float]],
    critical: float,
    /,
) -> Drawn:
    """Return samples by steps over the density, and the distances of three samplers."""
    flow = gaps["probability flow"]
    most = max(flow)
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
    return fig, (
        "Left: histograms of samples after 1, 10 and 100 steps over the true density "
        "of two bumps; one step gives a single spike between them, a hundred match. "
        "Right: the distance to the data against the number of steps for three "
        "samplers, on logarithmic axes; the probability flow's falls from "
        f"{flow[1]:.2f} at one step to {flow[most]:.4f} at {most}, and a "
        f"true set lies up to {critical:.4f} away."
    )


def score_matching(
    variances: Numbers, losses: Sequence[float], *, least: float, truth: float
) -> Drawn:
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
    return fig, (
        "The score matching loss against the variance of a Gaussian model: a single "
        f"minimum at {least:.4f}; the variance of the data is {truth:.4f}."
    )


def removal(
    levels: Numbers,
    cosines: Mapping[str, Sequence[float]],
    left: Mapping[str, Sequence[float]],
    /,
) -> Drawn:
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
    many, ring = cosines["digits, 64-D"], cosines["ring, 2-D"]
    dip = int(np.argmin(ring))
    return fig, (
        "Left: the mean cosine between the score and the direction of less noise, "
        "against the noise level. It is positive everywhere and close to 1 at high "
        f"noise; at noise level {levels[0]:g} it is {many[0]:.2f} in "
        f"64 dimensions and {ring[0]:.2f} in two. Right: the fraction of "
        "the squared distance to the clean signal that is left after one step, below 1 "
        f"everywhere. In two dimensions the cosine dips: it is least, {ring[dip]:.2f}, "
        f"at noise level {levels[dip]:.2g}."
    )


def bottleneck(
    levels: Sequence[float], relative: Mapping[int, Float[Tensor, "run level"]], /
) -> Drawn:
    """Return relative errors against the width of the narrowest layer."""
    fig, ax = plt.subplots(figsize=(6.4, 2.8))
    middles = list(relative)
    for i, (s, colour) in enumerate(zip(levels, (BLUE, ORANGE, GREEN), strict=True)):
        curves = torch.stack([relative[m][:, i] for m in middles], 1).numpy()
        banded(ax, middles, curves, color=colour, label=f"σ = {s:g}")
    ax.axhline(1, color=INK, linewidth=1, linestyle=":")
    ax.text(middles[0], 1.0, "the exact denoiser", fontsize=9, va="bottom")
    ax.set(xscale="log", yscale="log", ylabel="denoising error, best possible = 1")
    ax.set_xlabel("width of the narrowest layer (an image has 64 numbers)")
    ax.set_xticks(middles, [str(m) for m in middles])
    ax.set_yticks([1, 2, 4], ["1", "2", "4"])
    ax.minorticks_off()
    label_lines(ax, ax.get_lines()[:3])
    narrow, wide = (relative[m].mean(0) for m in (middles[0], middles[-1]))
    return fig, (
        "Denoising error relative to the exact denoiser's against the width of the "
        f"narrowest layer, for three noise levels. With {middles[0]} numbers in the "
        f"middle it is {narrow[0]:.2f} times the best at noise level {levels[0]:g} and "
        f"{narrow[-1]:.2f} times at {levels[-1]:g}; without a bottleneck it is "
        f"{wide[0]:.2f} and {wide[-1]:.2f}."
    )


def bound(depths: Sequence[int], bounds: Sequence[float], truth: float, /) -> Drawn:
    """Return the evidence lower bound against the depth of the chain."""
    fig, ax = plt.subplots(figsize=(6.4, 2.4))
    ax.plot(depths, bounds, "o-", color=BLUE)
    ax.axhline(truth, color=INK, linewidth=1, linestyle=":")
    ax.text(depths[0], truth, "true log-likelihood", fontsize=9, va="bottom")
    ax.set(xscale="log", xlabel="links in the chain of latent variables")
    ax.set_ylabel("lower bound, nats")
    ax.set_ylim(top=truth + 0.3)
    return fig, (
        "The evidence lower bound rises with the depth of the chain, from "
        f"{bounds[0]:.2f} nats with {depths[0]} links to {bounds[-1]:.3f} with "
        f"{depths[-1]}; the true log-likelihood is {truth:.3f}."
    )
