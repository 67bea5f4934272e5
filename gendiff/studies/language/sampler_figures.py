"""The figures of what samplers of tokens sample."""

import itertools
from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float
from torch import Tensor

from gendiff.discrete import Joint, joint
from gendiff.drawing import BLUE, COLOURS, INK, ORANGE, SKY, label_lines
from gendiff.studies.drawn import Drawn

PALE = "#d5d5d5"
"""Of the truth, behind what is compared with it."""


def listed(truth: Joint, samplers: Mapping[str, Joint], /) -> Drawn:
    """Draw the distribution of each sampler before that of the table.

    Every sequence has a place on the axis, from the most probable to the least.
    """
    order = truth.log_probability.flatten().argsort(descending=True)
    exact = truth.probability.flatten()[order].numpy()
    at = np.arange(len(exact))
    rows = -(-len(samplers) // 2)
    fig, axes = plt.subplots(
        rows, 2, figsize=(6.4, 1.6 * rows), sharex=True, sharey=True, squeeze=False
    )
    told: list[str] = []
    for ax, (name, found) in zip(axes.flat, samplers.items(), strict=False):
        off = joint.total_variation(found, truth)
        colour = BLUE if off < 1e-3 else ORANGE
        ax.bar(at, exact, width=1.0, color=PALE)
        ax.plot(
            at, found.probability.flatten()[order].numpy(), ".", ms=3.2, color=colour
        )
        ax.set_title(f"{name}: {off:.2f}", fontsize=9, color=colour)
        # Square roots, so that rare sequences are seen beside frequent ones.
        ax.set_yscale("function", functions=(np.sqrt, np.square))
        ax.set(xticks=[], xlim=(-1, len(exact)), yticks=[0.0, 0.01, 0.05, 0.1, 0.2])
        ax.grid(visible=False)
        told.append(f"{name} {off:.2f}")
    axes[0, 0].set_ylabel("probability")
    for ax in axes[-1]:
        ax.set_xlabel(f"{len(exact)} sequences")
    return fig, (
        f"{len(samplers)} panels. Behind each, grey bars: the probabilities of "
        f"{len(exact)} sequences, falling from left to right. In front, dots: how "
        "often a sampler writes each. Total variation from the bars: "
        f"{', '.join(told)}. Blue dots lie on the ends of the bars, orange ones don't."
    )


def steps(
    prices: Float[Tensor, " n"], costs: Mapping[str, Mapping[int, float]], /
) -> Drawn:
    """Draw the price list, and what is lost in so many steps.

    Args:
        prices: Of a hidden place while 1, 2 ... are hidden, in nats.
        costs: What is lost, in nats, by the name of a schedule and its steps.
    """
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.4, 2.7))
    n = len(prices)
    left.plot(range(1, n + 1), prices.tolist(), color=BLUE)
    left.set_ylim(0, None)
    left.set_xlabel("places that are hidden")
    left.set_title("price of a place, nats", fontsize=9)
    for (name, lost), colour in zip(costs.items(), COLOURS, strict=False):
        right.loglog(list(lost), list(lost.values()), color=colour, label=name)
    right.set_xlabel("steps")
    right.set_title("lost, nats a sequence", fontsize=9)
    right.set_xticks([1, 4, 16, 48], ["1", "4", "16", "48"])
    right.set_yticks([0.01, 0.1, 1, 10], ["0.01", "0.1", "1", "10"])
    right.minorticks_off()
    label_lines(right, gap=0.11)
    told = "; ".join(
        f"{name}, {', '.join(f'{x:.2f} in {s}' for s, x in lost.items())}"
        for name, lost in costs.items()
    )
    return fig, (
        f"Left, the price of a hidden place rises from {float(prices[0]):.2f} nats, "
        f"if it is the only one, to {float(prices[-1]):.2f}, if all {n} are hidden. "
        f"Right, on logarithmic axes, what is lost falls with the steps: {told}."
    )


