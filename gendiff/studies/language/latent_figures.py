"""The figures of what is higher than letters: codes, drifts, slow waves and topics."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float
from torch import Tensor

from gendiff.drawing import COLOURS, INK, label_lines
from gendiff.studies.drawn import Drawn


def by_surprisal(
    surprisal: Float[Tensor, " k"],
    lost: Mapping[str, Float[Tensor, " k"]],
    /,
    *,
    bins: int = 6,
) -> Drawn:
    """Draw what a letter costs after the code against what it costs in the language."""
    fig, ax = plt.subplots(figsize=(5.2, 2.8))
    parts = surprisal.argsort().tensor_split(bins)
    at = [float(surprisal[part].mean()) for part in parts]
    told: list[str] = []
    for (name, nats), colour in zip(lost.items(), COLOURS, strict=False):
        values = [float(nats[part].mean()) for part in parts]
        ax.plot(at, values, "o-", ms=4, color=colour, label=name)
        told.append(f"{name} from {values[0]:.2f} to {values[-1]:.2f}")
    ax.set(xlabel="surprisal in the language, nats", ylabel="nats given the code")
    ax.set_ylim(0, 1.1 * ax.get_ylim()[1])
    label_lines(ax, gap=0.1)
    return fig, (
        f"Letters in {bins} groups by their surprisal. What a letter costs after the "
        f"code: {'; '.join(told)}."
    )


def prices(bits: Mapping[str, float], /) -> Drawn:
    """Draw what a letter costs in sentences that were made in several ways."""
    fig, ax = plt.subplots(figsize=(5.6, 0.6 + 0.3 * len(bits)))
    bars = ax.barh([*bits], [*bits.values()], color=COLOURS[0])
    ax.bar_label(bars, fmt="%.2f", padding=2, fontsize="small")
    ax.set_title("bits a letter", fontsize=9)
    ax.set_xlim(0, 1.15 * max(bits.values()))
    ax.set_xticks([])
    ax.invert_yaxis()
    told = ", ".join(f"{name} {x:.2f}" for name, x in bits.items())
    return fig, f"Bars: bits a letter in the language, of {told}."


def along(paths: Mapping[str, Float[Tensor, "b t"]], /) -> Drawn:
    """Draw a number of each sentence along documents, a panel for each such number."""
    fig, axes = plt.subplots(1, len(paths), figsize=(6.4, 2.4), squeeze=False)
    told: list[str] = []
    for ax, (name, lines) in zip(axes.flat, paths.items(), strict=True):
        for line, colour in zip(lines, COLOURS, strict=False):
            ax.plot(line.numpy(), "o-", ms=3, lw=1, color=colour)
        ax.set_title(name, fontsize=9)
        ax.set_xlabel("sentence")
        ax.set_yticks([])
        steps = lines.diff(dim=1)
        goes = (lines[:, -1] - lines[:, 0]).abs() / steps.abs().sum(1)
        told.append(f"{name} {float(goes.mean()):.2f}")
    return fig, (
        f"{len(paths)} panels of lines, one a document, along its sentences. How "
        "straight they go, as the way from end to end over all the way: "
        f"{', '.join(told)}."
    )


def waves(
    heard: Mapping[str, tuple[float, float]], /, *, asked: Sequence[str]
) -> Drawn:
    """Draw how often each band of a text tells two things that are asked."""
    fig, ax = plt.subplots(figsize=(5.6, 2.4))
    at = np.arange(len(heard))
    for column, (what, colour) in enumerate(zip(asked, COLOURS, strict=False)):
        right = [of[column] for of in heard.values()]
        bars = ax.barh(at + 0.4 * column - 0.2, right, 0.4, color=colour)
        words = [f"{what} {x:.2f}" for x in right]
        ax.bar_label(bars, words, padding=2, fontsize="small", color=colour)
    ax.set_yticks(at, [*heard])
    ax.set_xlim(0, 1.4)
    ax.set_xticks([0, 0.5, 1])
    ax.set_title("how often a linear probe is right", fontsize=9)
    ax.invert_yaxis()
    told = "; ".join(
        f"{name}, "
        + ", ".join(f"{what} {x:.2f}" for what, x in zip(asked, of, strict=True))
        for name, of in heard.items()
    )
    return fig, f"Pairs of bars, for waves {told}."


def topics(
    known: Mapping[str, tuple[Float[Tensor, " t"], Float[Tensor, " t"]]],
    halves: Mapping[str, float],
) -> Drawn:
    """Draw which fraction of labels is known against that of single letters."""
    fig, ax = plt.subplots(figsize=(5.2, 2.8))
    for (name, (letters, of_label)), colour in zip(
        known.items(), COLOURS, strict=False
    ):
        ax.plot(letters.numpy(), of_label.numpy(), color=colour, label=name)
    ax.axhline(0.5, color=INK, lw=0.6, ls=":")
    ax.set(xlabel="fraction of the letters known", ylabel="fraction known")
    label_lines(ax, gap=0.1)
    told = ", ".join(f"{name} {half:.2f}" for name, half in halves.items())
    return fig, (
        "How much is known of four labels along paths of sampling, against how much is "
        f"known of single letters. Half is known at: {told}."
    )
