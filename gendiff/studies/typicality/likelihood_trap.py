"""What texts are worth against how likely they are: a rise, and a trap.

All texts are known, so none is drawn: each counts as often as it would be, at powers of
the learnt distribution from a quarter to eight. They are sorted into bins of their
likelihood, in standard deviations from the entropy.

References:
    Zhang et al. (2020), arXiv:2004.10450, section 4 (global temperature, people).
    Efron (1979), Bootstrap methods: another look at the jackknife.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from gendiff.estimate import Estimate, mean

POWERS = (0.25, 0.5, 1, 2, 4, 8)
"""One over the temperatures of whole texts."""
STEP = 0.25
"""Width of a bin, in standard deviations of the surprisal."""
EDGE = 6.0
"""The outermost bins are here; they hold all that lies beyond, too."""
IMPOSSIBLE = -50.0
"""The log-probability of what cannot be, so that log-odds have a mean."""
TINY = 1e-30

CENTRES = torch.arange(-EDGE, EDGE + 0.01, STEP, dtype=torch.float64)
"""The likelihood of each bin."""

Bins = Float[Tensor, "b bins"]
Rows = Int[Tensor, " m"]
Quality = Callable[["Trap"], Bins]
"""Says which of the sums to ask for."""


@dataclass(frozen=True)
class Trap:
    """Sums over texts in bins of likelihood: one row a sentence."""

    mass: Bins
    worth: Bins
    origin: Bins
    """Log-odds that a text is true and not the machine's."""

    def curve(
        self, table: Bins, rows: Rows | slice = slice(None), /
    ) -> Float[Tensor, " bins"]:
        """Return the mean of a quality in every bin."""
        return table[rows].sum(0) / self.mass[rows].sum(0).clamp(min=TINY)

    @property
    def kept(self) -> Int[Tensor, " kept"]:
        """Bins with at least 1 % of the texts."""
        part = self.mass.sum(0) / self.mass.sum()
        return (part >= 0.01).nonzero()[:, 0]

    def best(self, table: Bins, rows: Rows | slice = slice(None), /) -> Tensor:
        """Return the likelihood at which a quality is highest."""
        kept = self.kept
        return CENTRES[kept[self.curve(table, rows)[kept].argmax()]]


def trap(
    learnt: Float[Tensor, "b k"], worth: Float[Tensor, "b k"], distribution: Tensor, /
) -> Trap:
    """Sort all texts, weighted by how often they are drawn, by their likelihood.

    Args:
        learnt: Log-probabilities under the machine, finite.
        worth: What each text is worth.
        distribution: Log-probabilities under the truth.
    """
    centre = -(learnt.exp() * learnt).sum(1, keepdim=True)
    spread = (learnt.exp() * (learnt + centre) ** 2).sum(1, keepdim=True).sqrt()
    bins = ((learnt + centre) / spread / STEP).round()
    bins = bins.clamp(-EDGE / STEP, EDGE / STEP).long() + len(CENTRES) // 2
    drawn = torch.zeros_like(learnt)
    for power in POWERS:
        drawn = drawn + (power * learnt).softmax(1)
    drawn = drawn / len(POWERS)
    odds = (
        distribution.where(distribution > -torch.inf, IMPOSSIBLE)
        - drawn.clamp(min=TINY).log()
    )

    def sums(weight: Tensor) -> Bins:
        none = torch.zeros(len(distribution), len(CENTRES), dtype=torch.float64)
        return none.scatter_add(1, bins, weight)

    return Trap(sums(drawn), sums(drawn * worth), sums(drawn * odds))


def without_impossible(distribution: Float[Tensor, "b k"], /) -> Float[Tensor, "b k"]:
    """Return log-probabilities that are all finite."""
    return distribution.where(distribution > -torch.inf, IMPOSSIBLE)


def leads(found: Trap, draws: Sequence[Rows], /) -> tuple[Estimate, Estimate]:
    """Return by how much the best bin is above the first and above the last.

    The errors are over sentences, by the bootstrap; the best bin stays where it was.
    """
    kept = found.kept
    curve = found.curve(found.worth)[kept]
    top, n = int(curve.argmax()), len(found.mass)
    again = torch.stack([found.curve(found.worth, rows)[kept] for rows in draws])
    first, last = (
        Estimate(
            float(curve[top] - curve[end]),
            float((again[:, top] - again[:, end]).std()),
            n,
            "sentences",
        )
        for end in (0, -1)
    )
    return first, last


def mean_leads(
    traps: Sequence[Trap], draws: Sequence[Rows], /
) -> tuple[Estimate, Estimate]:
    """Return both leads averaged over learners, with errors over these."""
    rises, drops = zip(*(leads(each, draws) for each in traps), strict=True)
    rise, drop = ([each.value for each in found] for found in (rises, drops))
    return mean(rise, "learners"), mean(drop, "learners")


def best_again(
    traps: Sequence[Trap], quality: Quality, draws: Sequence[Rows], /
) -> Float[Tensor, " draws"]:
    """Return the best likelihood over draws of sentences, and learners in turn."""
    found = [traps[k % len(traps)] for k in range(len(draws))]
    return torch.stack(
        [
            each.best(quality(each), rows)
            for each, rows in zip(found, draws, strict=True)
        ]
    )


def interval(found: Float[Tensor, " draws"], /) -> tuple[float, float]:
    """Return where 95 % of some bins lie, with half a bin on either side."""
    low, high = found.quantile(torch.tensor([0.025, 0.975]).to(found)).tolist()
    return low - STEP / 2, high + STEP / 2
