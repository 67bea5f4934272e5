"""How many parameters one family needs for what another one reaches."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from torch import Tensor

from gendiff.estimate import Estimate, mean
from gendiff.metrics import jackknife


@dataclass(frozen=True)
class Sized:
    """A model's size and its bits on each of some held-out signals."""

    parameters: int
    bits: Float[Tensor, " n"]

    def point(self) -> tuple[int, float]:
        """Return its size and its mean bits."""
        return self.parameters, float(self.bits.mean())


def best(models: Sequence[Sized], /) -> Sized:
    """Return the model with the fewest bits."""
    return min(models, key=lambda model: model.point()[1])


def gap(models: Sequence[Sized], other: Sized, /) -> Estimate:
    """Return the bits of the best of some models less those of another one."""
    return mean(best(models).bits - other.bits, "held-out signals")


def over(model: Sized, family: Sequence[Sized], /) -> Estimate:
    """Return a model's parameters over those a family needs for the same bits.

    Between the family's sizes, which rise, the logarithm of the size is interpolated
    along the best bits so far. Beyond them nothing is extrapolated: the nearest size
    stands, so that outside of the family's range the ratio is only a bound.
    """
    sizes = [math.log(each.parameters) for each in family]

    def ratio(rows: Tensor) -> float:
        bits = [float(each.bits[rows].mean()) for each in family]
        falling = np.minimum.accumulate(bits)
        needed = np.interp(float(model.bits[rows].mean()), falling[::-1], sizes[::-1])
        return model.parameters / math.exp(needed)

    return jackknife(ratio, len(model.bits))
