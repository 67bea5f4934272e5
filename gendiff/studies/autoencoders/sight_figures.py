"""Figures of photographs seen through noise."""

import math
from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import avg_pool2d

from gendiff.drawing import (
    BLUE,
    GREEN,
    INK,
    ORANGE,
    PINK,
    SKY,
    image_grid,
    label_lines,
)
from gendiff.exact import Field
from gendiff.metrics import radial_average
from gendiff.studies.autoencoders.sight import Sight
from gendiff.studies.drawn import Drawn
from gendiff.types import level

Picture = Float[Tensor, "1 1 h w"]
Levels = Sequence[float] | NDArray[np.float64]


def falling(
    picture: Picture, eps: Picture, sees: Field, sigmas: Levels, /
) -> tuple[list[Figure], str]:
    """Return a photograph under falling noise, a figure a level."""
    side = picture.shape[-1]
    gains = {
        s: radial_average(sees.gain(level(s)))[1].numpy() for s in (4.0, 1.0, 0.25)
    }
    axis = np.arange(1, side // 2)
    band = {s: axis[gain > 0.5].max(initial=0) for s, gain in gains.items()}
    return [photograph(picture, eps, sees, float(s)) for s in sigmas], (
        "A photograph of a temple gate under falling noise, beside what the best "
        "linear denoiser recovers and the fraction of each spatial frequency that it "
        f"passes. More than half is recovered up to {band[4.0]:.0f} cycles per image "
        f"at noise level 4, {band[1.0]:.0f} at 1 and {band[0.25]:.0f} at a quarter."
    )


def photograph(picture: Picture, eps: Picture, sees: Field, sigma: float, /) -> Figure:
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


def levels(sight: Sight, eps: Picture, sigmas: Sequence[float], /) -> Drawn:
    """Return a picture at several levels, what is seen in it, and the filters."""
    fig, axes = plt.subplots(
        *(3, len(sigmas)), figsize=(6.4, 3.1), height_ratios=(1, 1, 1.1)
    )
    for column, sigma in zip(axes.T, sigmas, strict=True):
        noisy = sight.picture + sigma * eps
        _show(column[0], noisy, math.hypot(1, sigma))
        _show(column[1], sight.denoise(noisy, sigma), 1)
        _draw_gain(column[2], sight, sigma)
        column[0].set_title(f"σ = {sigma:g}", fontsize=9, fontweight="normal")
    for ax in axes[2, 1:]:
        ax.set_yticklabels([])
    axes[2, 0].set_ylabel("gain")
    axes[2, 2].set_xlabel("cycles per picture height")
    bands = ", ".join(f"{sight.reach(s):.1f} at σ = {s:g}" for s in sigmas)
    return fig, (
        "Three rows of five panels. Top: a photograph of a temple on a hill under "
        "noise that falls from eight standard deviations to a tenth. Middle: what the "
        "exact denoiser of a field with its power law sees, from two soft blobs, "
        "bright sky and dark hill, to the temple with its roofs. Bottom: the gain "
        "against spatial frequency, a step that moves to the right as the noise falls; "
        f"half of the power passes up to this many cycles per picture height: {bands}."
    )


def glance(sight: Sight, eps: Picture, sigma: float, /) -> Figure:
    """Return a picture at one level, what is seen in it, and the filter."""
    fig, (before, after, curve) = plt.subplots(
        1, 3, figsize=(5.6, 1.5), width_ratios=(1.25, 1.25, 1)
    )
    noisy = sight.picture + sigma * eps
    _show(before, noisy, math.hypot(1, sigma))
    _show(after, sight.denoise(noisy, sigma), 1)
    _draw_gain(curve, sight, sigma)
    curve.set_xlabel("cycles per height")
    titles = {"noisy": before, "best guess": after, "gain": curve}
    for title, ax in titles.items():
        ax.set_title(title, fontsize=9, fontweight="normal")
    return fig


def slider(sight: Sight, eps: Picture, sigmas: Levels, /) -> tuple[list[Figure], str]:
    """Return a glance at every level, under one draw of the noise."""
    return [glance(sight, eps, float(sigma)) for sigma in sigmas], (
        f"{len(sigmas)} frames. On the left the photograph emerges from the noise, in "
        "the middle the best guess gains ever finer detail, on the right the step of "
        "the gain curve moves from low to high spatial frequency."
    )


def outline(
    picture: Float[Tensor, "1 h w"],
    noise: Float[Tensor, "1 h w"],
    /,
    *,
    sigma: float = 5.0,
) -> Drawn:
    """Return a drowned picture, its averages, and correlations with the clean one."""
    fig, (left, middle, right) = plt.subplots(
        1, 3, figsize=(6.4, 2.3), width_ratios=(1, 1, 1.25)
    )
    drowned = picture[:, : noise.shape[1], : noise.shape[2]] + sigma * noise
    image_grid(left, (drowned / 2).round().numpy(), low=-4.0, high=4.0)
    image_grid(middle, avg_pool2d(drowned, 16).numpy(), low=-2.0, high=2.0)
    left.set_title(f"noisy, σ = {sigma:g}", fontsize=9, fontweight="normal")
    middle.set_title("means of 16 × 16", fontsize=9, fontweight="normal")
    sigmas = np.geomspace(0.1, 100, 40)
    kept: Mapping[int, NDArray[np.float64]] = {
        block: correlations(picture, sigmas, block=block) for block in (1, 4, 16, 64)
    }
    for (block, curve), colour in zip(
        kept.items(), (ORANGE, PINK, GREEN, BLUE), strict=True
    ):
        right.semilogx(sigmas, curve, color=colour, label=f"{block} px")
    right.axvline(sigma, color=INK, lw=0.8, ls=":")
    right.set_xlabel("σ")
    right.set_title("correlation with the clean one", fontsize=9, fontweight="normal")
    label_lines(right, right.get_lines()[:4], gap=0.09)
    at = int(np.argmin(np.abs(sigmas - sigma)))
    return fig, (
        "Left: a photograph drowned in noise of five standard deviations, nearly even "
        "grey. Middle: its averages over blocks of 16 by 16 pixels, in which the hill "
        "and the temple stand out against the sky. Right: correlation with the clean "
        "photograph against the noise level for blocks of 1, 4, 16 and 64 pixels; at "
        f"σ = 5 it is {kept[1][at]:.2f}, {kept[4][at]:.2f}, {kept[16][at]:.2f} and "
        f"{kept[64][at]:.2f}."
    )


def correlations(
    picture: Float[Tensor, "1 h w"], sigmas: NDArray[np.float64], /, *, block: int
) -> NDArray[np.float64]:
    """Return the correlation of noisy and clean block averages, from their variance."""
    own = float(avg_pool2d(picture, block).var())
    return np.sqrt(own / (own + (sigmas / block) ** 2))


def _show(ax: Axes, picture: Picture, spread: float) -> None:
    """Draw a picture with the same fraction of its pixels clipped at every level."""
    image_grid(ax, picture[0].numpy(), low=-2.2 * spread, high=2.2 * spread)


def _draw_gain(ax: Axes, sight: Sight, sigma: float) -> None:
    """Draw the filter with the band that it passes by more than half."""
    f, gain = (values.numpy() for values in sight.gain(sigma))
    ax.semilogx(f, gain, color=BLUE)
    ax.fill_between(f, 0, gain, where=gain >= 0.5, color=BLUE, alpha=0.25, lw=0)
    ax.set_ylim(0, 1.05)
    ax.set_xlim(0.5, sight.picture.shape[-2] / 2)
    ax.set_xticks([1, 10], ["1", "10"])
    ax.minorticks_off()
