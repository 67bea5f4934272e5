"""The figures of the page on the geometry of guidance."""

import math
from collections.abc import Callable, Mapping, Sequence

import matplotlib.pyplot as plt
import torch
from jaxtyping import Float
from matplotlib.lines import Line2D
from torch import Tensor

from gendiff.drawing import (
    BLUE,
    BROWN,
    GREEN,
    INK,
    ORANGE,
    PINK,
    image_grid,
    label_lines,
)
from gendiff.estimate import Estimate
from gendiff.exact import GaussianMixture
from gendiff.record import Trajectory
from gendiff.studies.drawn import Drawn
from gendiff.studies.guidance.diagrams import FREE, GIVEN, GUIDED, ground
from gendiff.studies.guidance.mirrored import Mirrored

Curve = tuple[Sequence[float], Sequence[float]]
"""Places and heights."""
STAGES = (6.0, 2.0, 1.0, 0.6, 0.3, 0.0)
"""Noise levels near which predictions are shown."""
TILE = 18
"""A digit and the gap beside it, in pixels."""


def ways(
    found: Mapping[int, Trajectory],
    plane: Callable[[Tensor], Tensor],
    certain: Mapping[int, float],
) -> Drawn:
    """Draw where predictions head at scales 0, 1 and 3, and what they look like.

    Args:
        found: The path of one noise at each scale.
        plane: Returns the coordinates of images in the plane of their end points.
        certain: What a judge gives to the digit asked for, at each end.
    """
    fig, (ax, strip) = plt.subplots(1, 2, figsize=(6.4, 2.9), width_ratios=(1, 1.25))
    tints = {0: BLUE, 1: GREEN, 3: PINK}
    rows: list[Tensor] = []
    ends = {g: plane(way.denoised)[-1].numpy() for g, way in found.items()}
    middle = sum(ends.values()) / len(ends)
    for k, (g, way) in enumerate(found.items()):
        path, tint = plane(way.denoised).numpy(), tints[g]
        ax.plot(*path.T, ".-", color=tint, linewidth=1.5, markersize=4)
        ax.plot(*path[-1], "o", color=tint, markersize=8)
        out = ends[g] - middle
        ax.annotate(f"γ = {g}", path[-1], xytext=tuple(24 * out / math.hypot(*out)),
                    textcoords="offset points", color=tint, ha="center",
                    va="center", fontsize=10)  # fmt: skip
        strip.text(-1.5, TILE * k + 8, f"γ = {g}", color=tint, ha="right",
                   va="center", fontsize=10)  # fmt: skip
        shown = [int((way.levels - s).abs().argmin()) for s in STAGES]
        rows.append(way.denoised[shown, 0])
        if not k:
            ax.plot(*path[0], "o", color=INK, markersize=6, zorder=3)
    ax.set(xticks=[], yticks=[], aspect="equal")
    ax.spines[:].set_visible(False)
    places = torch.cat([plane(way.denoised) for way in found.values()])
    (left, low), low_gap = places.min(0).values.tolist(), float(places.std()) / 2
    ax.plot([left, left + 2], [low - low_gap] * 2, color=INK, linewidth=1)
    ax.text(left + 2, low - low_gap, "  a distance of 2", fontsize=8, va="center")
    ax.margins(0.25, 0.25)
    ax.set_title("where the prediction heads", fontsize=9, fontweight="normal")
    image_grid(strip, torch.cat(rows).numpy(), columns=len(STAGES), low=-1, high=1)
    strip.set_title("what it looks like", fontsize=9, fontweight="normal")
    for k, s in enumerate(STAGES):
        strip.text(TILE * k + 8, TILE * len(found) + 3, f"{s:g}", ha="center",
                   va="center", fontsize=8)  # fmt: skip
    strip.text(-1.5, TILE * len(found) + 3, "σ", ha="right", va="center", fontsize=9)
    odds = ", ".join(f"{p:.2f} at γ = {g}" for g, p in certain.items())
    return fig, (
        "Left: three paths that leave one point together and fan out to three end "
        "points, for guidance scales 0, 1 and 3. Right: the prediction along each, "
        "from a blur at much noise to a digit. Another network gives the end points "
        f"these probabilities of being the digit that was asked for: {odds}."
    )


def photograph(
    photo: Mirrored, eps: Float[Tensor, "c s s"], ratios: Sequence[float]
) -> Drawn:
    """Draw a photograph under falling noise, and the best guess from each."""
    fig, axes = plt.subplots(2, len(ratios), figsize=(6.4, 2.75))
    for column, ratio in zip(axes.T, ratios, strict=True):
        noisy = photo.picture + ratio * photo.spread * eps
        guess = photo.expected(noisy, ratio * photo.spread)
        reach = math.hypot(1, ratio)
        for ax, seen, wide in zip(column, (noisy, guess), (reach, 1), strict=True):
            shade = ((seen - photo.middle) / wide + photo.middle + 1) / 2
            ax.imshow(shade.clamp(0, 1).movedim(0, -1).numpy())
            ax.set_axis_off()
        column[0].set_title(f"σ = {ratio:g} s", fontsize=9, fontweight="normal")
        column[1].set_title(r"$\hat x_0$", fontsize=9, fontweight="normal", pad=3)
    amounts = ", ".join(f"{ratio:g}" for ratio in ratios)
    return fig, (
        f"Two rows of {len(ratios)} pictures of a cat's face. Above, under noise of "
        f"{amounts} times its own spread: from coloured snow to the clean cat. Below, "
        "the best guess from each: soft patches of colour, then a cat as through "
        "frosted glass, then clearer ones, the last as sharp as the photograph."
    )


