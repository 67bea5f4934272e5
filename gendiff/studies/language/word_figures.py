"""The figures of writers: text coloured by its surprise, and what text costs them."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
from jaxtyping import Int
from matplotlib import colormaps
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import Tensor

from gendiff.drawing import BLUE, INK, ORANGE
from gendiff.metrics.judges import Judge
from gendiff.studies.drawn import Drawn

ACROSS, ROWS = 32, 2
"""Characters in a line, and lines, of each writer."""
MOST = 12.0
"""Bits at which the colour ends."""
_SIGNS = {"\n": "↵"}


def lines(
    texts: Mapping[str, Int[Tensor, " n"]], judge: Judge, alphabet: str, /
) -> Figure:
    """Draw the beginning of each text, a background of its surprise to each character.

    A token after the alphabet is a hidden place. The judge reads it as a blank.
    """
    fig, ax = plt.subplots(figsize=(6.4, 0.62 * len(texts) * (ROWS + 1)))
    blank, shades = alphabet.index(" "), colormaps["viridis_r"]
    for i, (name, x) in enumerate(texts.items()):
        hidden = x >= len(alphabet)
        bits = judge(x.where(~hidden, blank)[None])[0]
        top = i * (ROWS + 1)
        ax.text(0, top + 0.35, name, fontsize=9, va="center", color=INK)
        for j in range(min(len(x), ACROSS * ROWS)):
            row, column = top + 1 + j // ACROSS, j % ACROSS
            shade = "#bbbbbb" if hidden[j] else shades(min(float(bits[j]) / MOST, 1.0))
            ax.add_patch(Rectangle((column, row - 0.5), 1, 1, fc=shade, lw=0))
            if not hidden[j]:
                sign = alphabet[int(x[j])]
                dark = sum(colormaps["viridis_r"](float(bits[j]) / MOST)[:3]) < 1.3
                ax.text(
                    column + 0.5, row, _SIGNS.get(sign, sign), family="monospace",
                    ha="center", va="center", fontsize=11, parse_math=False,
                    color="white" if dark else "black",
                )  # fmt: skip
    ax.set(xlim=(0, ACROSS), ylim=(len(texts) * (ROWS + 1) - 0.4, -0.2))
    ax.axis("off")
    return fig


def gaps(costs: Mapping[str, float], rival: float, exact: Sequence[str], /) -> Drawn:
    """Draw bits of systems as points on one axis, exact ones filled, by their order."""
    fig, ax = plt.subplots(figsize=(6.4, 0.3 * len(costs) + 0.7))
    order = sorted(costs, key=lambda name: -costs[name])
    for row, name in enumerate(order):
        sure = name in exact
        ax.plot(costs[name], row, "o", color=BLUE, mfc=BLUE if sure else "none")
        if not sure:
            ax.annotate(
                "", (costs[name] - 0.12, row), (costs[name], row),
                arrowprops={"arrowstyle": "->", "color": BLUE, "lw": 0.8},
            )  # fmt: skip
    ax.axvline(rival, color=ORANGE, lw=1)
    ax.text(rival, len(order) - 0.3, "6-grams", color=ORANGE, fontsize=8, ha="center")
    ax.set_yticks(range(len(order)), order, fontsize=9)
    ax.set_ylim(-0.6, len(order) + 0.1)
    ax.set_xlabel("bits a letter")
    told = ", ".join(f"{name} {costs[name]:.2f}" for name in reversed(order))
    return fig, (
        f"Bits a letter of {len(costs)} systems, from below: {told}. Filled points are "
        "exact, open ones with an arrow to the left are bounds. A vertical line at "
        f"{rival:.2f}: 6-grams."
    )
