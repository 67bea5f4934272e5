"""Figures of samples by one level of noise and by many, and of errors of scores."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import torch
from jaxtyping import Float
from torch import Tensor

from gendiff.drawing import BLUE, GREEN, INK, ORANGE, label_lines
from gendiff.studies.drawn import Drawn

Points = Float[Tensor, "n 2"]


def samples(sets: Mapping[str, Points], edge: float, /) -> Drawn:
    """Draw sets of points, with the percentage of each beyond the falling diagonal."""
    fig, axes = plt.subplots(1, len(sets), figsize=(6.4, 2.0), sharey=True)
    told: list[str] = []
    for ax, (name, points) in zip(axes, sets.items(), strict=True):
        above = 100 * float((points.sum(1) > 0).double().mean())
        ax.scatter(*points.T, s=2, color=BLUE, linewidths=0, alpha=0.4)
        for place, of in ((0.93, above), (0.04, 100 - above)):
            ax.text(0.5, place, f"{of:.0f} %", transform=ax.transAxes, ha="center",
                    va="top" if place > 0.5 else "bottom", color=ORANGE)  # fmt: skip
        ax.set_title(name, fontweight="normal", fontsize=9)
        ax.set(xticks=[], yticks=[], xlim=(-edge, edge), ylim=(-edge, edge))
        ax.set_aspect("equal")
        ax.grid(visible=False)
        told.append(f"{name.replace(chr(10), ' ')} {above:.0f} %")
    return fig, (
        f"{len(sets)} panels of points in the plane. The data are two round clusters, "
        "a large one at the upper right and a small one at the lower left. The upper "
        f"right half of each panel holds: {', '.join(told)}."
    )


def errors(
    sigmas: Sequence[float],
    thin: Mapping[str, Sequence[float]],
    distortions: Sequence[float],
    /,
) -> Drawn:
    """Draw against the level how uneven the error is, and how far the data are moved.

    Args:
        sigmas: The levels.
        thin: Of each network, the error in the thinnest tenth over the densest.
        distortions: Of each level, the distance of the noisy density from the data.
    """
    fig, (above, below) = plt.subplots(2, 1, figsize=(4.2, 4.6), sharex=True)
    for (name, ratios), colour in zip(thin.items(), (BLUE, GREEN), strict=True):
        above.loglog(sigmas, ratios, "o-", color=colour, label=name)
    above.axhline(2, color=INK, lw=0.8, ls=":")
    above.set(ylabel="error, thin over dense")
    label_lines(above)
    below.semilogx(sigmas, distortions, "o-", color=ORANGE)
    below.axhline(0.1, color=INK, lw=0.8, ls=":")
    below.set(xlabel="noise level σ", ylabel="distance to the data (KS)")
    told = "; ".join(
        f"{name}, {of[0]:.2g} at the least level and {of[-1]:.2g} at the largest"
        for name, of in thin.items()
    )
    return fig, (
        "Two charts against the noise level. Above, the error of the score where the "
        f"density is least over that where it is most: {told}. Below, a rising line, "
        f"the distance of the noisy density from the data, from {distortions[0]:.2g} "
        f"to {distortions[-1]:.2g}."
    )


def one_by_one(
    lines: Mapping[str, Mapping[float, float]],
    annealed: Mapping[str, float],
    floor: float,
    /,
) -> Drawn:
    """Draw where Langevin dynamics at one level ends, level by level.

    Args:
        lines: By the score that it follows, the distance from the data at each level.
        annealed: The distances of annealed walks.
        floor: That of two real sets.
    """
    fig, ax = plt.subplots(figsize=(5.2, 3.2))
    for (name, of), colour in zip(lines.items(), (ORANGE, BLUE, GREEN), strict=False):
        ax.loglog([*of], [*of.values()], "o-", ms=4, color=colour, label=name)
    ends = [max(of) for of in lines.values()]
    for name, far in (*annealed.items(), ("two real sets", floor)):
        style = ":" if name == "two real sets" else "--"
        ax.plot([0.05, max(ends)], [far, far], style, color=INK, lw=1, label=name)
    ax.set(xlabel="the one level σ", ylabel="distance to the data")
    label_lines(ax)
    best = ", ".join(
        f"{name} {min(of.values()):.2f} at {min(of, key=of.__getitem__):.2g}"
        for name, of in lines.items()
    )
    flat = ", ".join(f"{name} {far:.2f}" for name, far in annealed.items())
    return fig, (
        "Distance of the samples from the data against the one level that the walk "
        "stays at: each line is high at small levels, falls to a least value and rises "
        f"again. Least values: {best}. Flat lines below them: {flat}, two real sets "
        f"{floor:.2f}."
    )


def steps(lines: Mapping[str, Mapping[int, float]], floor: float, /) -> Drawn:
    """Draw how far samples are from the data against the number of steps."""
    fig, ax = plt.subplots(figsize=(5.2, 3.0))
    for (name, of), colour in zip(lines.items(), (BLUE, GREEN, ORANGE), strict=False):
        ax.loglog([*of], [*of.values()], "o-", color=colour, label=name)
    ax.axhline(floor, color=INK, lw=0.8, ls=":")
    ax.text(8, floor * 0.97, "two real sets", va="top", fontsize=9)
    ax.set(xlabel="steps", ylabel="distance to the data")
    ticks = sorted({n for of in lines.values() for n in of})
    ax.set_xticks(ticks, [f"{n}" for n in ticks])
    ax.minorticks_off()
    label_lines(ax)
    told = "; ".join(
        f"{name}: {', '.join(f'{far:.2f} at {n}' for n, far in of.items())}"
        for name, of in lines.items()
    )
    return fig, (
        f"Distance from the data against the number of steps. {told}. Two real sets: "
        f"{floor:.2f}."
    )


def fraction_above(points: Points, /) -> float:
    """Return the fraction of points in the upper right half of the plane."""
    return float((points.sum(1) > 0).to(torch.float64).mean())
