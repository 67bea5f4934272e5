"""What the benchmarks found, beside peers: written by them, read by the appendix.

A *ratio* is ours over the best peer's, so that below 1 ours is better: of errors at
equal evaluations, or of seconds for equal work.
"""

from datetime import date
from pathlib import Path

import msgspec

from gendiff.book.layout import Book


class Table(msgspec.Struct, frozen=True):
    """Numbers by row; what could not be run is missing."""

    title: str
    columns: list[str]
    """The first names the rows."""
    rows: dict[str, list[float | None]]
    form: str = "{:.2f}"
    """How a number is written."""

    def written(self) -> list[list[str]]:
        """Return the rows as text, each begun by its name."""
        return [
            [name, *("–" if v is None else self.form.format(v) for v in values)]
            for name, values in self.rows.items()
        ]


class Ratio(msgspec.Struct, frozen=True):
    """Ours over the best peer's, with the range it was seen in."""

    what: str
    value: float
    low: float
    high: float
    of: str
    """What the range is over: noise seeds, or the middle half of the rounds."""


class Measure(msgspec.Struct, frozen=True):
    """One benchmark, run once."""

    says: str
    """What is measured, and how."""
    tables: list[Table]
    ratios: list[Ratio]
    day: date
    commit: str
    machine: str
    versions: dict[str, str]
    """Of the library and of every peer that took part."""
    unmatched: list[str] = []
    """What a peer does with so few evaluations that ours cannot be run."""

    def losses(self) -> list[Ratio]:
        """Return the ratios above 1, where a peer is ahead, the worst first."""
        found = [ratio for ratio in self.ratios if ratio.value > 1]
        return sorted(found, key=lambda ratio: -ratio.value)


def read(book: Book, /) -> dict[str, Measure]:
    """Return what is recorded, by the name of the benchmark.

    Raises:
        msgspec.ValidationError: If the file is not one that `write` wrote.
    """
    path = _path(book)
    if not path.exists():
        return {}
    return msgspec.json.decode(path.read_bytes(), type=dict[str, Measure])


def write(book: Book, name: str, measure: Measure, /) -> Path:
    """Record a benchmark in the place of its last run, and return the file."""
    path = _path(book)
    every = read(book) | {name: measure}
    text = msgspec.json.encode({each: every[each] for each in sorted(every)})
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.format(text, indent=1) + b"\n")
    return path


def _path(book: Book) -> Path:
    return book.root / "book" / "results" / "compared.json"
