"""The figures of what a text teaches: courses of learning, and levels of noise."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import matplotlib.pyplot as plt
import torch
from jaxtyping import Float
from matplotlib.axes import Axes
from torch import Tensor

from gendiff.drawing import BLUE, COLOURS, GREEN, INK, ORANGE, PINK, label_lines
from gendiff.levels import Density, Warped
from gendiff.studies.drawn import Drawn

TICKS = (0.5, 1, 2, 4, 8, 16, 32)


@dataclass(frozen=True)
class Placed:
    """Where a network was trained, and what came of it."""

    median: float
    """The noise level that halves the training."""
    judge: float
    """Bits a letter that a judge gives to its texts."""
    bound: float
    """Bits a letter of held-out text, at most."""

    @classmethod
    def of(
        cls, levels: Warped, judge: Float[Tensor, " b"], bound: Float[Tensor, " n"], /
    ) -> Self:
        """Return the means over texts."""
        return cls(median(levels.density()), float(judge.mean()), float(bound.mean()))


def courses(
    at: Sequence[int],
    curves: Mapping[str, Sequence[float]],
    target: float,
    reached: Mapping[str, float | None],
    /,
) -> Drawn:
    """Draw bits against updates, and where each course comes to a target."""
    fig, ax = plt.subplots(figsize=(6.4, 3.3))
    told: list[str] = []
    for (name, bits), colour in zip(curves.items(), COLOURS, strict=False):
        ax.semilogx(at, bits, color=colour, label=name)
        spent = reached[name]
        where = "never there" if spent is None else f"there at {spent:.0f}"
        told.append(f"{name}, from {bits[0]:.2f} to {bits[-1]:.2f}, {where}")
        if spent is not None:
            ax.plot([spent], [target], "o", color=colour, zorder=3)
    ax.axhline(target, color=INK, lw=0.8, ls=":")
    ax.set_xticks(list(at), [str(n) for n in at])
    ax.minorticks_off()
    ax.set_xlabel("updates")
    ax.set_ylabel("bits a letter")
    label_lines(ax, gap=0.12)
    return fig, (
        "Bits a letter of held-out text, falling against updates on a logarithmic "
        f"axis, with a dotted line at {target:.2f}. {'; '.join(told)}."
    )


def scatter(found: Mapping[str, float], /) -> Drawn:
    """Draw the relative variance of gradients as points on a logarithmic axis."""
    fig, ax = plt.subplots(figsize=(6.4, 1.5))
    names = list(found)
    for row, (name, colour) in enumerate(
        zip(names, (BLUE, ORANGE, GREEN), strict=False)
    ):
        ax.plot([found[name]], [-row], "o", color=colour)
        ax.annotate(
            _short(found[name]), (found[name], -row), (7, 0), va="center",
            textcoords="offset points", fontsize=9, color=colour,
        )  # fmt: skip
    ax.set_xscale("log")
    least, most = min(found.values()), max(found.values())
    ax.set_xlim(least / 2, most * 2.5)
    ax.set_ylim(0.6 - len(names), 0.4)
    ax.set_yticks([-row for row in range(len(names))], names)
    ax.set_xlabel("variance of a gradient over its squared mean")
    told = ", ".join(f"{name} {_short(value)}" for name, value in found.items())
    return fig, f"Three points on a logarithmic axis: {told}."


def rising(
    sigmas: Float[Tensor, " k"],
    curves: Mapping[str, Float[Tensor, " k"]],
    densities: Mapping[str, Density],
    entropy: float,
    /,
) -> Drawn:
    """Draw cross-entropies against levels, and how often each level is drawn.

    Args:
        sigmas: Levels at which curves are given.
        curves: Bits a letter at each of them, by name.
        densities: Of levels in training, by name; drawn a unit of log sigma.
        entropy: Bits a letter that no context leaves.
    """
    fig, (top, bottom) = plt.subplots(2, 1, figsize=(6.4, 4.6), sharex=True)
    for (name, curve), colour in zip(curves.items(), (BLUE, ORANGE), strict=False):
        top.semilogx(sigmas.numpy(), curve.numpy(), color=colour, label=name)
    top.axhline(entropy, color=INK, lw=0.8, ls=":")
    top.set_title("bits a letter")
    medians: dict[str, float] = {}
    often_of = {name: each.pdf(sigmas) * sigmas for name, each in densities.items()}
    for (name, density), colour in zip(
        densities.items(), (BLUE, ORANGE, GREEN, PINK), strict=False
    ):
        often = often_of[name]
        bottom.semilogx(sigmas.numpy(), often.numpy(), color=colour)
        others = [each for other, each in often_of.items() if other != name]
        above = often - torch.stack([*others, 0 * often]).amax(0)
        peak = int(above.argmax())
        bottom.annotate(
            name, (float(sigmas[peak]), float(often[peak])), (0, 9), color=colour,
            textcoords="offset points", fontsize=9, ha="center",
        )  # fmt: skip
        medians[name] = median(density)
    bottom.set_title("how often a level is drawn")
    bottom.set_yticks([])
    bottom.margins(y=0.22)
    _noise(bottom, float(sigmas[0]), float(sigmas[-1]))
    label_lines(top, gap=0.12)
    told = "; ".join(
        f"{name}, from {float(curve[0]):.2f} to {float(curve[-1]):.2f}"
        for name, curve in curves.items()
    )
    humps = ", ".join(f"{name} {value:.1f}" for name, value in medians.items())
    return fig, (
        "Above, bits a letter against the noise level on a logarithmic axis, rising "
        f"in an S: {told}; a dotted line at {entropy:.2f}. Below, densities of levels "
        f"in training, with their medians: {humps}."
    )


def placed(
    fixed: Mapping[str, Placed], others: Mapping[str, Placed],
    moved: Mapping[str, Placed], /,
) -> Drawn:  # fmt: skip
    """Draw the judge's bits and the bound against the median level of training.

    Args:
        fixed: Densities that differ in where they are; a line joins them.
        others: Those that follow a loss.
        moved: The density of the cosine schedule at several factors, joined as well.
    """
    fig, axes = plt.subplots(2, 1, figsize=(6.4, 5.0), sharex=True)
    for ax, quantity in zip(axes, ("judge", "bound"), strict=True):
        for line, name, colour in (
            (fixed.values(), "log-normal", ORANGE),
            (moved.values(), "cosine", GREEN),
        ):
            ax.semilogx(
                [each.median for each in line],
                [getattr(each, quantity) for each in line],
                "o-", color=colour, label=name, lw=1.2,
            )  # fmt: skip
        for (name, each), colour, sign in zip(
            others.items(), (BLUE, PINK), ("D", "s"), strict=False
        ):
            value = getattr(each, quantity)
            ax.plot([each.median], [value], sign, color=colour, ms=7, label=name)
    axes[0].set_title("judge's bits a letter of its texts")
    axes[1].set_title("bound, bits a letter of held-out text")
    axes[0].legend(ncols=2, loc="best")
    every = {**fixed, **others, **moved}
    levels = [each.median for each in every.values()]
    _noise(axes[1], min(levels) / 1.15, max(levels) * 1.15)
    axes[1].set_xlabel("median noise level of training")
    told = "; ".join(
        f"{name}, median {each.median:.1f}, {each.judge:.2f} and {each.bound:.2f}"
        for name, each in every.items()
    )
    return fig, (
        "Two panels over the median noise level of training, judge's bits above and "
        f"the bound below. {told}."
    )


def median(density: Density, /) -> float:
    """Return the level that halves a density."""
    return float(density.quantile(torch.tensor([0.5], dtype=torch.float64))[0])


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}"


def _noise(ax: Axes, low: float, high: float) -> None:
    ticks = [x for x in TICKS if low <= x <= high]
    ax.set_xticks(ticks, [f"{x:g}" for x in ticks])
    ax.minorticks_off()
    ax.set_xlabel("noise level")
