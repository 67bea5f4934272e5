"""What the benchmarks share: a table, and times that waiting does not enter."""

import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Name = TypeVar("Name", bound=Hashable)


def table(
    title: str,
    columns: Sequence[object],
    rows: Mapping[str, Sequence[float]],
    form: str = "{:.2f}",
) -> None:
    """Print rows of numbers under a title."""
    width = max(len(str(name)) for name in [columns[0], *rows])
    print(f"\n{title}\n{columns[0]!s:<{width}}", *(f"{c!s:>9}" for c in columns[1:]))
    for name, values in rows.items():
        print(f"{name:<{width}}", *(f"{form.format(v):>9}" for v in values))


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
