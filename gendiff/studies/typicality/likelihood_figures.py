"""The figures of what likelihood is spent on: bits of pictures, and pictures."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float, Int
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from gendiff.drawing import BLUE, GREEN, INK, ORANGE, PINK, image_grid
from gendiff.studies.typicality.dequantised import GREYS

Bits = Mapping[str, Float[Tensor, " n"]]
"""What each model needs for each picture."""
Images = Int[Tensor, "n h w"]


def likelier(known: Images, foreign: Images, inside: Bits, outside: Bits, /) -> Figure:
    """Draw ten pictures of each kind, and what two models need for all of them."""
    fig, axes = plt.subplots(2, 2, figsize=(6.4, 3.0), width_ratios=(1, 1.9))
    for ax, images, title in (
        (axes[0, 0], known, "known: textures"),
        (axes[1, 0], foreign, "foreign: digits"),
    ):
        image_grid(ax, images[:10].numpy(), columns=5, low=0, high=GREYS - 1)
        _title(ax, title)
    for ax, name in zip(axes[:, 1], ("PixelCNN", "flow"), strict=True):
        low = min(inside[name].min(), outside[name].min())
        edges = np.linspace(float(low), float(inside[name].quantile(0.99)), 40).tolist()
        _needs(ax, inside[name], edges, BLUE, "textures")
        _needs(ax, outside[name], edges, ORANGE, "digits")
        ax.set_yticks([])
        ax.set_ylim(0, 1.25 * ax.get_ylim()[1])
        _title(ax, name)
    axes[1, 1].set_xlabel("bits a pixel (to the left: more likely)")
    return fig


def strangers(
    nats: Mapping[str, Float[Tensor, " n"]],
    sample: Float[Tensor, " k"],
    stranger: Float[Tensor, " k"],
    /,
) -> Figure:
    """Draw the surprisals of Gaussian data and strangers, and one sample of two.

    Args:
        nats: Surprisals of data, narrow, wide and sorted strangers, by these names.
        sample: Coordinates of a datum.
        stranger: Coordinates of a sorted vector.
    """
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.4, 2.5), width_ratios=(1.5, 1))
    looks = {
        "data": (INK, 0.93), "narrow": (ORANGE, 0.93), "wide": (PINK, 0.93),
        "sorted": (GREEN, 0.79),
    }  # fmt: skip
    for name, (colour, height) in looks.items():
        left.hist(
            nats[name].numpy(),
            np.linspace(85, 185, 81),
            density=True,
            color=colour,
            histtype="step",
            lw=1.6,
            ls="--" if name == "sorted" else "-",
        )
        at = (float(nats[name].mean()), height)
        _say(left, at, name, colour, ha="center")
    left.set_ylim(0, left.get_ylim()[1] * 1.35)
    left.set_yticks([])
    left.set_xlabel("surprisal (nats)")
    right.plot(sample.numpy(), color=INK, lw=0.9)
    right.plot(stranger.numpy(), color=GREEN)
    right.set_xlabel("coordinate")
    _title(right, "one sample, one sorted")
    return fig


def sizes(
    bits: Mapping[str, Mapping[str, float]],
    size: Mapping[str, float],
    correlation: Mapping[str, float],
    /,
) -> Figure:
    """Draw what each set of pictures needs against its compressed size.

    Args:
        bits: Bits a pixel by model and set.
        size: Bytes an image by set.
        correlation: Of log-likelihood and size, by model.
    """
    fig, axes = plt.subplots(1, len(bits), figsize=(6.4, 3.0), sharex=True)
    colours = {"grass": BLUE, "gravel": BLUE, "digits": ORANGE}
    for ax, (model, needs) in zip(axes, bits.items(), strict=True):
        for name, letter in marks(size).items():
            bold = "bold" if name in colours else "normal"
            ax.text(
                *(size[name], needs[name], letter),
                ha="center",
                va="center",
                color=colours.get(name, INK),
                fontsize=10,
                fontweight=bold,
            )
        low, high = min(needs.values()), max(needs.values())
        room = 0.07 * (high - low + 0.1)
        ax.set_xlim(-0.08 * max(size.values()), 1.1 * max(size.values()))
        ax.set_ylim(low - room, high + room)
        _title(ax, f"{model}, r = {correlation[model]:.2f}")
    axes[0].set_ylabel("bits a pixel")
    axes[1].set_xlabel("bytes an image, PNG")
    return fig


def marks(size: Mapping[str, float], /) -> dict[str, str]:
    """Return a letter for each set of pictures."""
    return {name: chr(ord("a") + k) for k, name in enumerate(size)}


def rows(
    pictures: Mapping[str, Float[Tensor, "n h w"] | Int[Tensor, "n h w"]],
    /,
    *,
    low: float,
    high: float,
    size: tuple[float, float],
) -> Figure:
    """Draw ten pictures of each kind, with its name on the left."""
    fig, axes = plt.subplots(len(pictures), 1, figsize=size)
    for ax, (name, images) in zip(axes, pictures.items(), strict=True):
        image_grid(ax, images[:10].numpy(), columns=10, low=low, high=high)
        ax.text(
            *(-0.01, 0.5, name),
            transform=ax.transAxes,
            ha="right",
            va="center",
            fontsize=9,
        )
    return fig


def planes(bits: Mapping[int, float], halves: Int[Tensor, "2 h w"], /) -> Figure:
    """Draw what each bit plane costs, and a picture by its upper and lower planes."""
    fig, (bars, pair) = plt.subplots(1, 2, figsize=(6.4, 2.6), width_ratios=(1, 1.5))
    colours = [GREEN if k > 3 else ORANGE for k in bits]
    bars.barh([8 - k for k in bits], [*bits.values()], color=colours)
    for k, needed in bits.items():
        bars.text(needed + 0.03, 8 - k, f"{needed:.2f}", va="center", fontsize=8)
    bars.set_yticks([1, 8], ["highest", "lowest"])
    bars.invert_yaxis()
    bars.set_xlim(0, 1.25)
    bars.set_xlabel("bits a pixel")
    image_grid(pair, halves.numpy(), columns=2, low=0, high=255)
    _title(pair, "upper four planes            lower four")
    return fig


def _needs(
    ax: Axes, bits: Float[Tensor, " n"], edges: list[float], colour: str, word: str
) -> None:
    ax.hist(bits.numpy(), edges, density=True, color=colour, alpha=0.55)
    ax.axvline(float(bits.mean()), color=colour, lw=1)
    _say(ax, (float(bits.mean()), 0.93), word, colour, aside=5, va="top")


def _say(
    ax: Axes,
    at: tuple[float, float],
    word: str,
    colour: str,
    *,
    aside: float = 0,
    ha: str = "left",
    va: str = "baseline",
) -> None:
    """Write a word at a value on the x axis and a fraction of the height."""
    ax.annotate(
        word,
        at,
        xycoords=("data", "axes fraction"),
        xytext=(aside, 0),
        textcoords="offset points",
        color=colour,
        fontsize=9,
        ha=ha,
        va=va,
    )


def _title(ax: Axes, words: str) -> None:
    ax.set_title(words, fontsize=9, fontweight="normal")
