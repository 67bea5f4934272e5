"""What a run of a page measured, as data, read and written as JSON.

The records that a page left in its outputs become one file a page and variant, with the
provenance of the run. `_build/results` holds the latest runs, `book/results` what was
recorded for good: see `gendiff.book.record`.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from nbformat import NotebookNode

from gendiff.book import ledger
from gendiff.book.evidence import Measured, Record, to_json
from gendiff.book.layout import Book, write
from gendiff.book.notebooks import records

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Shown:
    """A figure or sound, and where its page shows it."""

    id: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Results:
    """What one run of a page measured and showed."""

    chapter: str
    preset: str
    seed: int
    key: str
    """The content key: of code, library, parameters, lock, device."""
    provenance: dict[str, Any]
    claims: list[Measured] = field(default_factory=list[Measured])
    figures: list[Shown] = field(default_factory=list[Shown])
    series: dict[str, Any] = field(default_factory=dict[str, Any])
    notebook: str = ""
    """The hash of the executed notebook."""
    says: dict[str, bool] = field(default_factory=dict[str, bool])
    """The sentences whose truth the run decides, and what it decided."""
    overrides: dict[str, str] = field(default_factory=dict[str, str])
    """Sizes that were others than the preset's, as Python writes them."""

    @property
    def machine(self) -> str:
        """What kind of machine made the results."""
        return str(self.provenance.get("machine", "an unknown machine"))

    def by_id(self) -> dict[str, Measured]:
        """Return the claims by their ids."""
        return {claim.id: claim for claim in self.claims}


def extract(notebook: NotebookNode, digest: str = "") -> Results:
    """Return the results of an executed notebook, whose hash is `digest`."""
    about = notebook.metadata["gendiff"]
    found = list(records(notebook))
    claims = [without(r, "kind") for r in found if r["kind"] == "claim"]
    return Results(
        chapter=about["chapter"],
        preset=about["preset"],
        seed=about["seed"],
        key=about["key"],
        provenance=dict(about["provenance"]),
        claims=msgspec.convert(claims, list[Measured]),
        figures=[shown for r in found if r["kind"] == "figure" for shown in named(r)],
        series={
            r["id"]: without(r, "kind", "id") for r in found if r["kind"] == "series"
        },
        says={r["id"]: r["true"] for r in found if r["kind"] == "says"},
        notebook=digest,
        overrides={name: repr(size) for name, size in about["overrides"].items()},
    )


def without(record: Record, *names: str) -> Record:
    """Return a record without some fields."""
    return {key: value for key, value in record.items() if key not in names}


def named(record: Record) -> list[Shown]:
    """Return a figure under every id that it answers to."""
    name = str(record.get("name") or record["id"])
    names: list[str] = [name, *(record.get("ids") or [])]
    place = str(record.get("anchor", name))
    return [Shown(each, place) for each in dict.fromkeys(names)]


def read(path: Path, kind: type[T], /) -> T | None:
    """Return the record in a file, or nothing where there is none.

    Raises:
        ValueError: If it holds something else.
    """
    if not path.exists():
        return None
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ValueError(
            f"{path} does not hold {kind.__name__.lower()} ({error}), perhaps it was "
            "cut short: remove it and run the page again, or take it from git if it "
            "is recorded there"
        ) from error


def save(path: Path, record: object) -> None:
    """Write a record as JSON that a diff can read."""
    text = json.dumps(to_json(record), indent=1, ensure_ascii=False)
    write(path, text + "\n")


def expected(book: Book, chapter: str) -> list[str]:
    """Return the claims of the ledger's file for a chapter; sections have none."""
    path = book.root / "book" / "ledger" / f"{chapter}.yml"
    return [row.id for row in ledger.read(path).claims] if path.exists() else []
