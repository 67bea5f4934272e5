"""Figures of spectra: how sampling fills them, what likelihoods and weights pay for."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import torch
from jaxtyping import Bool, Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator
from numpy.typing import NDArray
from torch import Tensor

from gendiff.drawing import BLUE, GREEN, INK, ORANGE, PINK, image_grid
from gendiff.metrics import frequencies
from gendiff.studies.autoencoders.waves import passed, share
from gendiff.studies.drawn import Drawn

Numbers = NDArray[np.floating]
Power = Float[Tensor, "h w"]
Levels = Sequence[int] | NDArray[np.integer]


@dataclass(frozen=True)
class Filling:
    """How the predictions of a sampler fill the spectrum."""

    grid: Sequence[float]
    f: Numbers
    """Frequencies of the rings."""
    spectra: Numbers
    """Power of the prediction by level and ring."""
    true: Numbers
    """Power of the data by ring."""
    arrived: Numbers
    """The level at which each ring has half of its final power."""

    def fit(self, ax: Axes) -> None:
        """Let axes show the data's power, and a bit more."""
        ax.loglog(self.f, self.true, ":", color=INK, lw=1.2)
        ax.set_ylim(self.true.min() / 30, self.true.max() * 3)
        self.octaves(ax)

    def octaves(self, ax: Axes) -> None:
        """Mark a logarithmic axis of frequencies by octaves."""
        side = 2 * (len(self.f) + 1)
        marks = [2**k for k in range(int(math.log2(side)))]
        ax.set_xticks(marks, [f"{mark}" for mark in marks])
        ax.xaxis.set_minor_locator(NullLocator())
        ax.set_xlabel("cycles per patch")


def arrivals(filling: Filling, white: Numbers, /) -> Drawn:
    """Return spectra at six levels, and when each ring arrives."""
    f, spectra, arrived = filling.f, filling.spectra, filling.arrived
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.4, 3.0))
    shown = np.linspace(0, len(spectra) - 1, 6).round().astype(int)
    colours = plt.get_cmap("viridis")(np.linspace(0, 0.85, 6))
    for k, colour in zip(shown, colours, strict=True):
        label = f"σ = {filling.grid[k]:.2g}"
        left.loglog(f, spectra[k], color=colour, label=label)
    filling.fit(left)
    left.set_title("power of the prediction (dots: data)", fontsize=9, weight="normal")
    left.legend(fontsize=7, loc="upper right")
    right.loglog(f, arrived, "o", color=BLUE)
    right.loglog(f, np.sqrt(spectra[-1]), color=ORANGE)
    right.loglog(f, white, "s", color=GREEN, ms=3)
    filling.octaves(right)
    right.set_yticks([0.1, 0.2, 0.5, 1, 2, 5], ["0.1", "0.2", "0.5", "1", "2", "5"])
    right.yaxis.set_minor_locator(NullLocator())
    right.set_title("level at which a ring is half there", fontsize=9, weight="normal")
    for height, text, colour in (
        (0.16, "● U-Net", BLUE),
        (0.09, "— Gaussian field: √S", ORANGE),
        (0.02, "■ white field", GREEN),
    ):
        right.text(0.04, height, text, color=colour, transform=right.transAxes)
    return fig, (
        "Left: radial spectra of the predictions at six levels of the noise; low "
        "frequencies are in place first, and the curve reaches to higher ones as noise "
        "falls, until it meets the spectrum of the data. Right: the level at which "
        f"each ring has half of its final power falls from {arrived[0]:.2g} at one "
        f"cycle to {arrived[-1]:.2g} at {f[-1]:.0f} cycles, beside the square root of "
        f"the power; for a white field it is {white.mean():.2g} at every "
        "frequency."
    )


def film(
    filling: Filling, predictions: Float[Tensor, "level n 1 h w"], chosen: Levels, /
) -> tuple[list[Figure], str]:
    """Return eight predicted patches beside their spectrum, at chosen levels."""
    return [filled(filling, k, predictions[k][:8]) for k in chosen], (
        f"{len(chosen)} frames of eight predicted patches beside their radial "
        "spectrum. At first the patches are even and grey; then soft shading, then "
        "edges, then texture appear, while the spectrum fills from low to high "
        "frequency."
    )


def filled(filling: Filling, k: int, patches: Float[Tensor, "n 1 h w"], /) -> Figure:
    """Return predicted patches beside their spectrum, at the k-th level."""
    power = filling.spectra[k]
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.0, 2.5), width_ratios=(1.35, 1))
    image_grid(left, patches[:, 0].numpy(), columns=4, low=-2.2, high=2.2)
    right.loglog(filling.f, power, color=BLUE)
    there = filling.arrived >= filling.grid[k]
    right.fill_between(
        filling.f, 1e-9, power, where=there, color=BLUE, alpha=0.25, lw=0
    )
    filling.fit(right)
    right.set_title("power of the prediction", fontsize=9, fontweight="normal")
    return fig


