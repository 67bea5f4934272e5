"""Rows of the ledger: claims, systems, formulas, figures and errata.

What a claim must show stands in its row, in parts; a page brings the numbers and
`verdict` compares. A claim's *kind* says what can be known about it:

- `identity`: follows by algebra; a test holds it, and there is nothing to judge;
- `exact`: a number without training or sampling error to speak of;
- `experiment`: sampled or trained, judged over several root seeds;
- `timing`: a ratio of times in one process;
- `published`: what the literature says; `opinion`: what no experiment settles.
"""

from dataclasses import dataclass
from typing import Literal

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
