"""The figures of what guidance samples that need more than a line, told in words."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from gendiff.drawing import BLUE, GREEN, INK, ORANGE, image_grid, label_lines
from gendiff.exact import GaussianMixture
from gendiff.studies.guidance import pixel_chain
from gendiff.studies.guidance.line_figures import GREY, PALE, SHADES, Told, histogram
from gendiff.types import level

SHOWN = 500
Shares = Mapping[float, Mapping[str, tuple[float, float]]]


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


def pixels(
    ticks: Float[Tensor, " t"],
    distributions: Sequence[Float[Tensor, "t t t"]],
    ends: Float[Tensor, "n 3"],
    /,
) -> Told:
    """Return the densities of each pixel: joint, plain, pixel by pixel; and chains."""
    count = ends.shape[1]
    fig, axes = plt.subplots(1, count, figsize=(6.4, 2.2), sharey=True)
    gap = float(ticks[1] - ticks[0])
    for i, ax in enumerate(axes):
        rest = tuple(k for k in range(count) if k != i)
        joint, plain, in_turn = (
            distribution.sum(rest).numpy() / gap for distribution in distributions
        )
        ax.fill_between(ticks, joint, color=PALE, lw=0)
        ax.plot(ticks, plain, color=INK, lw=0.8, ls=":")
        ax.plot(ticks, in_turn, color=ORANGE)
        histogram(ax, ends[:, i].numpy(), np.linspace(-3, 5, 65))
        ax.set(xlim=(-3, 4.5), yticks=[])
        ax.set_title(f"pixel {i + 1}", fontsize=9)
    height = axes[0].get_ylim()[1]
    for at, name, colour in (
        (0.88, "joint", GREY),
        (0.75, "Langevin", GREEN),
        (0.54, "pixel by\npixel", ORANGE),
    ):
        axes[0].text(-2.9, at * height, name, color=colour, fontsize=9)
    joint, _, in_turn = (
        ", ".join(f"{mean:.2f}" for mean in pixel_chain.moments(distribution, ticks)[0])
        for distribution in distributions
    )
    return fig, (
        "Densities of three pixels at guidance scale 3. Histograms of Langevin chains "
        "follow the exact guided joint. Guidance pixel by pixel agrees in the last "
        f"pixel best and is off before: exact means {joint}, pixel by pixel {in_turn}."
    )


def tempered_digits(
    drawn: Mapping[float, tuple[Float[Tensor, "n 1 h w"], Float[Tensor, "n 1 h w"]]],
    ink: Mapping[float, Sequence[float]],
    /,
) -> Told:
    """Return digits by flow and by SDE, a row for each factor of the score.

    Their mean grey values go into the words.
    """
    fig, axes = plt.subplots(len(drawn), 2, figsize=(6.4, 2.05), squeeze=False)
    for row, (factor, pictures) in zip(axes, drawn.items(), strict=True):
        for ax, some in zip(row, pictures, strict=True):
            image_grid(ax, some[:, 0].numpy(), columns=len(some))
        words: Any = {"transform": row[0].transAxes, "ha": "right", "va": "center"}
        row[0].text(-0.02, 0.5, f"× {factor:g}", fontsize=9, **words)
    axes[0, 0].set_title("flow", fontsize=9, color=BLUE)
    axes[0, 1].set_title("SDE", fontsize=9, color=ORANGE)
    spent = [f"× {f:g}: {flow:.2f}, {sde:.2f}" for f, (flow, sde) in ink.items()]
    return fig, (
        "Digits 0 to 7 in four rows, with the score multiplied by 0.8, 1, 1.25 and 2, "
        "by flow on the left and SDE on the right. The second row shows plain digits; "
        "above it they are bolder, the flow's speckled, below it thin. Mean grey "
        f"value, flow and SDE: {'; '.join(spent)}."
    )


def diversity(by_scale: Shares, by_distance: Shares, /) -> Told:
    """Return diversity within and over classes, by scale and at a scale by distance."""
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.4, 2.7), sharey=True)
    for name, colour in (("flow", BLUE), ("SDE", ORANGE), ("promised", GREY)):
        for ax, table in ((left, by_scale), (right, by_distance)):
            for i, style in ((0, "o-"), (1, "o--")):
                values = [100 * table[at][name][i] for at in table]
                ax.plot(list(table), values, style, color=colour, ms=3)
        right.get_lines()[-2].set_label(name)
    for ax in (left, right):
        ax.axhline(100, color=INK, lw=0.6)
    left.text(5.4, 129, "over all classes", fontsize=9)
    left.text(4.2, 32, "within one", fontsize=9)
    left.set_xlabel("guidance scale γ")
    left.set_title("diversity, % of the data's", fontsize=9)
    left.set_ylim(0, None)
    right.set_xlabel("distance of neighbours")
    scale, furthest = max(by_scale), max(by_distance)
    right.set_title(f"at γ = {scale:g}", fontsize=9)
    named = [line for line in right.get_lines() if str(line.get_label())[0] != "_"]
    label_lines(right, named)
    top = {name: [f"{v:.0%}" for v in of] for name, of in by_scale[scale].items()}
    far = {name: f"{of[0]:.0%}" for name, of in by_distance[furthest].items()}
    return fig, (
        f"Left: diversity against the guidance scale from {min(by_scale):g} to "
        f"{scale:g}, in per cent of the data's. Within one class it falls to "
        f"{top['flow'][0]} for the flow, {top['SDE'][0]} for the SDE and "
        f"{top['promised'][0]} as promised; over all classes it is {top['flow'][1]}, "
        f"{top['SDE'][1]} and {top['promised'][1]}. Right: the same at scale {scale:g} "
        f"against the distance of neighbouring classes from {min(by_distance):g} to "
        f"{furthest:g}. Within one class the SDE and the promise rise to {far['SDE']} "
        f"and {far['promised']}, while the flow stays at {far['flow']}."
    )
