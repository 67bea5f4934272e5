"""The figures of what guidance samples that need more than a line, told in words."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import torch
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from torch import Tensor

from gendiff.discrete import Joint
from gendiff.drawing import BLUE, GREEN, INK, ORANGE, image_grid, label_lines
from gendiff.estimate import Estimate
from gendiff.exact import GaussianMixture
from gendiff.studies.guidance.line_figures import SHADES, Told
from gendiff.types import level

SHOWN = 500
NAMES = ("00", "01", "10", "11")


def scattered(
    one: GaussianMixture,
    everything: GaussianMixture,
    points: Mapping[str, Float[Tensor, "n 2"]],
    middle: Mapping[str, str],
    /,
) -> Told:
    """Return sets of points over the contours of a class and of the rest.

    The fraction of each near the middle of the class goes into the words.
    """
    shape: Any = {"sharex": True, "sharey": True}
    fig, axes = plt.subplots(1, len(points), figsize=(6.4, 1.9), **shape)
    axis = torch.linspace(-4.5, 4.5, 91).double()
    mesh = torch.cartesian_prod(axis, axis)
    mine = one.log_density(mesh, level(0.0)).exp()
    rest = 2 * everything.log_density(mesh, level(0.0)).exp() - mine
    contours: Any = {"levels": [0.02, 0.06], "linewidths": 0.7}
    colours = {"promised": INK} | SHADES
    for ax, (name, some) in zip(axes, points.items(), strict=True):
        for density, shade in ((mine, "#888888"), (rest, "#cccccc")):
            heights = density.reshape(len(axis), -1).T
            ax.contour(axis, axis, heights, colors=shade, **contours)
        ax.scatter(*some[:SHOWN].T, s=2, color=colours[name], alpha=0.5, lw=0)
        ax.set_title(name, fontsize=9, color=colours[name])
        ax.set_aspect("equal")
        ax.set(xticks=[], yticks=[], xlim=(-4.5, 4.5), ylim=(-4.5, 4.5))
        ax.grid(visible=False)
    shares = [
        f"fraction of the middle blob {of} for {name}" for name, of in middle.items()
    ]
    return fig, (
        "Four panels over the contours of six blobs, three dark ones in a bow, our "
        "class, and three pale ones to the left. The points promised and those of "
        "Langevin dynamics fill the dark blobs and keep away from the pale ones. The "
        "SDE's points lie further right, the flow's further still, with more than half "
        "of them around the middle blob and few on its inner side: "
        f"{'; '.join(shares)}."
    )


def rows_of_digits(
    drawn: Mapping[str, Float[Tensor, "n 1 h w"]], ink: Mapping[str, float], /
) -> Told:
    """Return a row of digits for each way to draw them; mean greys go into the words.

    The first image of each class is shown.
    """
    fig, axes = plt.subplots(len(drawn), 1, figsize=(6.4, 0.62 * len(drawn)))
    for ax, (name, some) in zip(axes, drawn.items(), strict=True):
        shown = (some[:10, 0].clamp(-1, 1) + 1) / 2
        image_grid(ax, shown.numpy(), columns=len(shown))
        words: Any = {"transform": ax.transAxes, "ha": "right", "va": "center"}
        ax.text(-0.02, 0.5, name, fontsize=9, **words)
    spent = ", ".join(f"{name} {grey:.2f}" for name, grey in ink.items())
    return fig, (
        f"{len(drawn)} rows of the digits 0 to 9 from the same noises: "
        f"{', '.join(drawn)}. Mean brightness from 0 to 1: {spent}."
    )


def passed(judges: Mapping[str, Mapping[float, Estimate]], /) -> Told:
    """Return how likely texts of each temperature are to be true, by judge."""
    fig, ax = plt.subplots(figsize=(6.4, 2.6))
    told: list[str] = []
    named: list[Line2D] = []
    for (name, found), colour in zip(
        judges.items(), (BLUE, ORANGE, GREEN), strict=True
    ):
        heights = [float(each.value) for each in found.values()]
        words = f"met {name}"
        named += ax.plot(list(found), heights, "o-", ms=3, color=colour, label=words)
        each = (f"{of:.2f} at {tau:g}" for tau, of in zip(found, heights, strict=True))
        told.append(f"{name} {', '.join(each)}")
    ax.set(xlabel="temperature of the texts", ylabel="probability of truth")
    label_lines(ax, named, gap=0.12)
    return fig, f"Mean probability of being true text: {'; '.join(told)}."


def four_sequences(
    likelihood: Float[Tensor, "2 2"], distributions: Sequence[Joint]
) -> Told:
    """Return a tree of two binary choices, and the probability of each sequence.

    Args:
        likelihood: The probability of the class, given each of the four.
        distributions: The class at scale 1, then guided jointly at scale 3, and token
            by token.
    """
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.4, 3.3), width_ratios=(1, 1.35))
    _tree(left, likelihood)
    labels = ("γ = 1", "γ = 3, the joint guided", "γ = 3, token by token")
    _bars(right, distributions, (INK, BLUE, ORANGE), labels)
    right.set_title("probability of the sequence", fontsize=9)
    bars = [
        f"{label}: " + ", ".join(f"{float(q):.3f}" for q in each.probability.flatten())
        for label, each in zip(labels, distributions, strict=True)
    ]
    return fig, (
        "Left: a tree of two binary choices with the probability of the class at every "
        f"node: {float(likelihood.mean()):.3g} at the start, "
        f"{float(likelihood[0].mean()):.3g} after 0 and "
        f"{float(likelihood[1].mean()):.3g} after 1; "
        + ", ".join(f"{float(q):g}" for q in likelihood.flatten())
        + " at the ends 00, 01, 10 and 11. Right: bars for the four sequences, "
        + "; ".join(bars)
        + "."
    )


def _bars(
    ax: Axes,
    distributions: Sequence[Joint],
    colours: Sequence[str],
    labels: Sequence[str],
) -> None:
    """Draw the probability of the four sequences side by side."""
    width = 0.8 / len(distributions)
    for i, (distribution, colour, label) in enumerate(
        zip(distributions, colours, labels, strict=True)
    ):
        left = np.arange(4) - 0.4 + (i + 0.5) * width
        ax.bar(
            left, distribution.probability.flatten().numpy(), width * 0.92, color=colour
        )
        ax.text(1.3, 0.92 - 0.11 * i, label, color=colour, fontsize=9, va="center")
    ax.set_xticks(range(4), NAMES)
    ax.set_ylim(0, 1)
    ax.grid(visible=False)
    ax.set_xlabel("sequence")


def _tree(ax: Axes, likelihood: Float[Tensor, "2 2"]) -> None:
    """Draw two fair binary choices, with the class's probability at every node."""
    spots = {"": (0.0, 1.5), "0": (1.0, 2.5), "1": (1.0, 0.5)}
    spots |= {name: (2.0, 3.0 - i) for i, name in enumerate(NAMES)}
    seen = {"": float(likelihood.mean())}
    seen |= {str(i): float(likelihood[i].mean()) for i in range(2)}
    seen |= {name: float(likelihood.flatten()[i]) for i, name in enumerate(NAMES)}
    shades = plt.get_cmap("YlGnBu")
    for name, (x, y) in spots.items():
        if name:
            x0, y0 = spots[name[:-1]]
            ax.plot([x0, x], [y0, y], color="#b5b5b5", lw=1.2, zorder=1)
        ax.scatter([x], [y], s=700, color=shades(0.75 * seen[name]), zorder=2)
        ink = "white" if seen[name] > 0.6 else INK
        share = f"{seen[name]:.3g}"
        ax.text(x, y, share, color=ink, fontsize=9, ha="center", va="center")
        ax.text(x, y + 0.48, name or "start", fontsize=9, ha="center", va="center")
    ax.set_xlim(-0.4, 2.4)
    ax.set_ylim(-0.6, 3.8)
    ax.axis("off")
    ax.set_title("p(class | tokens so far)", fontsize=9)
