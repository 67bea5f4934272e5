"""From a claim's parts and several runs to a verdict that a hostile reader can check.

It holds if every part is met, and does not if one is missed (see `outcome`). All else
is undecided, and so is what was not compared fairly (see `fair`).

A verdict is *stated* if nothing of the claim had been recorded when its criterion was
fixed; *explored* if it had, or if somebody chose the seeds; *confirmed* once fresh
seeds, which nobody chose, were tried; *computed* where seeds change nothing. An
explored verdict counts as none, and so do two that contradict each other: what once
came out one way on some seeds, by the same criterion, is not undone by others.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from gendiff.book import pool
from gendiff.book.criteria import normal
from gendiff.book.evidence import Measured, Numbers
from gendiff.book.fair import fair, lacking
from gendiff.book.outcome import LEAST, of_parts, reasons, still
from gendiff.book.rows import JUDGED, Claim

Word = Literal["holds", "condition", "fails", "undecided", "open", "unmeasured"]
Status = Literal["stated", "explored", "confirmed", "computed"]

WORDS: dict[Word, tuple[str, str]] = {
    "holds": ("✓", "holds"),
    "condition": ("◐", "holds under a condition"),
    "fails": ("✗", "does not hold"),
    "undecided": ("?", "undecided"),
    "open": ("·", "not judged yet"),
    "unmeasured": ("·", "not measured yet"),
}
"""How each verdict is shown: a symbol and words, so that colour never stands alone."""
STATUS: dict[Status, str] = {
    "stated": "Nothing of it was recorded before its criterion was.",
    "explored": (
        "*Explored:* the criterion came after the number, or the seeds were chosen, "
        "so this counts as no verdict until fresh seeds confirm it."
    ),
    "confirmed": (
        "The criterion was fixed with earlier numbers known, and then tried on fresh "
        "seeds that nobody chose."
    ),
    "computed": (
        "The numbers are computed and were known; no seed could confirm them, so the "
        "margins are to be judged by reading."
    ),
}
DECIDED: tuple[Word, ...] = ("holds", "condition", "fails")


@dataclass(frozen=True, slots=True)
class Trial:
    """What came out once."""

    seeds: list[int]
    word: Word
    marks: list[str]
    """Of the criterion that it was judged by."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What a claim was judged by when its numbers were recorded, and before."""

    marks: list[str]
    """Of all that the verdict depends on: see `Claim.marks`."""
    status: Status
    conditions: dict[str, Status] = field(default_factory=dict[str, Status])
    """Of each condition, by its mark."""
    seeds: list[int] = field(default_factory=list[int])
    """Every root seed that it was ever tried on; none of them confirms anything."""
    trials: list[Trial] = field(default_factory=list[Trial])
    """What came out each time, the oldest first."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a box says about a claim."""

    word: Word
    status: Status | None
    seeds: int
    numbers: Numbers
    controls: dict[str, Numbers]
    reasons: list[str]
    """Sentences in ledger markup: what decided, and what is lacking."""

    @property
    def counts(self) -> Word:
        """The verdict as the tables count it: an explored one is none."""
        return "undecided" if self.status == "explored" else self.word

    @property
    def symbol(self) -> str:
        """The verdict as a sign."""
        return WORDS[self.counts][0]

    @property
    def words(self) -> str:
        """The verdict in words."""
        words = WORDS[self.word][1]
        return f"explored: {words}" if self.status == "explored" else words


def leading(row: Claim, numbers: Numbers) -> Numbers:
    """Return numbers with those that the verdict is made of in front."""
    asked = [part.quantity for part in row.parts]
    places = {normal(name): place for place, name in enumerate(asked)}
    names = sorted(numbers, key=lambda name: places.get(normal(name), len(places)))
    return {name: numbers[name] for name in names}


