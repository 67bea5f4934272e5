"""The figures of what can be asked of models of text."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float
from torch import Tensor

from gendiff.drawing import COLOURS, INK, label_lines
from gendiff.studies.drawn import Drawn

PALE = "#d5d5d5"
"""Of the truth, behind what is compared with it."""


def gap(
    truth: Float[Tensor, " f"],
    models: Mapping[str, Float[Tensor, " f"]],
    names: Sequence[str],
    sentence: str,
    /,
    *,
    most: int = 10,
) -> Drawn:
    """Draw how often each model fills a gap with each filling, before the truth."""
    order = truth.argsort(descending=True)[:most].tolist()
    rows = -(-len(models) // 2)
    fig, axes = plt.subplots(
        rows, 2, figsize=(6.4, 1.7 * rows), sharex=True, sharey=True, squeeze=False
    )
    at = np.arange(most)
    told: list[str] = []
    for ax, (name, found), colour in zip(
        axes.flat, models.items(), COLOURS, strict=False
    ):
        off = float((found - truth).abs().sum()) / 2
        ax.bar(at, truth[order].numpy(), color=PALE, width=0.8)
        ax.plot(at, found[order].numpy(), "o", ms=4, color=colour)
        ax.set_title(f"{name}: {off:.2f} off", fontsize=9, color=colour)
        ax.set_xticks(at, [names[i] for i in order], rotation=60, fontsize=8)
        told.append(f"{name} {off:.2f}")
    axes[0, 0].set_ylabel("probability")
    return fig, (
        f"{len(models)} panels, one a model. Grey bars: how probable the {most} "
        f"likeliest fillings of {sentence} are. Dots: how often the model writes them. "
        f"Total variation over all fillings: {'; '.join(told)}."
    )


def wishes(
    curves: Mapping[str, Mapping[float, tuple[float, float, float]]], /
) -> Drawn:
    """Draw rate, judge's bits and entropy against the scale of guidance."""
    fig, axes = plt.subplots(1, 3, figsize=(6.4, 2.6), layout="constrained")
    titles = ("rate of the wanted", "judge's bits", "entropy, bits")
    for part, (ax, title) in enumerate(zip(axes, titles, strict=True)):
        for (name, found), colour in zip(curves.items(), COLOURS, strict=False):
            values = [each[part] for each in found.values()]
            ax.plot(list(found), values, "o-", ms=3, color=colour, label=name)
        ax.set_title(title, fontsize=9)
        ax.set_xlabel("scale")
    label_lines(axes[-1], gap=0.13)
    told = "; ".join(
        f"{name}, "
        + ", ".join(f"{s:g}: {a:.2f}, {b:.2f}, {c:.2f}" for s, (a, b, c) in of.items())
        for name, of in curves.items()
    )
    return fig, (
        "Three panels over the scale of guidance, a line for each way of guiding. At "
        f"each scale, rate, bits and entropy: {told}."
    )


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


def higher(
    bits: Mapping[str, float],
    follows: Mapping[str, float],
    heard: Mapping[str, tuple[float, float]],
) -> Drawn:
    """Draw what becomes of sentences by codes, what codes follow, what bands tell."""
    fig, axes = plt.subplots(
        3, figsize=(5.2, 4.8), height_ratios=[len(bits), len(follows), len(heard)]
    )
    for ax, values in zip(axes, (bits, follows), strict=False):
        bars = ax.barh([*values], [*values.values()], color=COLOURS[0])
        ax.bar_label(bars, fmt="%.2f", padding=2, fontsize="small")
    at = np.arange(len(heard))
    for shift, colour, asked, column in (
        (-0.2, COLOURS[0], "character", 0), (0.2, COLOURS[1], "kind of text", 1),
    ):  # fmt: skip
        right = [of[column] for of in heard.values()]
        bars = axes[2].barh(at + shift, right, 0.4, color=colour)
        words = [f"{asked} {x:.2f}" for x in right]
        axes[2].bar_label(bars, words, padding=2, fontsize="small", color=colour)
    axes[2].set_yticks(at, [*heard])
    titles = (
        "bits a letter of sentences", "correlation with the drift", "known from waves",
    )  # fmt: skip
    for ax, title in zip(axes, titles, strict=True):
        ax.set_title(title, loc="left", fontsize="small")
        ax.set_xlim(0, 1.45 * ax.get_xlim()[1])
        ax.set_xticks([])
        ax.invert_yaxis()
    told = [f"{name} {x:.2f}" for name, x in (*bits.items(), *follows.items())]
    told += [
        f"waves {name}, character {a:.2f}, kind {b:.2f}"
        for name, (a, b) in heard.items()
    ]
    return fig, (
        "Bits a letter of sentences by way of codes; how well codes of documents "
        f"follow their drift; what bands of text tell: {'; '.join(told)}."
    )
