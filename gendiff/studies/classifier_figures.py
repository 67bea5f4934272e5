"""The figures of guidance by a classifier."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure
from numpy.typing import NDArray
from torch import Tensor

from gendiff.drawing import BLUE, GREEN, INK, ORANGE, image_grid, label_lines
from gendiff.estimate import Estimate
from gendiff.studies.digits import CLASSES

Numbers = Sequence[float] | NDArray[np.float64]


def sheets(rows: Mapping[str, Float[Tensor, "n 1 h w"]], /, *, height: float) -> Figure:
    """Return blocks of images under their titles, ten to a line."""
    fig, axes = plt.subplots(len(rows), 1, figsize=(6.0, height), squeeze=False)
    for ax, (title, x) in zip(axes[:, 0], rows.items(), strict=True):
        shown = x[:, 0].clamp(-1, 1)
        image_grid(ax, shown, columns=CLASSES, low=-1.0, high=1.0, title=title)
    return fig


def verdicts(images: Float[Tensor, "n 1 h w"], titles: Sequence[str], /) -> Figure:
    """Return images in a row, each under what is said of it."""
    fig, axes = plt.subplots(1, len(images), figsize=(6.4, 2.0))
    for ax, image, title in zip(axes, images, titles, strict=True):
        image_grid(ax, image.clamp(-1, 1), low=-1.0, high=1.0)
        ax.set_title(title, fontsize=10, fontweight="normal")
    return fig


def accuracies(
    levels: Numbers,
    readers: Mapping[str, Numbers],
    /,
    *,
    colours: Sequence[str] = (BLUE, GREEN, ORANGE),
    dashed: Sequence[str] = (),
    ticks: Numbers = (),
) -> Figure:
    """Return accuracies against the noise level, with the levels that a sampler visits.

    Args:
        levels: Noise levels.
        readers: The accuracies of each reader at these.
        colours: One for each reader.
        dashed: Readers whose lines are dashed: those to compare with.
        ticks: Levels of the steps of a sampler.
    """
    fig, ax = plt.subplots(figsize=(6.4, 2.9))
    for (name, found), colour in zip(readers.items(), colours, strict=True):
        marker, width = ("--", 1.2) if name in dashed else ("o-", 1.8)
        ax.plot(levels, found, marker, color=colour, label=name, linewidth=width)
    lines = ax.get_lines()[: len(readers)]
    ax.axhline(1 / CLASSES, color=INK, linewidth=1, linestyle=":")
    ax.text(levels[0], 0.12, "chance", fontsize=9)
    if len(ticks):
        ax.plot(ticks, [0.03] * len(ticks), "|", color=INK, markersize=8)
        ax.text(max(ticks) * 1.2, 0.03, "steps", fontsize=9, va="center")
    ax.set(xscale="log", ylim=(0, 1.05), xlabel="noise level", ylabel="named rightly")
    label_lines(ax, lines, gap=0.1)
    return fig


def guesses(
    levels: Numbers, trained: Numbers, guessed: Numbers, plain: Numbers, /
) -> Figure:
    """Return accuracies on the denoiser's guess and on the noisy image itself.

    Dashed: those of a classifier that was trained on noise.
    """
    dashed = "noise-trained,\non x"
    readers = {dashed: trained, "on the guess": guessed, "on x": plain}
    colours = (INK, BLUE, ORANGE)
    return accuracies(levels, readers, colours=colours, dashed=(dashed,))


def directions(
    levels: Numbers,
    found: Mapping[str, Float[np.ndarray, "runs measure levels"]],
    /,
) -> Figure:
    """Return the energy outside and the cosine with the truth, by kind of network.

    Bands span the training runs; levels fall, as a sampler walks.
    """
    fig, axes = plt.subplots(1, 2, figsize=(6.4, 2.9), sharex=True)
    for (name, of), colour in zip(found.items(), (ORANGE, BLUE, GREEN), strict=True):
        for row, ax in enumerate(axes):
            runs = of[:, row, ::-1]  # levels rising, as on the axis
            ax.plot(levels[::-1], runs.mean(0), "o-", color=colour, label=name)
            low, high = runs.min(0), runs.max(0)
            ax.fill_between(
                levels[::-1], low, high, color=colour, alpha=0.15, linewidth=0
            )
    axes[0].set(xscale="log", ylim=(0, 1), title="energy outside")
    axes[1].set(ylim=(0, 1.02), title="cosine with the truth")
    for ax in axes:
        ax.set_xlabel("noise level")
    label_lines(axes[1], gap=0.1)
    return fig


def distances(lines: Mapping[str, Mapping[float, Estimate]], real: float, /) -> Figure:
    """Return distances to real images against the guidance scale, with their errors.

    The first line's scales are marked; 0 has no place on a logarithmic axis and stands
    at 0.1.
    """
    fig, ax = plt.subplots(figsize=(6.4, 3.2))
    styles = ((BLUE, "o-"), (ORANGE, "s--"), (GREEN, "^:"))
    for (name, values), (colour, marker) in zip(lines.items(), styles, strict=True):
        xs = [scale or 0.1 for scale in values]
        middle = np.array([float(e.value) for e in values.values()])
        error = np.array([float(e.error) for e in values.values()])
        ax.plot(xs, middle, marker, color=colour, label=name)
        low, high = middle - error, middle + error
        ax.fill_between(xs, low, high, color=colour, alpha=0.2, linewidth=0)
    ax.axhline(real, color=INK, linewidth=1, linestyle=":")
    ax.text(0.1, real + 0.08, "real images", fontsize=9)
    ax.set(xscale="log", xlabel="guidance scale", ylabel="distance to real images")
    marked = [*next(iter(lines.values()))]
    ax.set_xticks([scale or 0.1 for scale in marked], [f"{s:g}" for s in marked])
    ax.minorticks_off()
    ax.set_ylim(0, None)
    label_lines(ax, ax.get_lines()[: len(lines)], gap=0.15)
    return fig


def slopes(
    levels: Numbers, exact: Numbers, approximate: Numbers, /, *, at: str
) -> Figure:
    """Return an exact gradient and an approximation of it against the noise level."""
    fig, ax = plt.subplots(figsize=(6.0, 2.7))
    ax.plot(levels, exact, color=INK, label="exact")
    ax.plot(levels, approximate, color=ORANGE, label="forward\nuniversal")
    ax.set(xscale="log", yscale="log", xlabel="noise level", ylabel=f"gradient at {at}")
    label_lines(ax, gap=0.15)
    return fig
