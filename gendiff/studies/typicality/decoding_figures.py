"""The figures of decoding text: beams, tails, repetition, the trap, units, tunes."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import torch
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from gendiff.drawing import BLUE, GREEN, INK, ORANGE, PINK, SKY, label_lines
from gendiff.estimate import mean
from gendiff.studies.typicality.known_chain import Tenths
from gendiff.studies.typicality.likelihood_trap import CENTRES, Trap
from gendiff.studies.typicality.repeated_tunes import KEYS, MOTIF, TICKS, Note

Values = Float[Tensor, " n"]
CLOUDS = {
    "held-out text": ("held-out text", INK),
    "own": ("samples", SKY),
    "greedy": ("greedy", ORANGE),
    "beam, width 16": ("beam, width 16", PINK),
}
"""Texts that are drawn as points, with their labels."""
LINES = {"nucleus, 0.9": GREEN, "greedy": ORANGE, "beam, width 16": PINK}
"""Decoders whose medians are drawn."""
MIDDLE = 0.95
"""What the bands of bootstraps hold."""


def beams(widths: Sequence[int], found: Mapping[str, Sequence[float]], /) -> Figure:
    """Draw what ever wider beams find, and the exact mode at last.

    Args:
        widths: Of the beams.
        found: For each and the mode, "log-probability", "worth", "BLEU" and "empty".
    """
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.4, 2.7), width_ratios=(1, 1))
    at = range(len(widths) + 1)
    names = [*(f"{w}" if k % 2 == 0 else "" for k, w in enumerate(widths)), "all"]
    left.plot(at, found["log-probability"], "o-", color=BLUE)
    left.set_title("log-probability found, nats", fontsize=9)
    right.plot(at, found["worth"], "o-", color=ORANGE, label="exact\nworth")
    right.plot(at, found["BLEU"], "o-", color=PINK, label="BLEU")
    right.plot(at, found["empty"], "o-", color=INK, lw=1, label="empty")
    right.set_ylim(-0.03, 1.03)
    right.set_title("what it is worth", fontsize=9)
    for ax in (left, right):
        ax.set_xticks(at, names)
        ax.set_xlabel("beam width")
    label_lines(right, gap=0.13)
    return fig


def reliability(
    found: Tenths, errors: Float[Tensor, "runs tenths"], even: Values, /
) -> Figure:
    """Draw the truth against what a network says, and how far off networks are.

    Args:
        found: Of one network.
        errors: The median relative error in each tenth, of several.
        even: The same of a control with errors that are the same everywhere.
    """
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.4, 2.7))
    own = found.own.tolist()
    left.fill_between(own, found.seldom, found.often, color=SKY, alpha=0.25, lw=0)
    left.loglog(own, found.middle, "o-", color=BLUE, ms=3)
    left.loglog(own, own, ":", color=INK, lw=1)
    left.set_xticks([0.003, 0.01, 0.03, 0.1], ["0.003", "0.01", "0.03", "0.1"])
    left.minorticks_off()
    left.set_xlabel("the model's probability")
    left.set_title("true probability", fontsize=9)
    for row in errors:
        right.plot(range(1, 11), row, "o-", ms=3, lw=1, color=BLUE)
    right.plot(range(1, 11), even, "o-", ms=3, lw=1, color=ORANGE, label="even\nerrors")
    right.set_yscale("log")
    right.set_yticks([0.1, 0.3, 1], ["0.1", "0.3", "1"])
    right.minorticks_off()
    right.set_xlabel("tenth of the model's probabilities")
    right.set_title("relative error", fontsize=9)
    label_lines(right, right.get_lines()[-1:])
    return fig


def repetition(
    cost: Mapping[str, Values],
    repeated: Mapping[str, Values],
    z: Mapping[str, Values],
    edge: float,
    /,
) -> Figure:
    """Draw repetition against surprisal, and where decoders end up.

    Args:
        cost: Bits a character, by the names of `CLOUDS`.
        repeated: The fraction of 8-grams that each text repeats, by the same names.
        z: Likelihood in deviations from the entropy, also by the names of `LINES`.
        edge: The reach of the typical set.
    """
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.4, 3.0), width_ratios=(1.5, 1))
    for name, (_, colour) in CLOUDS.items():
        left.scatter(cost[name], repeated[name], s=9, color=colour, alpha=0.55, lw=0)
    for k, (label, colour) in enumerate(CLOUDS.values()):
        _say(left, (0.98, 0.93 - 0.09 * k), label, colour, ha="right")
    left.set_xlabel("bits a character")
    left.set_title("fraction of repeated 8-grams", fontsize=9)
    left.set_ylim(-0.03, 1.03)
    right.hist(z["own"], bins=24, color=SKY, alpha=0.7, density=True)
    right.axvspan(-edge, edge, color=SKY, alpha=0.12, lw=0)
    for name, colour in LINES.items():
        there = float(z[name].median())
        right.axvline(there, color=colour, lw=1.5)
        right.text(
            *(there - 0.1, 0.97, name),
            color=colour,
            fontsize=8,
            rotation=90,
            ha="right",
            va="top",
            transform=right.get_xaxis_transform(),
        )
    right.set_yticks([])
    right.set_xlabel("z, likelier to the right")
    right.set_title("typical set, 99 %", fontsize=9)
    return fig


def trap(
    found: Trap,
    free: Trap,
    draws: Sequence[Tensor],
    worth: tuple[float, float],
    origin: tuple[float, float],
    /,
) -> Figure:
    """Draw what texts are worth, and who seems to have written them, by likelihood.

    Args:
        found: Of what was learnt.
        free: Of the language without defects.
        draws: Sentences, for the band of the bootstrap.
        worth: Where the best likelihood lies for a judge of worth.
        origin: And for a judge of origin.
    """
    kept = found.kept[1:]  # the outermost holds all that lies beyond it
    x = CENTRES[kept]
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.4, 2.9), width_ratios=(1.3, 1))
    again = torch.stack([found.curve(found.worth, rows)[kept] for rows in draws])
    ends = torch.tensor([(1 - MIDDLE) / 2, (1 + MIDDLE) / 2]).to(again)
    low, high = again.quantile(ends, 0)
    left.axvspan(*worth, color=ORANGE, alpha=0.18, lw=0)
    left.axvline(0, color=INK, lw=1, ls=":")
    left.fill_between(x.tolist(), low, high, color=BLUE, alpha=0.25, lw=0)
    left.plot(x, found.curve(found.worth)[kept], "o-", ms=3, color=BLUE)
    whole = free.kept
    left.plot(CENTRES[whole], free.curve(free.worth)[whole], color=GREEN, lw=1.2)
    words = (("no defects", GREEN), ("learnt language", BLUE), ("best, 95 %", ORANGE))
    for k, (word, colour) in enumerate(words):
        _say(left, (0.05, 0.4 - 0.11 * k), word, colour)
    left.set_ylim(0, 0.5)
    left.set_xlabel("likelihood, deviations from the entropy")
    left.set_title("exact worth of translations", fontsize=9)
    right.axvspan(*origin, color=ORANGE, alpha=0.18, lw=0)
    right.axvline(0, color=INK, lw=1, ls=":")
    right.plot(x, found.curve(found.origin)[kept], "o-", ms=3, color=PINK)
    right.set_xlabel("likelihood")
    right.set_title("log-odds: true or machine?", fontsize=9)
    return fig


def prices(bits: Mapping[str, Values], colours: Sequence[str], /) -> Figure:
    """Draw what a character costs under some models, with two standard errors."""
    fig, ax = plt.subplots(figsize=(6.4, 1.9))
    for k, (name, colour) in enumerate(zip(bits, colours, strict=True)):
        cost = mean(bits[name], "windows")
        ax.errorbar(cost.value, -k, xerr=2 * cost.error, fmt="o", color=colour)
        ax.text(
            float(cost.value) + 0.08, -k, name, color=colour, fontsize=9, va="center"
        )
    ax.set_yticks([])
    ax.set_ylim(0.5 - len(bits), 0.5)
    ax.grid(visible=False, axis="y")
    ax.set_xlabel("bits a character, held-out text")
    return fig


def tunes(played: Mapping[str, Sequence[Note]], /) -> Figure:
    """Draw a tune written as events and one on a grid; the first motif is dark."""
    fig, axes = plt.subplots(2, 1, figsize=(6.4, 2.8), sharex=True)
    for ax, kind, colour in zip(axes, played, (GREEN, ORANGE), strict=True):
        now = 0
        for k, (key, long) in enumerate(played[kind]):
            shade = 1.0 if k < MOTIF else 0.45
            ax.barh(key, long - 0.4, left=now, height=0.8, color=colour, alpha=shade)
            now += long
        ax.set_ylim(-0.6, KEYS - 0.4)
        ax.set_yticks([])
        ax.grid(visible=False, axis="y")
        ax.set_title(f"written as {kind}", fontsize=9)
    axes[-1].set_xlim(0, TICKS)
    axes[-1].set_xlabel("ticks")
    return fig


def _say(
    ax: Axes, at: tuple[float, float], words: str, colour: str, /, *, ha: str = "left"
) -> None:
    """Write into a panel, at a place given in parts of its width and height."""
    ax.text(*at, words, color=colour, fontsize=9, ha=ha, transform=ax.transAxes)
