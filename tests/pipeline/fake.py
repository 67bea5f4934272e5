"""Fake ledgers and fake runs, for tests of records and verdicts."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from gendiff.book import record, results
from gendiff.book.evidence import Measured, Number
from gendiff.book.layout import Book
from gendiff.book.record import Recorded, Sweep
from gendiff.book.results import Results
from gendiff.book.verdict import Judgement

NAME = "G-C01"
GAIN: dict[str, Any] = {"quantity": "gain", "above": 0.0}
GAINS = (1.0, 1.1, 1.2)


def rows(book: Book, *claims: Mapping[str, Any], chapter: str = "guidance") -> None:
    """Write a ledger of some claims."""
    plain = {
        "id": NAME,
        "post": "guidance",
        "text": "Guidance gains something.",
        "kind": "experiment",
        "criterion": "What is gained is above nothing.",
        "parts": [GAIN],
        "equal": [],
    }
    path = book.root / "book" / "ledger" / f"{chapter}.yml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(yaml.safe_dump({"claims": [plain | dict(c) for c in claims]}))


def page(*names: str) -> str:
    """Return the code of a cell that measures some claims."""
    return "\n".join(f'run.claim("{name}", {{}})' for name in names or (NAME,))


def run(
    gain: float = 1.0,
    *,
    chapter: str = "good",
    names: Sequence[str] = (NAME,),
    seed: int = 0,
    machine: str = "two cores",
    error: float | None = 0.1,
    key: str = "k",
) -> Results:
    """Return what a run of a page measured."""
    numbers = {"gain": Number(gain, error), "large": Number(-gain, error)}
    claims = [Measured(name, numbers, anchor=f"claim-{name.lower()}") for name in names]
    return Results(chapter, "cpu", seed, key, {"machine": machine}, claims)


def swept(
    book: Book,
    chapter: str = "good",
    gains: Sequence[float] = GAINS,
    seeds: Sequence[int] | None = None,
    names: Sequence[str] = (NAME,),
) -> list[int]:
    """Write a sweep, over the seeds that follow from the criteria if none are given."""
    found = list(seeds or record.seeds_of(book, chapter, len(gains)))
    runs = [run(g, seed=s, names=names) for g, s in zip(gains, found, strict=True)]
    claims = {name: [each.by_id()[name] for each in runs] for name in names}
    sweep = Sweep(found, claims, {"machines": ["two cores"]})
    results.save(record.swept(book, chapter, "cpu"), sweep)
    return found


def recorded(
    book: Book, chapter: str = "good", names: Sequence[str] = (NAME,)
) -> Recorded:
    """Record a run of a page with the sweep that lies there; return the record."""
    fresh = run(chapter=chapter, names=names)
    results.save(book.results(chapter, "cpu"), fresh)
    record.record(book, [chapter], "cpu")
    found = results.read(book.recorded(chapter, "cpu"), Recorded)
    assert found is not None
    return found


def verdict(book: Book, chapter: str = "good", name: str = NAME) -> Judgement:
    """Return the verdict that the record of a page gives."""
    found = results.read(book.recorded(chapter, "cpu"), Recorded)
    standing = record.standing_of(book).get(name)
    return record.verdict(record.rows_of(book)[name], found, standing)


def forget(book: Book, chapter: str = "good") -> None:
    """Take the latest sweep away, as on a machine that has only the repository."""
    record.swept(book, chapter, "cpu").unlink(missing_ok=True)


def raw(book: Book) -> dict[str, Any]:
    """Return how claims stand, as it lies in its file."""
    return dict(json.loads(record.standing_file(book).read_text("utf-8")))
