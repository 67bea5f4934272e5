"""The ledger: what the posts claim, name, print and get wrong, one row each.

`book/ledger/<chapter>.yml` holds the rows of a chapter in five tables. A row's id is
its chapter's letter, its table's letter and a number (`A-C02`), errata are numbered
through (`E09`). The criterion of a claim stands here, before its number is known; a
chapter brings the number, and `claims` compares.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass, fields
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeVar, cast, get_args

import yaml

Kind = Literal["exact", "trained", "published", "opinion", "timing"]
Post = Literal[
    "autoencoders",
    "guidance",
    "guidance-geometry",
    "perspectives",
    "language",
    "typicality",
    "typicality-addendum",
    "waveform",
]
Weight = Literal["core", "mention"]
ErratumKind = Literal["error", "qualify", "notation", "extraction"]

CHAPTERS = (
    "autoencoders",
    "guidance",
    "perspectives",
    "language",
    "typicality",
    "waveform",
)
"""The chapters in the order of the book; each has a file in the ledger."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A statement of a post that can be true or false."""

    id: str
    post: Post
    text: str
    kind: Kind
    criterion: str
    """What must be measured for the claim to hold, thresholds included."""
    section: str = ""
    numbers: str = ""
    """The numbers that the post itself prints."""


@dataclass(frozen=True, slots=True)
class System:
    """A model, method or tool that a post explains or names."""

    id: str
    post: Post
    name: str
    says: str
    """What the post says about it, in our words."""
    weight: Weight
    shown_by: str
    """The smallest honest demonstration."""


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula of a post, or one that it implies."""

    id: str
    post: Post
    tex: str
    verified_by: str
    verdict: str


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure, listing, sound or table of a post."""

    id: str
    post: Post
    item: str
    shows: str


@dataclass(frozen=True, slots=True)
class Erratum:
    """Something that is false as printed, or true only under a condition."""

    id: str
    post: Post
    section: str
    kind: ErratumKind
    printed: str
    """As printed, paraphrased."""
    correct: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Chapter:
    """All rows of one chapter."""

    name: str
    claims: tuple[Claim, ...]
    systems: tuple[System, ...]
    formulas: tuple[Formula, ...]
    figures: tuple[Figure, ...]
    errata: tuple[Erratum, ...]


Row = Claim | System | Formula | Figure | Erratum
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


def _row(table: type[Any], raw: Any, path: Path) -> Any:  # noqa: ANN401
    allowed = {
        "kind": get_args(ErratumKind if table is Erratum else Kind),
        "post": get_args(Post),
        "weight": get_args(Weight),
    }
    name = raw.get("id") if isinstance(raw, dict) else repr(raw)
    where = f"{path.name}, row {name}"
    try:
        row = table(**raw)
    except TypeError as error:
        names = ", ".join(field.name for field in fields(table))
        raise ValueError(f"{where}: {error}; a row has the fields {names}") from error
    for field in fields(table):
        value = getattr(row, field.name)
        if not isinstance(value, str):
            raise ValueError(  # noqa: TRY004
                f"{where}: {field.name} is {value!r}; quote it as text"
            )
        if value not in allowed.get(field.name, (value,)):
            choice = ", ".join(allowed[field.name])
            raise ValueError(
                f"{where}: {field.name} is {value!r}; it is one of {choice}"
            )
    return row


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
