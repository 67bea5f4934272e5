"""The ledger: what the posts claim, name, print and get wrong, one row each.

`book/ledger/<chapter>.yml` holds the rows of a chapter in five tables. A row's id is
its chapter's letter, its table's letter and a number (`A-C02`), errata are numbered
through (`E09`).
"""

import os
from collections.abc import Iterable
from dataclasses import fields
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import msgspec
import yaml

from gendiff.book.rows import Chapter, Claim, Erratum, Figure, Formula, Row, System

CHAPTERS = (
    "autoencoders",
    "guidance",
    "perspectives",
    "language",
    "typicality",
    "waveform",
)
"""The chapters in the order of the book; each has a file in the ledger."""


R = TypeVar("R", Claim, System, Formula, Figure, Erratum)


def root() -> Path:
    """Return the repository's root: `GENDIFF_ROOT`, or the nearest above this file.

    Raises:
        ValueError: If no folder with `book/ledger` is found.
    """
    given = os.environ.get("GENDIFF_ROOT")
    folders = [Path(given)] if given else list(Path(__file__).resolve().parents)
    for folder in folders:
        if (folder / "book" / "ledger").is_dir():
            return folder
    raise ValueError(
        f"there is no book/ledger in {given or Path(__file__).parent} or above; set "
        "GENDIFF_ROOT to a checkout of the repository (chapters need its ledger)"
    )


def load() -> tuple[Chapter, ...]:
    """Return the whole ledger, in the order of the book.

    Raises:
        ValueError: If a row is malformed or an id is taken twice.
    """
    return _load(root() / "book" / "ledger")


@cache
def _load(folder: Path) -> tuple[Chapter, ...]:
    chapters = tuple(read(folder / f"{name}.yml") for name in CHAPTERS)
    seen: set[str] = set()
    for row in rows(chapters):
        if row.id in seen:
            raise ValueError(f"id {row.id} stands twice in {folder}; ids are unique")
        seen.add(row.id)
    for row in rows(chapters):
        if isinstance(row, Claim) and row.same_as and row.same_as not in seen:
            raise ValueError(f"{row.id} is the same as {row.same_as}, which is no row")
    return chapters


def read(path: Path, /) -> Chapter:
    """Read one chapter's file.

    Raises:
        ValueError: If a table is unknown, or a row lacks a field, has an unknown one,
            or a value outside the allowed ones.
    """
    tables = {
        "claims": Claim,
        "systems": System,
        "formulas": Formula,
        "figures": Figure,
        "errata": Erratum,
    }
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    content = yaml.load(path.read_text("utf-8"), Loader=loader)  # noqa: S506
    if not isinstance(content, dict) or set(content) - set(tables):
        raise ValueError(f"{path.name} must hold the tables {', '.join(tables)}")
    data = cast("dict[str, list[Any] | None]", content)
    parsed: dict[str, Any] = {
        table: tuple(_row(row, raw, path) for raw in data.get(table) or [])
        for table, row in tables.items()
    }
    return Chapter(name=path.stem, **parsed)


def _row(table: type[Any], raw: Any, path: Path) -> Row:  # noqa: ANN401
    name = raw.get("id") if isinstance(raw, dict) else repr(raw)
    where = f"{path.name}, row {name}"
    try:
        row = msgspec.convert(raw, table)
    except msgspec.ValidationError as error:
        names = ", ".join(field.name for field in fields(table))
        raise ValueError(f"{where}: {error}; a row has the fields {names}") from error
    if unknown := _unknown(raw, msgspec.to_builtins(row)):
        raise ValueError(f"{where}: there is no field {', '.join(sorted(unknown))}")
    return cast("Row", row)


def _unknown(raw: Any, read: Any) -> set[str]:  # noqa: ANN401
    """Return the keys that were given and not read, however deep."""
    if isinstance(raw, dict):
        inner = {k: _unknown(v, read[k]) for k, v in raw.items() if k in read}
        return {str(k) for k in raw if k not in read}.union(*inner.values())
    if isinstance(raw, list):
        pairs = zip(raw, read, strict=True)
        return set[str]().union(*(_unknown(a, b) for a, b in pairs))
    return set()


def rows(chapters: Iterable[Chapter] | None = None) -> list[Row]:
    """Return every row of every table."""
    return [
        row
        for chapter in (load() if chapters is None else chapters)
        for table in (
            chapter.claims,
            chapter.systems,
            chapter.formulas,
            chapter.figures,
            chapter.errata,
        )
        for row in table
    ]


def find(name: str, table: type[R], /) -> R:
    """Return the row of `table` with id `name`.

    Raises:
        ValueError: If there is none; the message names the nearest ids.
    """
    known = {row.id: row for row in rows() if isinstance(row, table)}
    if name in known:
        return known[name]
    near = ", ".join(get_close_matches(name.upper(), known, n=3, cutoff=0.0))
    raise ValueError(
        f"the ledger has no {table.__name__.lower()} {name!r}; nearest: {near}"
    )


def claim(name: str, /) -> Claim:
    """Return the claim with id `name`, such as `"A-C02"`."""
    return find(name, Claim)
