"""Figures of codes: what gets through, what they know, what their filters are."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import torch
from jaxtyping import Float
from matplotlib.figure import Figure
from numpy.typing import NDArray
from torch import Tensor

from gendiff.drawing import BLUE, GREEN, INK, ORANGE, image_grid, label_lines
from gendiff.studies import codes
from gendiff.studies.autoencoders import filters

Numbers = Sequence[float] | NDArray[np.float64]


def bottleneck(
    principal: Mapping[int, float],
    bent: Mapping[int, float],
    straight: Mapping[int, float],
    rebuilt: Mapping[str, Float[Tensor, "n d"]],
    /,
) -> Figure:
    """Return reconstruction errors by the size of the code, beside rebuilt images.

    Args:
        principal: The error of principal components.
        bent: That of nonlinear autoencoders.
        straight: That of linear ones.
        rebuilt: Columns of images by title, the same images in each.
    """
    sizes = list(principal)
    fig, (left, right) = plt.subplots(
        1, 2, figsize=(6.4, 3.4), gridspec_kw={"width_ratios": [1.25, 1]}
    )
    left.semilogx(sizes, list(principal.values()), "-o", base=2, color=ORANGE)
    left.semilogx(list(bent), list(bent.values()), "-o", base=2, color=BLUE)
    left.plot(
        list(straight), list(straight.values()), "s", ms=9, mfc="none", color=GREEN
    )
    components = "principal\ncomponents"
    left.text(9, principal[sizes[2]] + 0.02, components, color=ORANGE)
    left.text(2, bent[2] - 0.42, "nonlinear\nautoencoder", color=BLUE)
    left.text(2.2, straight[2] + 0.02, "linear autoencoder", color=GREEN)
    left.set(xlabel="numbers in the code", ylabel="error / variance", ylim=(0, 1))
    left.set_xticks(sizes, [str(size) for size in sizes])
    shown = torch.stack(list(rebuilt.values()), dim=1).reshape(-1, 16, 16)
    image_grid(right, shown, columns=len(rebuilt), low=-1.0, high=3.0)
    titles = "".join(title.ljust(10) for title in rebuilt)
    right.set_title(titles, fontsize=9, fontweight="normal")
    return fig


def essence(runs: Mapping[str, Mapping[int, Float[np.ndarray, "runs 2"]]], /) -> Figure:
    """Return how well class and noise are read from codes, by the size of the code.

    Args:
        runs: By target and size, a row for each training, as `codes.readable` gives it.
    """
    titles = ("class read from the code", "noise read from the code")
    sizes = sorted(next(iter(runs.values())))  # a line is labelled at its right end
    fig, axes = plt.subplots(1, 2, figsize=(6.4, 3.0))
    for column, (ax, title) in enumerate(zip(axes, titles, strict=True)):
        for (label, found), colour in zip(runs.items(), (ORANGE, BLUE), strict=True):
            values = np.array([found[size][:, column] for size in sizes])
            middle, spread = values.mean(1), values.std(1, ddof=1)
            ax.errorbar(sizes, middle, spread, fmt="none", ecolor=colour)
            ax.plot(sizes, middle, "-o", color=colour, label=label)
        ax.set_xscale("log", base=2)
        ax.set_xticks(sizes, [str(size) for size in sizes])
        ax.set(xlabel="numbers in the code", title=title)
    axes[0].set_ylabel("accuracy of a linear probe")
    axes[1].set_ylabel("$R^2$ of a linear regression")
    label_lines(axes[1])
    return fig


def learnt_filters(
    weights: Mapping[float, Float[Tensor, "unit pixels"]],
    cycles: Mapping[float, float],
    /,
) -> Figure:
    """Return the strongest filters for each noise level, with their mean frequency."""
    fig, axes = plt.subplots(1, len(weights), figsize=(6.4, 4.3))
    for ax, (sigma, weight) in zip(axes, weights.items(), strict=True):
        image_grid(ax, filters.strongest(weight), columns=3, low=-1.0)
        title = f"σ = {sigma:g}, {cycles[sigma]:.2f} cycles"
        ax.set_title(title, fontsize=9, fontweight="normal")
    return fig


def spectra(found: Mapping[str, Float[Tensor, " k"]], /) -> Figure:
    """Return singular values of the slopes of codes, each relative to its largest."""
    fig, ax = plt.subplots(figsize=(6.4, 2.9))
    for name, values in found.items():
        directions = f"{codes.effective_number(values):.0f} directions"
        ax.semilogy((values / values[0])[:100], label=f"{name}\n({directions})")
    ax.set(xlabel="singular value, in order", ylabel="relative to the largest")
    ax.set_ylim(2e-3, 1.2)
    label_lines(ax, gap=0.2)
    return fig


def schedules(
    probed: Mapping[str, Numbers],
    /,
    *,
    constant: Sequence[str],
    pixels: float,
    noise: Float[Tensor, "h w"],
) -> Figure:
    """Return probes of codes, a dot a training, and a map of noise beside them.

    Args:
        probed: Accuracies by what was done with the noise.
        constant: Those of them whose noise was constant.
        pixels: The accuracy on raw pixels.
        noise: The map.
    """
    fig, (ax, side) = plt.subplots(
        1, 2, figsize=(6.4, 3.6), gridspec_kw={"width_ratios": [3.2, 1]}
    )
    for height, (name, values) in enumerate(probed.items()):
        colour = ORANGE if name in constant else BLUE
        colour = INK if name == "untrained" else colour
        row = [height] * len(values)
        ax.plot(values, row, "o", ms=3.5, color=colour, alpha=0.45, mew=0)
        ax.plot(np.mean(values), height, "|", ms=14, mew=2.5, color=colour)
    ax.axvline(pixels, color=INK, lw=1, ls="--")
    top = len(probed) - 0.35
    ax.text(pixels, top, " raw pixels", fontsize=8, va="bottom", ha="center")
    ax.set_yticks(range(len(probed)), list(probed))
    ax.set(xlabel="accuracy of a linear probe", ylim=(-0.6, len(probed) - 0.4))
    side.imshow(np.asarray(noise), cmap="magma", vmin=0)
    side.set_axis_off()
    side.set_title("adaptive noise\nat the end", fontsize=9, fontweight="normal")
    return fig