def judge(row: Claim, runs: Sequence[Measured], standing: Standing | None) -> Judgement:
    """Return the verdict on a claim.

    Args:
        row: The claim, with what it must show.
        runs: What each root seed measured.
        standing: What the record knows of the criterion; nothing before it is recorded.
    """
    numbers = leading(row, pool.shown([run.numbers for run in runs]))
    titles = dict.fromkeys(title for run in runs for title in run.controls)
    controls = {
        title: pool.shown([r.controls[title] for r in runs if title in r.controls])
        for title in titles
    }
    word, reasons, mark = decide(row, runs)
    if word in DECIDED and (other := contradiction(word, standing)):
        reasons = [*reasons, f"On other seeds it was: {WORDS[other][1]}."]
        word = "undecided"
    status = None
    if word in DECIDED:
        status = standing_of(row, standing, mark)
        reasons = [*reasons, STATUS[status]]
    elif not row.parts and standing is not None and standing.trials:
        was = WORDS[standing.trials[-1].word][1]
        reasons = [*reasons, f"By its criterion, withdrawn since, it was: {was}."]
    return Judgement(word, status, len(runs), numbers, controls, reasons)


def contradiction(word: Word, standing: Standing | None) -> Word | None:
    """Return another verdict that the same criterion once gave on other seeds."""
    if standing is None:
        return None
    tried = [each for each in standing.trials if each.marks == standing.marks]
    # What holds under a condition does not hold as it stands: these two agree.
    words: list[Word] = [each.word for each in tried if each.word in DECIDED]
    return next((e for e in words if (e == "holds") != (word == "holds")), None)


def fixed(row: Claim, runs: Sequence[Measured]) -> bool:
    """Tell whether no seed reaches what a claim is judged by."""
    if not row.parts or len(runs) < LEAST:
        return False
    groups = [row.parts, *(condition.parts for condition in row.conditions)]
    parts = [part for parts in groups for part in parts]
    found = [
        (part, pool.quantity([run.numbers for run in runs], part.quantity))
        for part in parts
    ]
    return all(
        (part.kind or row.kind) == "exact"
        and number is not None
        and still(part, number)
        for part, number in found
    )


def standing_of(row: Claim, standing: Standing | None, mark: str | None) -> Status:
    """Return how a verdict came about; under a condition, the worse of the two."""
    if standing is None or frozenset(standing.marks) != row.marks():
        return "explored"
    both: list[Status] = [standing.status]
    if mark is not None:
        both.append(standing.conditions.get(mark, "explored"))
    order: tuple[Status, ...] = ("explored", "confirmed", "computed", "stated")
    return order[min(order.index(each) for each in both)]


def decide(row: Claim, runs: Sequence[Measured]) -> tuple[Word, list[str], str | None]:
    """Return verdict, reasons, and the mark of the condition under which it holds."""
    if row.kind not in JUDGED or row.same_as or not row.parts or not runs:
        return unjudged(row, runs)
    if obstacles := [*lacking(row, runs)]:
        return "undecided", obstacles, None
    found = [*of_parts(row, row.parts, runs)]
    if all(met == "met" for met, _ in found):
        return "holds", [], None
    for condition in row.conditions:
        under = [*of_parts(row, condition.parts, runs)]
        kept = not [*fair(row, condition.parts, runs)]
        if kept and all(met == "met" for met, _ in under):
            why = [f"**Condition:** {condition.says}", *reasons(found)]
            return "condition", why, condition.mark(row.kind)
    missed = any(met == "missed" for met, _ in found)
    if missed and row.scope == "exists":
        but = "One failure does not refute that there is such a case."
        return "undecided", [*reasons(found), but], None
    return "fails" if missed else "undecided", reasons(found), None


def unjudged(row: Claim, runs: Sequence[Measured]) -> tuple[Word, list[str], None]:
    """Return what there is to say of a claim that nothing decides."""
    if row.kind not in JUDGED:
        return "open", [], None
    if row.same_as:
        return "open", [f"Judged at {row.same_as}."], None
    word: Word = "open" if runs else "unmeasured"
    if row.parts or not row.decided_by:  # then the criterion says what would
        return word, [], None
    return word, [f"**Would decide it:** {row.decided_by}"], None
