"""Several runs of a page as one: means over root seeds, with an error that is honest.

A root seed decides everything that chance decides in a page, training and sampling
alike. What differs between runs is all there is to know about chance between runs; what
a run knows of its own error bounds that from below, for three runs can agree by luck.

    error = max(sd over seeds, root mean square of the errors within) / sqrt(k)

Where all seeds give the same number, they may not reach it, and the error stays that of
one run.
"""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from gendiff.book.evidence import Measured, Number, Numbers


@dataclass(frozen=True, slots=True)
class Pooled:
    """A quantity over root seeds."""

    value: float
    error: float
    """Standard error of the mean."""
    values: tuple[float, ...]
    """What each run found."""
    within: float
    """Root mean square of the errors that the runs gave; 0 where they gave none."""

    @property
    def k(self) -> int:
        """How many root seeds."""
        return len(self.values)

    @property
    def spread(self) -> float:
        """What one run's number is apart from the mean, as far as can be expected."""
        return self.error * math.sqrt(self.k)


def pool(numbers: Sequence[Number], /) -> Pooled:
    """Return the mean over runs.

    Raises:
        ValueError: If there is no run.
    """
    if not numbers:
        raise ValueError("no run has measured this; run the page first")
    values = tuple(number.value for number in numbers)
    k = len(values)
    between = statistics.stdev(values) if k > 1 else 0.0
    within = math.sqrt(sum((number.error or 0.0) ** 2 for number in numbers) / k)
    # Seeds that all give one number may not reach it: then they are not k trials.
    error = max(between, within) / math.sqrt(k if between else 1)
    return Pooled(math.fsum(values) / k, error, values, within)


def quantity(runs: Sequence[Numbers], name: str, /) -> Pooled | None:
    """Return a quantity over runs; nothing where one of them lacks it."""
    found = [run[name] for run in runs if name in run]
    return pool(found) if found and len(found) == len(runs) else None


def shown(runs: Sequence[Numbers], /) -> Numbers:
    """Return the pooled numbers as a box prints them: the mean and its error."""
    pooled = {name: quantity(runs, name) for name in (runs[0] if runs else {})}
    return {
        name: Number(found.value, found.error or None, found.k, "root seeds")
        for name, found in pooled.items()
        if found is not None
    }


def change(runs: Sequence[Measured], name: str, /) -> Pooled | None:
    """Return by how much a quantity changes when the network calls are doubled."""
    if not runs or any(name not in run.doubled for run in runs):
        return None
    return pool([Number(r.doubled[name].value - r.numbers[name].value) for r in runs])
