"""Figures of shapes under noise: discs, and shapes near and far."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import torch
from numpy.typing import NDArray

from gendiff.data.shapes import KINDS
from gendiff.drawing import BLUE, GREEN, INK, ORANGE, PINK, image_grid
from gendiff.studies.autoencoders.near_far import BRIGHT, GROUPS, HALF_WAY, seen
from gendiff.studies.autoencoders.pooling import RIGHT
from gendiff.studies.drawn import Drawn

Numbers = NDArray[np.floating]


def discs(
    areas: Sequence[int], pooled: Numbers, known: Numbers, sought: Numbers, /
) -> Drawn:
    """Return how much noise a disc bears, its place known or not.

    Args:
        areas: In pixels.
        pooled: What observers answered to noise, of shape `(trial, area)`.
        known: The tolerable level of each area for them.
        sought: The same for the exact denoiser, which has to search.
    """
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.4, 2.8))
    wide = np.geomspace(0.5, 100, 60)
    for k, colour in zip(range(len(areas)), (ORANGE, PINK, GREEN, BLUE), strict=True):
        hits = [(pooled[:, k] < areas[k] / s).mean() for s in wide]
        left.semilogx(wide, hits, color=colour)
        left.plot(known[k], RIGHT, "o", color=colour)
        where = (known[k] * 1.12, 0.775)
        left.text(*where, f"{areas[k]}", color=colour, fontsize=9, va="bottom")
    left.axhline(RIGHT, color=INK, lw=0.8, ls=":")
    left.set_xlabel("σ")
    left.set_title("fraction of right answers", fontsize=9, fontweight="normal")
    left.text(0.6, 0.5, "area in pixels\nbeside each point", fontsize=8)
    side = np.sqrt(areas)
    right.loglog(side, side, color=INK, lw=0.8, ls=":")
    right.loglog(side, known, "o-", color=BLUE, label="place known")
    right.loglog(side, sought, "s-", color=PINK, label="place unknown")
    right.set_xlabel("√A in pixels")
    right.set_title("tolerable σ", fontsize=9, fontweight="normal")
    right.set_xticks(side, [f"{s:g}" for s in side])
    right.set_yticks([0.5, 1, 2, 4, 8, 16], ["½", "1", "2", "4", "8", "16"])
    right.minorticks_off()
    right.text(2.2, 4.2, "place known", color=BLUE, fontsize=9)
    right.text(5.2, 1.25, "place unknown", color=PINK, fontsize=9)
    pairs = ", ".join(
        f"{a:g} and {b:.2f} for {area} pixels"
        for a, b, area in zip(np.round(known, 2), sought, areas, strict=True)
    )
    return fig, (
        "Left: fraction of right answers against the noise level for discs of 4, 16, "
        "64 and 256 pixels; four equal curves, each moved to the right by a factor of "
        "two. Right: tolerable noise against the side of the disc on logarithmic axes. "
        "With the place known it lies on the diagonal; for the exact denoiser, which "
        f"has to search, below it. Known and unknown: {pairs}."
    )


def near_far(
    sigmas: Numbers,
    curves: Mapping[str, Numbers],
    bears: Mapping[str, float],
    examples: torch.Generator,
    /,
) -> Drawn:
    """Return examples of the groups, and accuracies against the noise level."""
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.4, 2.8), width_ratios=(1, 1.3))
    kinds = torch.arange(len(KINDS))
    rows = torch.cat([seen(group, kinds, examples) for group in GROUPS])
    image_grid(left, rows[:, 0].numpy(), columns=len(KINDS), high=2.0)
    left.set_title("near; far; far and bright", fontsize=9, fontweight="normal")
    for (group, curve), colour, mark in zip(
        curves.items(), (BLUE, ORANGE, GREEN), ("-", "-", "--"), strict=True
    ):
        right.semilogx(sigmas, curve, mark, color=colour)
        right.plot(bears[group], HALF_WAY, "o", color=colour)
    right.axhline(HALF_WAY, color=INK, lw=0.8, ls=":")
    right.axhline(1 / len(KINDS), color=INK, lw=0.8, ls=":")
    right.text(0.16, HALF_WAY + 0.015, "half-way", fontsize=8)
    right.text(0.16, 1 / len(KINDS) + 0.015, "chance", fontsize=8)
    right.text(1.8, 0.86, "far", color=ORANGE, fontsize=9)
    right.text(1.8, 0.94, "near", color=BLUE, fontsize=9)
    right.text(1.8, 0.72, "far, twice as\nbright (dashed)", color=GREEN, fontsize=9)
    right.set_xlabel("σ")
    right.set_title("fraction of right names", fontsize=9, fontweight="normal")
    return fig, (
        "Left: the five shapes, disc, square, triangle, cross and ring, near, far, and "
        "far but twice as bright. Right: accuracy of the classifier against the noise "
        f"level. It falls half-way to chance at σ = {bears['near']:.2f} for near "
        f"shapes, {bears['far']:.2f} for far ones, {bears[BRIGHT]:.2f} "
        "for far and bright ones."
    )