def lengths(places: Sequence[int], needed: Mapping[str, Sequence[int]], /) -> Drawn:
    """Draw how many steps are needed at each length, on logarithmic axes."""
    fig, ax = plt.subplots(figsize=(6.4, 2.7))
    ax.loglog(places, places, ":", color=INK, lw=1.2, label="one a place")
    for (name, of), colour in zip(needed.items(), (ORANGE, BLUE), strict=False):
        ax.loglog(places, of, "o-", color=colour, label=name)
    ax.set_xticks(places, [str(n) for n in places])
    ax.set_yticks([2, 4, 8, 16, 32, 64], ["2", "4", "8", "16", "32", "64"])
    ax.minorticks_off()
    ax.set_xlabel("places")
    ax.set_title("steps needed", fontsize=9)
    label_lines(ax, gap=0.11)
    told = "; ".join(
        f"{name}, {', '.join(map(str, of))}" for name, of in needed.items()
    )
    return fig, (
        f"Steps against places, {', '.join(map(str, places))}, on logarithmic axes, "
        f"below a dotted line of one step a place. {told}."
    )


def judged(found: Mapping[str, tuple[float, float]], exact: float, /) -> Drawn:
    """Draw how wrong each sampler is against how good it is judged to be.

    Args:
        found: By name, the bits that the true distribution gives to what is written,
            and the total variation from it.
        exact: The bits of exact samples, the entropy.
    """
    fig, ax = plt.subplots(figsize=(6.4, 3.0))
    ax.axvline(exact, color=INK, lw=1, ls=":")
    # Above and below in turn, so that labels of neighbours don't meet.
    in_turn = sorted(found.items(), key=lambda each: each[1][0])
    for (name, (bits, off)), down in zip(in_turn, itertools.cycle((5, -13))):
        colour = BLUE if off < 1e-3 else ORANGE
        ax.plot(bits, off, "o", color=colour, ms=6)
        ax.annotate(
            name, (bits, off), (5, down), textcoords="offset points", fontsize=9,
            color=colour,
        )  # fmt: skip
    low = min(bits for bits, _ in found.values())
    high = max(bits for bits, _ in found.values())
    wide = max(high - low, 0.1)  # all may be one, where places are independent
    ax.set_xlim(low - 0.06 * wide, high + 0.35 * wide)
    ax.set_ylim(-0.06, 1.2 * max(*(off for _, off in found.values()), 0.05))
    ax.set_xlabel("bits a sequence under the true distribution: fewer looks better")
    ax.set_title("total variation: how wrong it is", fontsize=9)
    told = ", ".join(
        f"{name} {bits:.2f} bits and {off:.2f}" for name, (bits, off) in found.items()
    )
    return fig, (
        "A point for each sampler: bits of its sequences under the true distribution, "
        f"and total variation from it. {told}. A dotted line marks the entropy, "
        f"{exact:.2f} bits."
    )


def against_calls(curves: Mapping[str, Mapping[int, float]], /) -> Drawn:
    """Draw the error of each sampler against its calls, on logarithmic axes."""
    fig, ax = plt.subplots(figsize=(6.4, 3.0))
    colours = (BLUE, SKY, ORANGE, *COLOURS[2:5])
    for (name, curve), colour in zip(curves.items(), colours, strict=False):
        calls = list(curve)
        ax.loglog(calls, list(curve.values()), "o-", ms=3, color=colour, label=name)
    seen = sorted({n for curve in curves.values() for n in curve})
    ax.set_xticks(seen, [str(n) for n in seen])
    marks = [0.01, 0.02, 0.05, 0.1, 0.2, 0.4]
    low, high = ax.get_ylim()
    within = [x for x in marks if low < x < high]
    ax.set_yticks(within, [f"{x:g}" for x in within])
    ax.minorticks_off()
    ax.set_xlabel("calls of the network")
    ax.set_title("total variation", fontsize=9)
    label_lines(ax, gap=0.09)
    told = "; ".join(
        f"{name}: {', '.join(f'{off:.3f} in {n}' for n, off in curve.items())}"
        for name, curve in curves.items()
    )
    return fig, (
        f"Total variation against calls, on logarithmic axes, for {len(curves)} "
        f"samplers. {told}."
    )
