"""The figures of what can be asked of models of text."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float
from torch import Tensor

from gendiff.drawing import COLOURS, label_lines
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
