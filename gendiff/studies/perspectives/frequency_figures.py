"""Figures of frequencies: hinges, orders of bands, cosines, coded pictures."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import torch
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter
from numpy.typing import NDArray
from torch import Tensor

from gendiff.drawing import BLUE, GREEN, INK, ORANGE, PINK, image_grid
from gendiff.families.heat import cosines
from gendiff.studies.drawn import Drawn
from gendiff.studies.perspectives.block_codes import Coded
from gendiff.studies.perspectives.hinges import Hinge

Numbers = NDArray[np.float64]
Spectrum = tuple[Numbers, Numbers]
"""Frequencies, and the power at each."""
Named = Mapping[str, Spectrum]


def under_noise(spectra: Named, sigma: float, /) -> Figure:
    """Return clean spectra, and what they are under noise of one level."""
    fig, axes = plt.subplots(len(spectra), 1, figsize=(4.2, 5.6))
    for ax, (name, (f, power)) in zip(axes, spectra.items(), strict=True):
        noisy = power + sigma**2
        ax.loglog(f, power, ":", color=INK, lw=1.2)
        ax.loglog(f, noisy, color=BLUE)
        ax.axhline(sigma**2, color=ORANGE, lw=1)
        above = np.maximum(power, sigma**2)
        ax.fill_between(f, sigma**2, above, color=GREEN, alpha=0.25, lw=0)
        ax.set_ylim(min(power.min() / 3, 1e-2), max(power.max() * 10, 60))
        ax.xaxis.set_minor_formatter(NullFormatter())
        ax.set_title(name, fontsize=10)
    axes[0].text(0.98, 0.8, "with noise", color=BLUE, ha="right", **_in(axes[0]))
    axes[0].text(0.98, 0.62, "noise alone", color=ORANGE, ha="right", **_in(axes[0]))
    axes[0].text(0.98, 0.44, "dots: clean", ha="right", **_in(axes[0]))
    axes[-1].set_xlabel("frequency")
    return fig


def hinges(found: Mapping[float, Hinge], exponent: float, /) -> Drawn:
    """Return noisy spectra, and their corners against the noise."""
    fig, (left, right) = plt.subplots(2, 1, figsize=(4.2, 5.6))
    colours = plt.get_cmap("viridis")(np.linspace(0, 0.8, len(found)))
    for (sigma, each), colour in zip(found.items(), colours, strict=True):
        left.loglog(each.f, each.noisy, color=colour)
        if sigma in (min(found), max(found)):
            height = each.noisy[-1] * (1.3 if sigma == max(found) else 0.45)
            left.text(each.f[-1], height, f"σ = {sigma:g}", ha="right",
                      color=colour, fontsize=8)  # fmt: skip
        left.plot(each.corner, 2 * sigma**2, "o", color=colour)
    first = next(iter(found.values()))
    left.loglog(first.f, first.clean, ":", color=INK, lw=1.2)
    left.set_ylim(1e-1)
    left.set_title("power under noise σ (dots: clean)", fontsize=10)
    sigmas = np.array(list(found))
    corners = np.array([each.corner for each in found.values()])
    right.loglog(sigmas, corners, "o", color=BLUE)
    right.loglog(sigmas, corners[0] * (sigmas / sigmas[0]) ** (-2 / exponent), "--",
                 color=ORANGE)  # fmt: skip
    right.text(
        0.4, 0.85, f"slope −2/β = {-2 / exponent:.2f}", color=ORANGE, **_in(right)
    )
    right.set_title("corner, cycles a picture", fontsize=10)
    right.set_xlabel("σ")
    _plain(right, [1, 1.4, 2], [16, 20, 24, 28])
    return fig, (
        f"Above, spectra of photographs under {len(found)} levels of noise: each "
        "follows the clean one and then bends into a flat floor, with a dot at the "
        "bend. Below, the corner falls from "
        f"{corners[0]:.1f} to {corners[-1]:.1f} cycles as noise grows from "
        f"{sigmas[0]:g} to {sigmas[-1]:g}, near a dashed line of slope "
        f"{-2 / exponent:.2f}."
    )


def orders(levels: Mapping[str, Numbers], /) -> Drawn:
    """Return when each band is decided, in several processes, over the first band."""
    fig, ax = plt.subplots(figsize=(4.2, 3.6))
    colours = (BLUE, ORANGE, GREEN, PINK, INK)
    told: list[str] = []
    for (name, found), colour in zip(levels.items(), colours, strict=False):
        band, relative = np.arange(1, len(found) + 1), found / found[0]
        ax.loglog(band, relative, "o-", color=colour, ms=40 / (len(found) + 5))
        told.append(f"{name}: {relative[-1]:.2g}")
    ax.set_xticks([1, 2, 4, 7, 16, 63], ["1", "2", "4", "7", "16", "63"])
    ax.minorticks_off()
    ax.set_xlabel("frequency over the lowest")
    ax.set_title("level at which a band is decided, over the lowest's", fontsize=9)
    for k, (name, colour) in enumerate(zip(levels, colours, strict=False)):
        ax.text(0.04, 0.05 + 0.08 * k, name, color=colour, **_in(ax))
    return fig, (
        "Level at which each band of frequencies is half decided, over that of the "
        f"lowest band. At the highest band it is, {'; '.join(told)}."
    )


def basis() -> Drawn:
    """Return the 64 cosines of a block of eight by eight."""
    waves = cosines(8)
    tiles = torch.einsum("ki,lj->klij", waves, waves).reshape(64, 8, 8)
    scaled = tiles / tiles.abs().amax((1, 2), keepdim=True)
    fig, ax = plt.subplots(figsize=(4.0, 4.0))
    image_grid(ax, scaled.numpy(), columns=8, low=-1.0, high=1.0)
    return fig, (
        "Eight by eight tiles of black and white waves. The first tile is even; from "
        "left to right waves across become finer, from top to bottom waves down, and "
        "the last tile is a chequered board."
    )


def pictures(shown: Mapping[str, Coded], original: Float[Tensor, "h w"], /) -> Drawn:
    """Return a picture beside what codes have made of it."""
    fig, axes = plt.subplots(len(shown) + 1, 1, figsize=(3.6, 7.6))
    everything = {"original": original, **{n: c.picture for n, c in shown.items()}}
    for ax, (name, picture) in zip(axes, everything.items(), strict=True):
        ax.imshow(picture.numpy(), vmin=0, vmax=255, cmap="gray")
        ax.set_title(name, fontsize=10)
        ax.set_axis_off()
    said = "; ".join(f"{n}: {c.error:.1f} grey values" for n, c in shown.items())
    return fig, (
        "The same piece of a photograph three times, of a roof and its edges. The "
        "original is clean; coarsened in high frequencies it looks nearly "
        "the same; the sky of the one coarsened in low ones falls into "
        f"blocks. Errors are, {said}."
    )


def samples(shown: Mapping[str, Float[Tensor, "n 1 s s"]], /) -> Drawn:
    """Return patches of photographs and samples, in rows of eight."""
    fig, axes = plt.subplots(len(shown), 1, figsize=(4.2, 1.35 * len(shown)))
    for ax, (name, patches) in zip(axes, shown.items(), strict=True):
        image_grid(ax, patches[:16, 0].numpy(), columns=8, low=-2.2, high=2.2,
                   title=name)  # fmt: skip
    return fig, (
        f"Two rows of eight patches for each of {', '.join(shown)}: soft shading, "
        "edges and blotches in grey."
    )


def emerging(
    waves: Mapping[str, Float[Tensor, " n"]], rate: int, /, *, window: int = 256
) -> Drawn:
    """Return the spectrograms of sounds, one below the other."""
    fig, axes = plt.subplots(
        len(waves), 1, figsize=(4.2, 1.3 * len(waves)), sharex=True
    )
    for ax, (name, wave) in zip(axes, waves.items(), strict=True):
        found = torch.stft(
            wave.float(), window, window=torch.hann_window(window), return_complex=True
        ).abs()
        ax.imshow(
            found.clamp(min=1e-3).log10().numpy(),
            extent=(0.0, len(wave) / rate, 0.0, rate / 2_000),
            origin="lower",
            aspect="auto",
            cmap="magma",
            vmin=-2,
            vmax=1,
        )
        ax.set_title(name, fontsize=9)
        ax.grid(visible=False)
    axes[-1].set_xlabel("seconds (height: kilohertz)")
    return fig, (
        f"{len(waves)} spectrograms of one tune. With much noise only the lowest "
        "partials of the notes are there, as bright lines at the foot; more lines "
        "stand above them in each picture that has less noise."
    )


def _in(ax: Axes) -> dict[str, Any]:
    return {"transform": ax.transAxes, "fontsize": 9}


def _plain(ax: Axes, x: Sequence[float], y: Sequence[float]) -> None:
    ax.set_xticks(x, [f"{value:g}" for value in x])
    ax.set_yticks(y, [f"{value:g}" for value in y])
    ax.minorticks_off()
