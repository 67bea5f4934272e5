"""Figures of a language model that is guided, and whose next token is shaped."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np
import torch
from jaxtyping import Bool, Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from gendiff.data import text
from gendiff.drawing import BLUE, GREEN, INK, ORANGE, PINK, SKY, label_lines
from gendiff.estimate import Estimate
from gendiff.tokens.decoding import Shape

Numbers = Sequence[float]


def guided(
    scales: Numbers,
    recognised: Mapping[str, Numbers],
    held_out: float,
    words: Numbers,
    grams: Numbers,
) -> Figure:
    """Draw how often each kind is recognised, and two sides of the texts, by scale."""
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.4, 2.9))
    for (name, shares), colour in zip(
        recognised.items(), (BLUE, ORANGE, GREEN), strict=True
    ):
        left.plot(scales, shares, "o-", color=colour, label=name)
    left.axhline(held_out, color=INK, lw=1, ls=":")
    left.text(5, held_out - 0.03, "held-out text", fontsize=9, va="top", ha="right")
    left.set_ylim(0, 1.04)
    left.set_xlabel("guidance scale γ")
    left.set_title("recognised as asked", fontsize=9)
    label_lines(left, left.get_lines()[:3], gap=0.085)
    _two_sides(right, scales, words, grams)
    right.set_xlabel("guidance scale γ")
    right.set_title("what it does to the text", fontsize=9)
    label_lines(right, gap=0.18)
    return fig


@dataclass(frozen=True)
class Place:
    """The next character at one place of a text: the likeliest, and what is kept."""

    characters: Sequence[str]
    surprisal: Float[Tensor, " k"]
    """In bits."""
    entropy: float
    kept: Mapping[str, Bool[Tensor, " k"]]


def telling_place(
    logits: Float[Tensor, "b v"],
    entropy: Float[Tensor, " b"],
    shapes: Mapping[str, Shape],
) -> Place:
    """Return a place with many choices where the last of the shapes cuts the likeliest.

    Of those, it is the one whose likeliest character is likeliest.
    """
    share, last = logits.softmax(-1), [*shapes.values()][-1]
    cut = (last(logits).argmax(-1) != logits.argmax(-1)).double()
    crowd = (share > 0.03).sum(-1)
    at = int((cut * (crowd >= 6) * share.amax(-1)).argmax())
    order = share[at].argsort(descending=True)[:12]
    here = logits[at : at + 1]
    return Place(
        [text.decode(c[None]).replace(" ", "␣").replace("\n", "↵") for c in order],
        -share[at][order].log2(),
        float(entropy[at]),
        {name: (shape(here)[0] > -torch.inf)[order] for name, shape in shapes.items()},
    )


def shapes(place: Place, off: Mapping[str, tuple[Numbers, Numbers]]) -> Figure:
    """Draw what shapes keep at one place, and how far that is from the entropy.

    Args:
        place: Where; it names the shapes in the order top-k, nucleus, typical.
        off: Mass kept, and bits from the entropy, of typical, nucleus, top-k.
    """
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.4, 3.0), width_ratios=(1.1, 1))
    count, top = len(place.characters), float(place.surprisal.max())
    left.bar(range(count), place.surprisal.numpy(), color="#c9c9c9")
    left.axhline(place.entropy, color=INK, lw=1, ls=":")
    beside = left.get_yaxis_transform()
    left.text(1.02, place.entropy, "entropy", fontsize=9, va="center", transform=beside)
    for i, ((name, inside), colour) in enumerate(
        zip(place.kept.items(), (ORANGE, SKY, GREEN), strict=True)
    ):
        height = top + 0.8 + 0.85 * i
        spots = np.arange(count)[inside]
        left.scatter(spots, [height] * len(spots), color=colour, s=22)
        left.text(11.6, height, name, color=colour, fontsize=9, ha="right", va="center")
    left.set_xticks(range(count), place.characters, fontsize=9)
    left.set_ylim(0, top + 3.2)
    left.set_title("one place: surprisal in bits", fontsize=9)
    for (name, curve), colour in zip(off.items(), (GREEN, SKY, ORANGE), strict=True):
        right.plot(*curve, "o-", color=colour, label=name)
    right.set_ylim(0, None)
    right.set_xlabel("mass kept")
    right.set_title("bits from the entropy", fontsize=9)
    label_lines(right, gap=0.09)
    return fig


def cooled(
    taus: Numbers,
    scored: Mapping[str, Sequence[Estimate]],
    floor: float,
    words: Numbers,
    grams: Numbers,
) -> Figure:
    """Draw a judge's scores, and two sides of the texts, against the temperature."""
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.4, 3.0))
    for (name, found), colour in zip(scored.items(), (BLUE, ORANGE), strict=True):
        # A bias that is taken out can leave less than 0.
        middle = np.maximum([float(each.value) for each in found], 1e-3)
        reach = 2 * np.array([float(each.error) for each in found])
        left.errorbar(taus, middle, reach, color=colour, lw=0, elinewidth=1.2)
        label = name.replace(" ", "\n")
        left.plot(taus, middle, "o-", ms=3, color=colour, label=label)
    left.plot(taus, [max(floor, 1e-3)] * len(taus), ":", color=INK, lw=1)
    left.set_yscale("log")
    marks = (0.03, 0.05, 0.1, 0.2, 0.3)
    left.set_yticks(marks, [f"{mark:g}" for mark in marks])
    left.minorticks_off()
    left.set_xlabel("temperature")
    left.set_title("divergence of trigrams, bits", fontsize=9)
    label_lines(left, gap=0.14)
    _two_sides(right, taus, words, grams)
    right.set_xlabel("temperature")
    right.set_title("two sides of the judgement", fontsize=9)
    label_lines(right, gap=0.18)
    return fig


def _two_sides(ax: Axes, x: Numbers, words: Numbers, grams: Numbers) -> None:
    """Draw the fraction of known words and that of distinct 6-grams."""
    ax.plot(x, words, "o-", color=SKY, label="known\nwords")
    ax.plot(x, grams, "o-", color=PINK, label="distinct\n6-grams")
    ax.set_ylim(0, 1.04)
