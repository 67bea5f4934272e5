"""Figures of the ancestors that are no plain autoencoders, and of their descendants."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import torch
from jaxtyping import Float
from matplotlib.figure import Figure
from numpy.typing import NDArray
from torch import Tensor

from gendiff.drawing import BLUE, GREEN, INK, ORANGE, image_grid, label_lines

Numbers = Sequence[float] | NDArray[np.float64]


def boltzmann(
    steps: Numbers,
    curves: Mapping[int, Numbers],
    pixels: float,
    data: Float[Tensor, "n h w"],
    samples: Float[Tensor, "n h w"],
    /,
) -> Figure:
    """Return the exact likelihood of machines in training, beside data and samples.

    Args:
        steps: Updates.
        curves: Log-likelihoods by the number of Gibbs steps in training, two of them.
        pixels: The log-likelihood of independent pixels.
        data: Images of the data.
        samples: Images of a machine.
    """
    fig, (left, middle, right) = plt.subplots(
        1, 3, figsize=(6.4, 3.0), gridspec_kw={"width_ratios": [1.5, 1, 1]}
    )
    looks = (("-", BLUE), ("--", ORANGE))
    for curve, (look, colour) in zip(curves.values(), looks, strict=True):
        left.plot(steps, curve, look, color=colour)
    end, top = steps[-1], [*curves.values()][-1][-1]
    legend = "CD-1 (line), CD-10 (dashes)"
    left.text(end, top + 0.4, legend, ha="right", fontsize=9)
    left.axhline(pixels, color=INK, lw=1, ls=":")
    left.text(end, pixels + 0.3, "independent pixels", ha="right", fontsize=9)
    left.set(xlabel="updates", ylabel="exact log-likelihood (nats)")
    left.set_ylim(None, -17.5)
    image_grid(middle, data, columns=4, title="data")
    image_grid(right, samples, columns=4, title="machine")
    return fig


def depth(history: Mapping[str, Float[np.ndarray, "runs points 2"]], /) -> Figure:
    """Return the accuracy of deep networks against updates, a line for each training.

    Args:
        history: By arm, updates and accuracies; the second arm spends the first half of
            its updates on single layers.
    """
    fig, ax = plt.subplots(figsize=(6.4, 3.2))
    for (arm, runs), colour in zip(history.items(), (ORANGE, BLUE, GREEN), strict=True):
        for k, one in enumerate(runs):
            ax.plot(*one.T, color=colour, lw=1.2, label=arm if k == 0 else "_")
    updates = max(float(runs[..., 0].max()) for runs in history.values())
    ax.axvspan(0, updates / 2, color=BLUE, alpha=0.07, lw=0)
    words = "here the blue networks\nlearn to undo masking,\nlayer by layer"
    ax.text(0.02 * updates, 0.4, words, fontsize=9, color=BLUE)
    ax.axhline(0.1, color=INK, lw=0.8, ls=":")
    ax.set(xlabel="updates", ylabel="accuracy on new digits")
    ax.set(ylim=(0, 1.02), xlim=(0, None))
    label_lines(ax)
    return fig


def code_sheet(count: int = 7, /) -> Float[Tensor, "codes 2"]:
    """Return codes of two numbers in a square, as far apart in probability."""
    ticks = torch.special.ndtri(torch.linspace(0.04, 0.96, count))
    return torch.stack([torch.stack([b, -a]) for a in ticks for b in ticks])


def sheets(data: Float[Tensor, "n h w"], decoded: Float[Tensor, "n h w"], /) -> Figure:
    """Return noisy images and what a grid of codes is decoded to, seven to a line."""
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.4, 3.2))
    image_grid(left, data, columns=7, low=-1.8, high=1.8)
    image_grid(right, decoded, columns=7, low=-1.0)
    titles = ("data: a square somewhere, in noise", "decoded from a grid of codes")
    for ax, title in zip((left, right), titles, strict=True):
        ax.set_title(title, fontsize=9, fontweight="normal")
    return fig


def rates(
    found: Mapping[int, float],
    means: float,
    least: tuple[Float[Tensor, " n"], Float[Tensor, " n"]],
    entries: Float[Tensor, "codes h w"],
    /,
) -> Figure:
    """Return errors against bits, and the images that codes stand for.

    Args:
        found: Errors of a VQ-VAE by bits.
        means: The error of k-means with four bits.
        least: Bits, and the least error possible with so many.
        entries: What the codes of the smallest model stand for.
    """
    fig, (left, right) = plt.subplots(
        1, 2, figsize=(6.4, 3.1), gridspec_kw={"width_ratios": [1.5, 1]}
    )
    bits, errors = least
    asked = (bits > 1) & (bits < 40)
    left.plot(bits[asked], errors[asked], color=INK, lw=1.2)
    left.plot(list(found), list(found.values()), "-o", color=BLUE)
    left.plot(4, means, "s", ms=9, mfc="none", color=ORANGE)
    left.text(5, means + 0.04, "k-means, 16 means", color=ORANGE, fontsize=9)
    left.text(17, found[16] + 0.05, "VQ-VAE", color=BLUE, fontsize=9)
    left.text(0.5, 0.04, "the least for Gaussian\npatches, at any cost", fontsize=9)
    left.set(xlabel="bits a patch", ylabel="error / variance", ylim=(0, 1))
    order = entries.flatten(1).std(dim=1).argsort()
    image_grid(right, entries[order], columns=4, low=-2.5, high=2.5)
    right.set_title("what the 16 codes stand for", fontsize=9, fontweight="normal")
    return fig


def sharing(levels: Numbers, ratio: Float[np.ndarray, "runs levels"], /) -> Figure:
    """Return the error of two networks over that of one, against the noise level."""
    fig, ax = plt.subplots(figsize=(6.4, 2.8))
    ax.semilogx(levels, ratio.T, color=BLUE, lw=1, alpha=0.5)
    ax.semilogx(levels, ratio.mean(0), "-o", color=BLUE)
    ax.axhline(1, color=INK, lw=1)
    ax.axvline(0.5, color=INK, lw=0.8, ls=":")
    ax.text(0.49, 0.985, "one network here ", ha="right", va="top", fontsize=9)
    ax.text(0.51, 0.985, " another one here", ha="left", va="top", fontsize=9)
    ax.set_xlabel("noise level σ")
    ax.set_ylabel("error of two networks\n/ error of one shared")
    return fig
