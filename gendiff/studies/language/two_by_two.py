"""Two factors and four sets of samples: what each factor does, and both together.

All four sets come from the same noises, and so their differences are known better than
they are: noises are left out of all four at once.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Int
from torch import Tensor

from gendiff.estimate import Estimate
from gendiff.metrics import jackknife
from gendiff.studies.guidance.digit_sets import GROUPS, Judged


@dataclass(frozen=True)
class TwoByTwo:
    """Four sets of digits: with the first factor or without, the second or without."""

    neither: Judged
    first: Judged
    second: Judged
    both: Judged

    def distances(self, i: Int[Tensor, " m"], /) -> tuple[float, float, float, float]:
        """Return the distance of each set from the data, over the same noises."""
        sets = self.neither, self.first, self.second, self.both
        neither, first, second, both = (each.distance(i) for each in sets)
        return neither, first, second, both

    def first_loses(self, i: Int[Tensor, " m"], /) -> float:
        """Return the distance added by the first factor, averaged over the second.

        Like those below, it is counted in distances of the best of the four.
        """
        found = neither, first, second, both = self.distances(i)
        return (first - neither + both - second) / 2 / min(found)

    def second_saves(self, i: Int[Tensor, " m"], /) -> float:
        """Return the distance taken off by the second factor, averaged likewise."""
        found = neither, first, second, both = self.distances(i)
        return (neither - second + first - both) / 2 / min(found)

    def interaction(self, i: Int[Tensor, " m"], /) -> float:
        """Return how much more the second factor takes off where the first is."""
        found = neither, first, second, both = self.distances(i)
        return ((first - both) - (neither - second)) / min(found)

    def estimate(self, effect: Callable[[Int[Tensor, " m"]], float], /) -> Estimate:
        """Return one of the effects with its standard error."""
        return jackknife(effect, len(self.neither.images), groups=GROUPS, of="noises")

    def best(self) -> Judged:
        """Return the set that is nearest to the data."""
        sets = (self.neither, self.first, self.second, self.both)
        return min(sets, key=lambda each: each.distance())

    def whole(self) -> Int[Tensor, " n"]:
        """Return the indices of all noises."""
        return torch.arange(len(self.neither.images))
