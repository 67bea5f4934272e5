"""From a claim's parts and several runs to a verdict that a hostile reader can check.

A part is met when the mean over root seeds lies beyond its margin by three standard
errors, and missed when it lies as far on the wrong side. Fewer than five seeds estimate
an error badly, so there it takes five. All else is undecided, and so is a claim whose
antecedent is not met, whose sides did not cost the same, whose solver had not
converged, or whose control comes out as the claim does.

A verdict is *stated* if nothing of the claim had been recorded when its criterion was
fixed; *explored* if it had, or if somebody chose the seeds; *confirmed* once fresh
seeds, which nobody chose, were tried; *computed* where seeds change nothing. An
explored verdict counts as none, and so do two that contradict each other: what once
came out one way on some seeds, by the same criterion, is not undone by others.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from gendiff.book import pool, show
from gendiff.book.criteria import Part
from gendiff.book.evidence import Measured, Numbers
from gendiff.book.ledger import JUDGED, Claim
from gendiff.book.pool import Pooled

Word = Literal["holds", "condition", "fails", "undecided", "open", "unmeasured"]
Status = Literal["stated", "explored", "confirmed", "computed"]
Met = Literal["met", "missed", "open"]

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
ERRORS, FEW_ERRORS = 3.0, 5.0
"""Standard errors that decide a part, with enough seeds and with few."""
ENOUGH, LEAST = 5, 3
"""Root seeds: from here an error is well enough known; below this nothing is judged."""
SAME_COST = 1.05
ALONG = 0.01
"""How exactly a control follows the measurement before that is no accident."""
MOVES = 0.1
"""A control moves at least by this fraction of what the measurement moves by."""
ROUNDING = 1e-9
"""Relative to its size, an exact number may move by this much and count as fixed."""


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


def judge(row: Claim, runs: Sequence[Measured], standing: Standing | None) -> Judgement:
    """Return the verdict on a claim.

    Args:
        row: The claim, with what it must show.
        runs: What each root seed measured.
        standing: What the record knows of the criterion; nothing before it is recorded.
    """
    numbers = pool.shown([run.numbers for run in runs])
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


def still(part: Part, found: Pooled) -> bool:
    """Tell whether a number moves by rounding only."""
    return found.error <= ROUNDING * max(abs(found.value), abs(part.margin))


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


def reasons(found: Sequence[tuple[Met, str]]) -> list[str]:
    """Return what there is to say of the parts that are not met."""
    return [reason for met, reason in found if met != "met"]


def of_parts(
    row: Claim, parts: Sequence[Part], runs: Sequence[Measured]
) -> Iterator[tuple[Met, str]]:
    """Yield how each part came out, and why."""
    for part in parts:
        found = pool.quantity([run.numbers for run in runs], part.quantity)
        if found is None:
            yield "open", f"*{part.quantity}* was not measured by every run."
        else:
            yield outcome(part, part.kind or row.kind, found)


def outcome(part: Part, kind: str, found: Pooled) -> tuple[Met, str]:
    """Return whether a part is met, and a sentence on it."""
    beyond, name = part.beyond(found.value), f"*{part.quantity}*"
    if found.k < LEAST:
        return "open", f"{name}: {found.k} of the {LEAST} root seeds that it takes."
    if kind == "exact" and still(part, found):
        if beyond > 0 or (beyond == 0 and part.relation == "within"):
            return "met", f"{name} is {asked(part)}."
        return "missed", f"{name} is not {asked(part)}."
    if found.error == 0:
        return "open", (
            f"{name} has no error: the seeds do not reach it, or it is too coarse."
        )
    needed = ERRORS if found.k >= ENOUGH else FEW_ERRORS
    apart = beyond / found.error
    side = "on the right side" if apart >= 0 else "on the wrong side"
    met: Met = "met" if apart > needed else "missed" if apart < -needed else "open"
    return met, (
        f"{name} lies {show.number(abs(apart), 2)} standard errors {side} of its "
        f"margin ({asked(part)}); {needed:g} decide with {found.k} seeds."
    )


def asked(part: Part) -> str:
    """Return what a part asks for, in words."""
    margin = show.number(part.margin, 4)
    if part.relation == "within":
        return f"within {margin} of {show.number(part.of, 4)}"
    return f"{part.relation} {margin}"


def lacking(row: Claim, runs: Sequence[Measured]) -> Iterator[str]:
    """Yield what keeps the numbers from deciding anything."""
    yield from unequal(row, runs)
    yield from fair(row, row.parts, runs)
    if row.requires is not None:
        found = [*of_parts(row, row.requires.parts, runs)]
        if any(met != "met" for met, _ in found):
            yield f"It takes for granted: {row.requires.says}"
            yield from reasons(found)


def fair(row: Claim, parts: Sequence[Part], runs: Sequence[Measured]) -> Iterator[str]:
    """Yield what keeps some parts from deciding anything."""
    if "calls" in (row.equal or ()):
        yield from unconverged(row, parts, runs)
    yield from uncontrolled(row, parts, runs)


def unequal(row: Claim, runs: Sequence[Measured]) -> Iterator[str]:
    """Yield that the sides of a comparison did not spend the same."""
    spent = {what for run in runs for what in run.cost}
    for what in sorted({*(row.equal or ()), *spent}):
        for sides in (run.cost.get(what, {}) for run in runs):
            if len(sides) < 2:
                yield f"Not every run says what each side spent in {what}."
                break
            if max(sides.values()) > SAME_COST * min(sides.values()):
                words = ", ".join(f"{k} {show.number(v)}" for k, v in sides.items())
                yield f"The sides are compared at unequal {what}: {words}."
                break


def unconverged(
    row: Claim, parts: Sequence[Part], runs: Sequence[Measured]
) -> Iterator[str]:
    """Yield the quantities that twice the network calls change by their error."""
    for part in parts:
        if (part.kind or row.kind) != "experiment":
            continue
        found = pool.quantity([run.numbers for run in runs], part.quantity)
        moved = pool.change(runs, part.quantity)
        if found is None:
            continue
        if moved is None or not any(moved.values):
            yield f"Nothing shows that the solver has converged for *{part.quantity}*."
        elif abs(moved.value) >= found.error or moved.error >= ERRORS * found.error:
            yield (
                f"*{part.quantity}* changes by "
                f"{show.uncertain(moved.value, moved.error)} with twice the calls, "
                f"against its error of {show.number(found.error)}."
            )


def uncontrolled(
    row: Claim, parts: Sequence[Part], runs: Sequence[Measured]
) -> Iterator[str]:
    """Yield the controls that lack, that pass, or that cannot come out otherwise."""
    titles = dict.fromkeys(title for run in runs for title in run.controls)
    for title in [*titles, *(name for name in row.controls if name not in titles)]:
        of = [run.controls.get(title, {}) for run in runs]
        held = [part for part in parts if any(part.quantity in each for each in of)]
        if not held:
            if title in row.controls and parts is row.parts:
                yield f"The control *{title}* is missing."
            continue
        for part in held:
            yield from idle(title, part, runs, of)
        if all(passes(row, part, of) for part in held):
            yield f"The control *{title}* meets the criterion as well."


def passes(row: Claim, part: Part, of: Sequence[Numbers]) -> bool:
    """Tell whether a control meets a part."""
    control = pool.quantity(of, part.quantity)
    if control is None:
        return False
    return outcome(part, part.kind or row.kind, control)[0] == "met"


def idle(
    title: str, part: Part, runs: Sequence[Measured], of: Sequence[Numbers]
) -> Iterator[str]:
    """Yield that a control cannot come out otherwise than it does.

    It may be a constant, or the measurement itself, shifted, scaled or turned round,
    with a little noise on top to hide it: next to how much the measurement moves
    between seeds, it then stands still or moves along.
    """
    control = pool.quantity(of, part.quantity)
    found = pool.quantity([run.numbers for run in runs], part.quantity)
    if control is None or found is None:
        yield f"Not every run has the control *{title}*."
        return
    room = MOVES * found.spread
    if room == 0:
        return
    x = [value - found.value for value in found.values]
    c = [value - control.value for value in control.values]
    sizes = [math.sqrt(sum(each**2 for each in of)) for of in (x, c)]
    scale = sizes[1] / sizes[0] if sizes[0] else 0.0
    stands = max(map(abs, c)) < room and control.within < room
    stands = stands or max(map(abs, c)) <= ROUNDING * max(1.0, abs(control.value))
    along = any(
        all(abs(b - sign * a) < room for a, b in zip(x, c, strict=True))
        or all(
            abs(b - sign * scale * a) < ALONG * scale * sizes[0]
            for a, b in zip(x, c, strict=True)
        )
        for sign in (1, -1)
    )
    if stands or (scale and along):
        yield (
            f"The control *{title}* is none: it stands still, or moves with what it "
            f"is a control of (*{part.quantity}*)."
        )
