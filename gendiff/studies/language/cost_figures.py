"""The figures of what a step costs."""

from collections.abc import Mapping, Sequence
from statistics import median

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float
from torch import Tensor

from gendiff.drawing import BLUE, COLOURS, INK, ORANGE, label_lines
from gendiff.studies.drawn import Drawn
from gendiff.studies.language.step_price import Times, rule


def against_steps(
    times: Times,
    batches: Sequence[int],
    places: int,
    /,
    *,
    unit: str,
) -> Drawn:
    """Draw the price of a sequence against the steps of diffusion, at each batch.

    The cached model takes the same whatever the steps; where the lines cross, diffusion
    breaks even.
    """
    fig, axes = plt.subplots(1, len(batches), figsize=(6.4, 2.9), sharey=True)
    steps = np.geomspace(1, places, 40)
    told: list[str] = []
    for ax, batch in zip(np.atleast_1d(axes), batches, strict=True):
        one = median(times.full[batch, places]) / batch
        written = median(times.cached[batch, places]) / batch
        even = median(times.break_even(batch, places))
        ax.loglog(steps, one * steps, color=ORANGE, label="diffusion")
        ax.axhline(written, color=BLUE)
        ax.plot([1, places], [written] * 2, color=BLUE, label="cached, one by one")
        ax.plot([even], [written], "o", color=INK)
        ax.annotate(f"{even:.1f} steps", (even, written), (6, -12),
                    textcoords="offset points", fontsize=9)  # fmt: skip
        ax.set_title(f"batch {batch}", fontsize=9)
        ax.set_xlabel(f"steps for {places} places")
        ax.set_xticks([1, 8, 64, 512], ["1", "8", "64", "512"])
        ax.minorticks_off()
        told.append(
            f"batch {batch}, {written:.3g} {unit} a sequence one by one, "
            f"{one:.2g} a step over all places, equal at {even:.1f} steps"
        )
    first = np.atleast_1d(axes)[0]
    first.set_ylabel(f"{unit} a sequence")
    first.legend(fontsize=8, loc="upper left")
    return fig, (
        f"{len(batches)} panels on logarithmic axes. The price of diffusion rises with "
        f"its steps, and that of the cached model is level. {'; '.join(told)}."
    )


def map_of_break_even(
    times: Times, grid: Mapping[int, Sequence[int]], balance: float, width: int, /
) -> Drawn:
    """Draw measured break-even against the length, with the rule, at each batch."""
    fig, ax = plt.subplots(figsize=(6.4, 3.2))
    told: list[str] = []
    longest = max(map(max, grid.values()))
    fine = np.geomspace(min(map(min, grid.values())), longest, 60)
    for (batch, lengths), colour in zip(grid.items(), COLOURS, strict=False):
        found = [times.break_even(batch, n) for n in lengths]
        middle = [median(x) for x in found]
        low, high = ([q(x) for x in found] for q in (min, max))
        spread = [np.subtract(middle, low), np.subtract(high, middle)]
        ax.errorbar(lengths, middle, spread, fmt="o", ms=4, color=colour)
        ruled = [rule(balance, batch, int(n), width) for n in fine]
        ax.plot(fine, ruled, color=colour, label=f"batch {batch}")
        told.append(
            f"batch {batch}, "
            + ", ".join(f"{m:.1f} at {n}" for m, n in zip(middle, lengths, strict=True))
        )
    ax.set(xscale="log", yscale="log")
    ax.set_xticks([64, 128, 256, 512], ["64", "128", "256", "512"])
    ax.set_yticks([1, 2, 4, 8, 16, 32, 64], ["1", "2", "4", "8", "16", "32", "64"])
    ax.minorticks_off()
    ax.set_xlabel("places")
    ax.set_title("steps that cost as much as a cached sequence", fontsize=9)
    label_lines(ax, gap=0.09)
    return fig, (
        "Break-even steps against the length, on logarithmic axes. Lines are the rule, "
        "lower the larger the batch; dots are measured, with bars from the "
        f"least to the greatest round: {'; '.join(told)}."
    )


def against_calls(curves: Mapping[str, Mapping[float, float]], /) -> Drawn:
    """Draw bits a character against calls a character, one curve a size of blocks."""
    fig, ax = plt.subplots(figsize=(6.4, 3.0))
    for (name, curve), colour in zip(curves.items(), COLOURS, strict=False):
        style = "o-" if len(curve) > 1 else "s"
        ax.semilogx(list(curve), list(curve.values()), style, ms=4, color=colour,
                    label=name)  # fmt: skip
    ax.set_xticks([1 / 64, 1 / 16, 1 / 4, 1], ["1/64", "1/16", "1/4", "1"])
    ax.minorticks_off()
    ax.set_xlabel("calls of the network a character")
    ax.set_title("bits a character", fontsize=9)
    label_lines(ax, gap=0.09)
    told = "; ".join(
        f"{name}, "
        + ", ".join(f"{bits:.2f} at {calls:.3g}" for calls, bits in curve.items())
        for name, curve in curves.items()
    )
    return fig, (
        "Bits a character against calls a character, on a logarithmic axis: bits fall "
        f"as calls rise. {told}."
    )


def who_knows_what(moved: Mapping[str, Float[Tensor, "n n"]], /) -> Drawn:
    """Draw which tokens move what is said of which place, a panel a network."""
    fig, axes = plt.subplots(1, len(moved), figsize=(6.4, 3.1), sharey=True)
    told: list[str] = []
    for ax, (name, found) in zip(np.atleast_1d(axes), moved.items(), strict=True):
        seen = found > 1e-6
        ax.imshow(seen.double().numpy(), cmap="Greys", vmin=0, vmax=1.6)
        n = len(seen)
        ax.plot([-0.5, n - 0.5], [-0.5, n - 0.5], color=ORANGE, lw=1.2)
        ax.set(xticks=[], yticks=[], xlabel="token that is changed")
        ax.grid(visible=False)
        leaks = int(seen.triu().sum())
        ax.set_title(f"{name}: {leaks} leaks", fontsize=9)
        told.append(
            f"{name}, {int(seen.sum())} of {n * n} pairs, {leaks} of them leaks"
        )
    np.atleast_1d(axes)[0].set_ylabel("place that is predicted")
    return fig, (
        f"{len(moved)} squares of places by tokens, grey where changing a token moves "
        "what is said of a place. On the orange diagonal and to its right a network "
        f"reads what it is to predict. {'; '.join(told)}."
    )
