"""Figures of points in a plane: scores, clouds of samples, and rivals compared."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from gendiff.drawing import BLUE, GREEN, INK, ORANGE, SKY, label_lines
from gendiff.exact import GaussianMixture
from gendiff.studies.autoencoders.bands import banded
from gendiff.studies.autoencoders.ring_rivals import CALLS
from gendiff.studies.drawn import Drawn
from gendiff.types import Denoiser, level
from gendiff.views import score

Numbers = NDArray[np.float64]
Points = Float[Tensor, "n 2"]


def scores(
    data: GaussianMixture,
    learnt: Denoiser,
    levels: Numbers,
    errors: Mapping[str, Numbers],
    /,
    *,
    sigma: float = 0.3,
) -> Drawn:
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
        banded(axes[2], levels, curves, color=colour, label=name, markersize=3)
    axes[2].set(xscale="log", yscale="log", xlabel="noise level")
    axes[2].set_title("relative error of the score", fontsize=9, fontweight="normal")
    label_lines(axes[2])
    return fig, (
        f"Arrows of the score of eight Gaussians in a ring at noise level {sigma:g}, "
        "exact and as learnt: they point to the ring alike. The learnt score's "
        f"relative error, over noise levels from {levels[0]:g} to {levels[-1]:g}, "
        f"averages {errors['full'].mean():.3f} after full training and "
        f"{errors['quarter'].mean():.3f} after a quarter; it is largest at low noise."
    )


def clouds(
    samples: Mapping[str, Points], distances: Mapping[str, float], means: Points, /
) -> Drawn:
    """Return what three models sample, over the modes of the data."""
    fig, axes = plt.subplots(
        1, len(samples), figsize=(6.4, 2.5), sharex=True, sharey=True
    )
    for ax, (name, x) in zip(axes, samples.items(), strict=True):
        ax.plot(*x.T, ".", color=SKY, markersize=1.5, alpha=0.6)
        ax.plot(*means.T, "+", color=INK, markersize=6)
        ax.set(aspect="equal", xlim=(-1.4, 1.4), ylim=(-1.4, 1.4))
        ax.set(xticks=[], yticks=[])
        ax.set_title(f"{name}: {distances[name]:.3f}", fontsize=9, fontweight="normal")
    return fig, (
        "Samples of three models on a ring of eight Gaussians. Their sliced "
        f"Wasserstein distances to the data are {distances['shared']:.3f} for one "
        f"shared network, {distances['separate']:.3f} for ten separate ones and "
        f"{distances['one level']:.3f} for a network of one level; two true sets "
        f"are {distances['two true sets']:.3f} apart."
    )


def rivals(
    calls: Sequence[int],
    diffusion: Numbers,
    others: Mapping[str, Numbers],
    floor: float,
    /,
    *,
    least: float = 1e-4,
) -> Drawn:
    """Return distances to the data against network calls.

    Args:
        calls: Of the diffusion model.
        diffusion: Its distances, by training run and calls.
        others: The distances of each of `gendiff.studies.autoencoders.ring_rivals`.
        floor: The distance below which nothing can be told from the truth.
        least: Where smaller ones are drawn: estimates may be negative, logarithms not.
    """
    fig, ax = plt.subplots(figsize=(6.4, 2.8))
    banded(ax, calls, diffusion.clip(least), color=BLUE, label="diffusion", alpha=0.2)
    for (name, found), colour in zip(others.items(), (ORANGE, GREEN), strict=True):
        place = CALLS[name]
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
    return fig, (
        "Energy distance to the data against network calls per sample, three seeds "
        f"each. Diffusion falls from {diffusion[:, 0].mean():.4f} at {calls[0]} calls "
        f"to {diffusion[:, -1].mean():.4f} at {calls[-1]}; the adversarial network "
        f"needs one call and lies at {others['adversarial'].mean():.4f}, the "
        f"autoregressive model needs {CALLS['autoregressive']} and lies at "
        f"{others['autoregressive'].mean():.4f}."
    )
