"""What the benchmarks share: tables, ratios, and times that waiting does not enter."""

import math
import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from gendiff.book.compared import Ratio, Table

Name = TypeVar("Name", bound=Hashable)


@dataclass(frozen=True)
class Found:
    """What a benchmark found."""

    tables: list[Table]
    ratios: list[Ratio]
    unmatched: tuple[str, ...] = ()
    """What a peer does with so few evaluations that ours cannot be run."""


def table(
    title: str,
    columns: Sequence[object],
    rows: Mapping[str, Sequence[float]],
    form: str = "{:.2f}",
) -> Table:
    """Return rows of numbers under a title, printed once."""
    kept = {
        n: [None if math.isnan(v) else float(v) for v in r] for n, r in rows.items()
    }
    made = Table(title, [str(column) for column in columns], kept, form)
    width = max(len(name) for name in [made.columns[0], *rows])
    print(
        f"\n{title}\n{made.columns[0]:<{width}}", *(f"{c:>9}" for c in made.columns[1:])
    )
    for name, *values in made.written():
        print(f"{name:<{width}}", *(f"{v:>9}" for v in values), flush=True)
    return made


def cpu_times(
    jobs: Mapping[Name, Callable[[], object]], *, rounds: int
) -> dict[Name, NDArray[np.float64]]:
    """Return the CPU seconds of each job, round by round, the jobs taking turns.

    CPU time of the process, not time on the clock: others may use the machine too.
    """
    taken: dict[Name, list[float]] = {name: [] for name in jobs}
    for _ in range(rounds):
        for name, job in jobs.items():
            start = time.process_time()
            job()
            taken[name].append(time.process_time() - start)
    return {name: np.array(times) for name, times in taken.items()}
