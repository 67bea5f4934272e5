"""How long pages take from nothing, recorded so that a run can say how long to go.

A page counts as run from nothing if it reused no result that is older than the run:
models that the same run trained before it are not part of a page's time.
"""

import json
import sys
from pathlib import Path

from gendiff.book.layout import Book, write

NAME = "seconds.json"
"""`{variant: {page or shared model: seconds}}`."""


def recorded(book: Book, variant: str) -> dict[str, float]:
    """Return the recorded seconds of pages, and of shared models, by name."""
    return read(book.root / "book" / NAME).get(variant, {})


def keep(book: Book, variant: str, measured: dict[str, float]) -> None:
    """Keep what a run measured until it is recorded."""
    if measured:
        merge(book.built / NAME, {variant: measured})


def record(book: Book) -> None:
    """Record what runs have measured, at every size."""
    if fresh := read(book.built / NAME):
        merge(book.root / "book" / NAME, fresh)


def read(path: Path) -> dict[str, dict[str, float]]:
    """Return what a file holds; nothing where there is none, or one that is broken.

    An estimate must never stop a page: a broken file is named, and goes unused.
    """
    try:
        found = json.loads(path.read_text("utf-8"))
        return {k: {n: float(s) for n, s in v.items()} for k, v in found.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        print(f"{path} cannot be read and goes unused: {error}", file=sys.stderr)
        return {}


def merge(path: Path, fresh: dict[str, dict[str, float]]) -> None:
    """Write seconds into a file beside those of other pages."""
    known = read(path)
    for variant, measured in fresh.items():
        rounded = {name: round(value, 1) for name, value in measured.items()}
        known[variant] = dict(sorted((known.get(variant, {}) | rounded).items()))
    write(path, json.dumps(known, indent=1) + "\n")