def budget(
    distribution: Power, measured: Power, upper: Bool[Tensor, "h w"], floor: float, /
) -> Drawn:
    """Return the fraction of waves passed by octave, and of nats in the upper half."""
    n = len(distribution)
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.4, 2.8))
    axis, colours = np.geomspace(floor, 30, 200), (BLUE, GREEN, PINK, ORANGE)
    areas = [
        [passed(distribution[ring], float(s)) / n**2 for s in axis]
        for ring in _octaves(n)
    ]
    left.stackplot(axis, areas, colors=colours, alpha=0.8, lw=0)
    left.set_xscale("log")
    left.set_xlim(floor, 30)
    left.set_xlabel("σ")
    left.set_title("fraction of waves that pass", fontsize=9, fontweight="normal")
    names = (
        *(f"above {n // 4}", f"{n // 8} to {n // 4}"),
        *(f"{n // 16} to {n // 8}", f"below {n // 16}", "cycles per image"),
    )
    for i, (name, colour) in enumerate(zip(names, (*colours[::-1], INK), strict=True)):
        where = (0.57, 0.94 - 0.09 * i)
        left.text(*where, name, color=colour, fontsize=8, transform=left.transAxes)
    floors = np.geomspace(floor / 2, 30, 60)
    for power, colour, name, height in (
        (distribution, BLUE, "1/f² field", 0.86),
        (measured, ORANGE, "photographs", 0.77),
    ):
        shares = [share(power, upper, float(s)) for s in floors]
        right.semilogx(floors, shares, color=colour)
        where = (0.5, height)
        right.text(*where, name, color=colour, fontsize=9, transform=right.transAxes)
    right.axhline(0.5, color=INK, lw=0.8, ls=":")
    right.axvline(floor, color=INK, lw=0.8, ls=":")
    right.text(floor * 1.15, 0.03, "8 bits", fontsize=8)
    right.set_ylim(0, 1)
    right.set_xlabel("noise floor σ₀")
    right.set_title("nats in the upper half", fontsize=9, fontweight="normal")
    ends = {
        s: [share(power, upper, s) for power in (distribution, measured)]
        for s in (floor, 30)
    }
    return fig, (
        "Left: stacked areas of the fraction of waves that pass the filter against the "
        "noise level, by octaves of frequency; at low noise the octave above "
        f"{n // 4} cycles fills most of the height. Right: fraction of the nats above "
        "half the Nyquist frequency against the noise floor, falling from "
        f"{ends[floor][0]:.2f} (field) and {ends[floor][1]:.2f} (photographs) at eight "
        f"bits to {ends[30][0]:.2f} and {ends[30][1]:.2f} at a floor of 30."
    )


def _octaves(n: int) -> list[Bool[Tensor, "h w"]]:
    """Return which waves of an image lie in each of the upper octaves, and below."""
    f = frequencies(n, n)
    edges = pairwise([-1, n / 16, n / 8, n / 4, n])
    return [(f > a) & (f <= b) for a, b in edges]


def weights(
    rules: Mapping[str, Callable[[Tensor], Tensor]],
    ring: Numbers,
    errors: Mapping[str, Numbers],
    sampled: Mapping[str, Numbers],
    /,
) -> Drawn:
    """Return weights on levels, and what networks got right under each by ring."""
    fig, (left, middle, right) = plt.subplots(1, 3, figsize=(6.4, 2.7))
    span = torch.logspace(math.log10(0.05), math.log10(20), 100, dtype=torch.float64)
    for i, (name, colour) in enumerate(
        zip(rules, (BLUE, INK, ORANGE, PINK), strict=True)
    ):
        curve = rules[name](span) * torch.ones_like(span)
        left.loglog(span, curve / curve[50], color=colour)
        where = (0.5, 0.93 - 0.08 * i)
        left.text(*where, name, color=colour, fontsize=8, transform=left.transAxes)
        for ax, kind in ((middle, errors[name]), (right, sampled[name])):
            ax.plot(ring, kind.mean(0), color=colour)
            low, high = kind.min(0), kind.max(0)
            ax.fill_between(ring, low, high, color=colour, alpha=0.2, lw=0)
    left.set_ylim(1e-5, 1e5)
    left.set_xlabel("σ")
    left.set_title("weight of a clean error", fontsize=9, fontweight="normal")
    middle.set_yscale("log")
    middle.set_yticks([0.003, 0.01, 0.03, 0.1], ["0.003", "0.01", "0.03", "0.1"])
    middle.yaxis.set_minor_locator(NullLocator())
    middle.set_title("excess error", fontsize=9, fontweight="normal")
    right.set_title("|log power| of samples", fontsize=9, fontweight="normal")
    for ax in (middle, right):
        ax.set_xlabel("cycles per image")
        ax.set_xticks([1, 3, 5, 7])
    return fig, (
        "Left: the four weights against the noise level, from flat to falling with the "
        "cube. Middle: excess error of the trained networks by spatial frequency, mean "
        "and range of three seeds; at the lowest and the highest ring: "
        f"{_ends(errors, 3)}. Right: the error of the samples' power, in the same way: "
        f"{_ends(sampled, 2)}."
    )


def _ends(curves: Mapping[str, Numbers], digits: int) -> str:
    """Say what the first and the last ring have, mean over runs."""
    means = {name: curve.mean(0) for name, curve in curves.items()}
    return ", ".join(
        f"{name} {mean[0]:.{digits}f} and {mean[-1]:.{digits}f}"
        for name, mean in means.items()
    )