def told(
    canvases: Float[Tensor, "level 3 h w"],
    noised: Float[Tensor, "level 3 h w"],
    levels: Sequence[float],
    telling: Mapping[str, Sequence[Estimate]],
) -> Drawn:
    """Draw a network's canvases beside noised digits, and how often sets are told.

    Args:
        canvases: Three at each level but the last, at which no noise is left.
        noised: As many noised digits.
        levels: The noise of `telling`, from much to none.
        telling: The accuracy less one half at each level, by what was told from data.
    """
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.4, 2.7), width_ratios=(1, 1.2))
    tiles = torch.cat([
        torch.cat([x, y]) / math.hypot(1, s)
        for x, y, s in zip(canvases, noised, levels, strict=False)
    ])  # fmt: skip
    image_grid(left, tiles.numpy(), columns=6, low=-2.0, high=1.6)
    left.axvline(3 * TILE - 1.5, color="white", linewidth=5)
    left.set_title("canvases | noised digits", fontsize=9, fontweight="normal")
    for k, s in enumerate(levels[:-1]):
        left.text(-2, TILE * k + 8, f"{s:g}", ha="right", va="center", fontsize=9)
    left.text(-2, -4, "σ", ha="right", fontsize=9)
    places, lines = range(len(levels)), list[Line2D]()
    for (name, found), colour in zip(
        telling.items(), (GREEN, BROWN, BLUE, PINK), strict=True
    ):
        values, widths = [a.value for a in found], [2 * a.error for a in found]
        lines += right.plot(
            places, values, "o-", color=colour, label=name, markersize=4
        )
        right.errorbar(
            places, values, yerr=widths, fmt="none", ecolor=colour, capsize=3
        )
    right.axhline(0.0, color=INK, linewidth=1, linestyle=":")
    right.set(xlabel="σ")
    right.set_xticks(places, [f"{s:g}" for s in levels])
    title = "share told from noised data, less ½"
    right.set_title(title, fontsize=9, fontweight="normal")
    label_lines(right, lines)
    lists = "; ".join(
        f"{name}: "
        + ", ".join(
            f"{a.value:+.3f} at {s:g}" for s, a in zip(levels, found, strict=True)
        )
        for name, found in telling.items()
    )
    return fig, (
        "Left: canvases of the network that draws digits beside noised digits at four "
        "levels, much alike to the eye. Right: how often a network tells sets from "
        f"noised data, less one half, by noise level. {lists}."
    )


def onward(away: Curve, missed: Mapping[str, Curve], spread: float) -> Drawn:
    """Draw how far predictions are from the mean, and what large steps cost.

    Args:
        away: Noise levels, and the mean distance of the prediction from the mean of
            the data there, both in spreads of the data.
        missed: Numbers of calls, and the error of the end point, by solver.
        spread: Of the data, in units of the error.
    """
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.4, 2.6), width_ratios=(1, 1.35))
    left.plot(*away, "o-", color=BLUE, markersize=4)
    left.set(xscale="log", xlabel="σ over the spread of the data", ylim=(0, None))
    title = "distance from the mean, spreads"
    left.set_title(title, fontsize=9, fontweight="normal")
    for (name, curve), colour in zip(
        missed.items(), (BLUE, ORANGE, GREEN), strict=True
    ):
        right.loglog(*curve, "o-", color=colour, markersize=4, label=name)
    right.axhline(spread, color=INK, linewidth=1, linestyle=":")
    right.text(256, 1.12 * spread, "spread of the data", ha="right", va="bottom",
               fontsize=9)  # fmt: skip
    right.set(xlabel="calls of the denoiser", ylim=(None, 12 * spread))
    right.set_title("error of the end point", fontsize=9, fontweight="normal")
    label_lines(right, right.get_lines()[: len(missed)])
    noises, far = away
    errors = "; ".join(
        f"{name}: {lost[0]:.2g} with {calls[0]:g} calls, {lost[-1]:.1g} with "
        f"{calls[-1]:g}"
        for name, (calls, lost) in missed.items()
    )
    return fig, (
        "Left: the mean distance of the prediction from the mean of the data falls "
        f"from {far[0]:.2f} spreads at {noises[0]:g} spreads of noise to "
        f"{far[-1]:.2f} at {noises[-1]:g}. Right: the error of the end point. "
        f"{errors}; the spread of the data is {spread:.2f}."
    )


def fans(
    paths: Mapping[float, Float[Tensor, "m n 2"]],
    wanted: GaussianMixture,
    landed: Mapping[float, float],
) -> Drawn:
    """Draw the paths of the same canvases at some scales.

    Args:
        paths: The canvases, step by step, at each scale.
        wanted: The class whose arm is tinted.
        landed: The share of end points that are of the wanted class.
    """
    fig, axes = plt.subplots(1, len(paths), figsize=(6.4, 2.4))
    for ax, (gamma, way) in zip(axes, paths.items(), strict=True):
        ground(ax, (-3.4, 3.4, -3.4, 3.4), wanted)
        tint = {0.0: FREE, 1.0: GIVEN}.get(gamma, GUIDED)
        ax.plot(way[..., 0], way[..., 1], color=tint, linewidth=0.6, alpha=0.5)
        ax.plot(*way[-1].T, "o", color=tint, markersize=2.5)
        title = f"γ = {gamma:g}"
        ax.set_title(title, fontsize=10, fontweight="normal", color=tint)
    shares = ", ".join(
        f"{share:.2f} at γ = {gamma:g}" for gamma, share in landed.items()
    )
    return fig, (
        "Paths of the same canvases to their end points over three arms, at "
        f"{len(paths)} guidance scales. Of the end points, the following shares are "
        f"on the wanted arm rather than another: {shares}."
    )
