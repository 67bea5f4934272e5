"""The ledger: what the posts claim, name, print and get wrong, one row each.

`book/ledger/<chapter>.yml` holds the rows of a chapter in five tables. A row's id is
its chapter's letter, its table's letter and a number (`A-C02`), errata are numbered
through (`E09`). What a claim must show stands here, in parts; a page brings the numbers
and `verdict` compares. A claim's *kind* says what can be known about it:

- `identity`: follows by algebra; a test holds it, and there is nothing to judge;
- `exact`: a number without training or sampling error to speak of;
- `experiment`: sampled or trained, judged over several root seeds;
- `timing`: a ratio of times in one process;
- `published`: what the literature says; `opinion`: what no experiment settles.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass, fields
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeVar, cast

import msgspec
import yaml

from gendiff.book.criteria import Condition, Part, digest, normal

Kind = Literal["identity", "exact", "experiment", "timing", "published", "opinion"]
Scope = Literal["exists", "typical", "always"]
Cost = Literal["calls", "training"]
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
JUDGED: tuple[Kind, ...] = ("exact", "experiment", "timing")
"""The kinds that numbers can decide."""

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
    """A statement of a post that can be true or false.

    Raises:
        ValueError: If the fields do not go together, with what is missing.
    """

    id: str
    post: Post
    text: str
    kind: Kind
    criterion: str
    """In words: what is measured, on what, and what the parts below ask of it."""
    section: str = ""
    numbers: str = ""
    """The numbers that the post itself prints."""
    scope: Scope = "typical"
    """How far the claim reaches: one failure refutes `always` and not `exists`."""
    cases: tuple[str, ...] = ()
    """The cases in which a claim of scope `always` is tried; one is not enough."""
    requires: Condition | None = None
    """What the claim takes for granted: where that is not met, nothing is decided."""
    parts: tuple[Part, ...] = ()
    conditions: tuple[Condition, ...] = ()
    """Each has the parts that are asked for under it, in place of the claim's."""
    equal: tuple[Cost, ...] | None = None
    """What the sides of a comparison cost equally; empty where nothing is compared."""
    controls: tuple[str, ...] = ()
    """The controls, by name, without which the numbers decide nothing."""
    pilot: str = ""
    """A number that was known before the criterion was fixed."""
    decided_by: str = ""
    """What would decide a claim that has no parts yet; else the criterion says it."""
    test: str = ""
    """The test of an identity: `tests/formulas/test_x.py::test_y`."""
    same_as: str = ""
    """The row that judges the same claim, where two posts make it."""
    since: int | None = None
    """The year, for methods newer than the posts; such rows are counted apart."""

    def __post_init__(self) -> None:
        if fault := _fault(self):
            raise ValueError(fault)

    def criteria(self) -> frozenset[str]:
        """Return the hashes of what is asked for: root seeds follow from them."""
        marks = {part.mark(self.kind) for part in self.parts}
        if self.parts:
            marks.add(digest("scope", self.scope, len(self.cases)))
            marks.add(digest("equal", *(self.equal or ())))
        if self.requires is not None:
            marks.add(self.requires.mark(self.kind))
        return frozenset(marks)

    def marks(self) -> frozenset[str]:
        """Return the hashes of all that the verdict as it stands depends on."""
        if not self.parts:
            return frozenset()
        said = [normal(self.text), *sorted(self.controls), *self.cases]
        return self.criteria() | {digest("claim", *said)}

    def quantities(self) -> frozenset[str]:
        """Return every quantity that a page must measure."""
        groups = [self.parts, *(condition.parts for condition in self.conditions)]
        if self.requires is not None:
            groups.append(self.requires.parts)
        return frozenset(part.quantity for parts in groups for part in parts)


def _fault(row: Claim) -> str | None:
    """Return what is wrong with a claim's fields, if anything is."""
    judged = row.kind in JUDGED
    said = row.parts or row.conditions
    trained = any((part.kind or row.kind) == "experiment" for part in row.parts)
    always = row.scope == "always" and row.parts
    faults = {
        f"a claim of kind {row.kind} is not judged by numbers; drop its parts": (
            said and not judged
        ),
        f"it is judged at {row.same_as}; drop its parts": said and row.same_as,
        "conditions without parts; say first what the claim itself asks for": (
            row.conditions and not row.parts
        ),
        "an identity has a test, and only an identity": (
            (row.kind == "identity") != bool(row.test)
        ),
        "say what the sides of the comparison cost equally: equal: [calls], "
        "[training], both, or [] where no generators or trainings are compared": (
            trained and row.equal is None
        ),
        "a claim that always holds is tried in at least two cases; name them": (
            always and len(set(row.cases)) < 2
        ),
        "a claim that always holds has a part for each case": (
            always and len(row.parts) < len(row.cases)
        ),
        "a timing part belongs into a row of timings": (
            row.kind != "timing" and any(part.kind == "timing" for part in row.parts)
        ),
    }
    return next((fault for fault, found in faults.items() if found), None)


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
    evidence: tuple[str, ...] = ()
    """The claims and figures of the book that show it; none before its page."""


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
    by: tuple[str, ...] = ()
    """What settles it in this book: tests, claims, figures."""


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
