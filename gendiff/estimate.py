"""A number, how well it is known, and what was counted to know it.

An error without its n says little, and an n without its unit says less: four hundred
test images of one trained network are one training run. So the three go together,
from the metric that computes them to the ledger that judges them.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value, its standard error, and the n repetitions that the error rests on.

    Value and error are two numbers, or two tensors of one shape: an estimate for each
    of their places.

    Raises:
        ValueError: If an error is negative, `n` is below one, or nothing says what `n`
            counts.
    """

    value: float | Float[Tensor, "..."]
    error: float | Float[Tensor, "..."]
    """Standard error, in units of the value."""
    n: int
    of: str
    """What `n` counts, in the plural: draws, test images, training runs."""

    def __post_init__(self) -> None:
        negative = self.error < 0
        if negative if isinstance(negative, bool) else bool(negative.any()):
            raise ValueError(f"error {self.error}; a standard error is at least 0")
        if self.n < 1:
            raise ValueError(f"n={self.n}; n counts the repetitions, at least 1")
        if not self.of.strip():
            raise ValueError("of=''; say what n counts, such as 'draws'")


def mean(values: Sequence[float] | np.ndarray | Tensor, /, of: str) -> Estimate:
    """Return the mean of independent repetitions, with the standard error of the mean.

    Raises:
        ValueError: If there are fewer than two: one repetition has no error.
    """
    found = np.asarray(values, dtype=np.float64).reshape(-1)
    if len(found) < 2:
        raise ValueError(
            f"{len(found)} values; a mean with an error takes two {of} or more"
        )
    error = float(found.std(ddof=1)) / math.sqrt(len(found))
    return Estimate(float(found.mean()), error, len(found), of)


def fraction(hits: int, n: int, /, of: str) -> Estimate:
    """Return the fraction of `hits` in `n`, with the error of Agresti and Coull (1998).

    The usual error of a fraction is zero where all hit or none do, as if it were known
    for certain. Two hits and two misses more (their rule for 95 %) keep it honest.

    Raises:
        ValueError: If there are more hits than trials, or none of these.
    """
    if not 0 <= hits <= n or n < 1:
        raise ValueError(f"{hits} hits of {n}; give 0 to n hits and at least one trial")
    shrunk = (hits + 2) / (n + 4)
    return Estimate(hits / n, math.sqrt(shrunk * (1 - shrunk) / (n + 4)), n, of)
