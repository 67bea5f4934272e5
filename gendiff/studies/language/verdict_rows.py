"""Verdicts on writers as rows of tables, and text that was mixed for comparison."""

import math
from collections.abc import Collection, Mapping

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from gendiff.data import text
from gendiff.metrics.judges import Verdict

Costs = Mapping[str, Float[Tensor, " b"] | None]
"""Bits a letter of each held-out text, by system; None for no bound."""
HEADER = (
    "system", "bits a letter", "judge's bits", "entropy", "distinct", "words", "calls",
)  # fmt: skip


def means(costs: Costs, /) -> dict[str, float]:
    """Return the mean bits of every system that has any."""
    return {name: float(of.mean()) for name, of in costs.items() if of is not None}


def of_systems(
    costs: Costs, said: Mapping[str, Verdict], calls: Mapping[str, int], /,
    *, exact: str,
) -> list[list[str]]:  # fmt: skip
    """Return a row for each system, the cheapest text first, those without bits last.

    All bits but those of the system `exact` are bounds from above.
    """
    known = means(costs)
    order = sorted(said, key=lambda name: known.get(name, math.inf))
    return [
        [
            name,
            _bits(costs[name], bound=name != exact),
            *cells(said[name]),
            str(calls[name]),
        ]
        for name in order
    ]


def of_writers(
    bits: Mapping[str, float], reads: Mapping[tuple[str, str], float],
    said: Mapping[str, Verdict], judges: Collection[str], /,
    *, exact: str,
) -> list[list[str]]:  # fmt: skip
    """Return a row for each writer; of those that no judge read only the bits.

    Args:
        bits: Of held-out text, bounds from above but those of the writer `exact`.
        reads: Bits by judge and writer.
        said: A verdict on each writer that was read.
        judges: Their names, in the order of the columns.
        exact: A writer.
    """
    return [
        [
            name,
            f"{'' if name == exact else '≤ '}{cost:.2f}",
            *(f"{reads[j, name]:.2f}" if name in said else "" for j in judges),
            *(cells(said[name])[2:] if name in said else ("", "")),
        ]
        for name, cost in bits.items()
    ]


def cells(verdict: Verdict, /) -> list[str]:
    """Return a judge's bits, the entropy, distinct 6-grams and valid words."""
    numbers = (
        float(verdict.bits.mean()), verdict.entropy, verdict.distinct, verdict.words,
    )  # fmt: skip
    return [f"{x:.2f}" for x in numbers]


def mixed(x: Int[Tensor, "b n"], rng: np.random.Generator, /) -> Int[Tensor, "b n"]:
    """Return texts with the letters of each word in another order."""
    letter = torch.tensor([character.isalpha() for character in text.ALPHABET])
    rows: list[Tensor] = []
    for row in x:
        ends = [i for i, token in enumerate(row.tolist()) if not letter[token]]
        parts = row.tensor_split(sorted({*ends, *(i + 1 for i in ends)}))
        shuffled = [part[rng.permutation(len(part))] for part in parts]
        rows.append(torch.cat(shuffled))
    return torch.stack(rows)


def _bits(of: Float[Tensor, " b"] | None, *, bound: bool) -> str:
    if of is None:
        return "none"
    error = float(of.std()) / math.sqrt(len(of))
    return f"{'≤ ' if bound else ''}{float(of.mean()):.2f} ± {error:.2f}"
