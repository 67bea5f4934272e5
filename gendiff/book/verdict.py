"""From a claim's parts and several runs to a verdict that a hostile reader can check.

A part is met when the mean over root seeds lies beyond its margin by three standard
errors, and missed when it lies as far on the wrong side. Fewer than five seeds estimate
an error badly, so there it takes five. All else is undecided, and so is a claim whose
antecedent is not met, whose sides did not cost the same, whose solver had not
converged, or whose control comes out as the claim does.

A verdict is *stated* if its criterion came before its number; *explored* if it came
after, or if somebody chose the seeds; *confirmed* once fresh seeds, which nobody chose,
were tried. An explored verdict counts as none.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from gendiff.book import pool, show
from gendiff.book.criteria import Part
from gendiff.book.evidence import Measured, Numbers
from gendiff.book.ledger import JUDGED, Claim
from gendiff.book.pool import Pooled

Word = Literal["holds", "condition", "fails", "undecided", "open", "unmeasured"]
Status = Literal["stated", "explored", "confirmed"]
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
    "stated": "The criterion was recorded before the number.",
    "explored": (
        "*Explored:* the criterion came after the number, or the seeds were chosen, "
        "so this counts as no verdict until fresh seeds confirm it."
    ),
    "confirmed": (
        "The criterion was fixed with earlier numbers known, and then tried on fresh "
        "seeds that nobody chose."
    ),
}
ERRORS, FEW_ERRORS = 3.0, 5.0
"""Standard errors that decide a part, with enough seeds and with few."""
ENOUGH, LEAST = 5, 3
"""Root seeds: from here an error is well enough known; below this nothing is judged."""
SAME_COST = 1.05
MOVES = 0.1
"""A control moves at least by this fraction of what the measurement moves by."""
ROUNDING = 1e-9
"""Relative to its size, an exact number may move by this much and count as fixed."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What a claim was judged by when its numbers were recorded, and since when."""

    marks: list[str]
    """Of the parts, the antecedent, scope and costs: see `Claim.marks`."""
    status: Status
    conditions: dict[str, Status] = field(default_factory=dict[str, Status])
    """Of each condition, by its mark."""


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
    titles = runs[0].controls if runs else ()
    controls = {
        title: pool.shown([r.controls[title] for r in runs if title in r.controls])
        for title in titles
    }
    word, reasons, mark = decide(row, runs)
    status = None
    if word in ("holds", "condition", "fails"):
        status = standing_of(row, standing, mark)
        reasons = [*reasons, STATUS[status]]
    return Judgement(word, status, len(runs), numbers, controls, reasons)


def standing_of(row: Claim, standing: Standing | None, mark: str | None) -> Status:
    """Return how a verdict came about; under a condition, the worse of the two."""
    if standing is None or frozenset(standing.marks) != row.marks():
        return "explored"
    both: list[Status] = [standing.status]
    if mark is not None:
        both.append(standing.conditions.get(mark, "explored"))
    order: tuple[Status, ...] = ("explored", "confirmed", "stated")
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
        if all(met == "met" for met, _ in under):
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
    if row.parts:
        return word, [], None
    return word, [f"**Would decide it:** {row.decided_by or row.criterion}"], None


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
    fixed = found.error <= ROUNDING * max(abs(found.value), abs(part.margin))
    if kind == "exact" and fixed:
        if beyond > 0 or (beyond == 0 and part.relation == "within"):
            return "met", f"{name} is {asked(part)}."
        return "missed", f"{name} is not {asked(part)}."
    if found.k < LEAST and kind != "timing":
        return "open", f"{name}: {found.k} root seed(s), and it takes {LEAST}."
    if found.error == 0:
        return "open", (
            f"{name} has no error: the seeds do not reach it, or it is too coarse."
        )
    needed = ERRORS if found.k >= ENOUGH or kind == "timing" else FEW_ERRORS
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
    for what in row.equal or ():
        yield from unequal(what, runs)
    if "calls" in (row.equal or ()):
        yield from unconverged(row, runs)
    yield from uncontrolled(row, runs)
    if row.requires is not None:
        found = [*of_parts(row, row.requires.parts, runs)]
        if any(met != "met" for met, _ in found):
            yield f"It takes for granted: {row.requires.says}"
            yield from reasons(found)


def unequal(what: str, runs: Sequence[Measured]) -> Iterator[str]:
    """Yield that the sides of a comparison did not spend the same."""
    for run in runs:
        sides = run.cost.get(what, {})
        if len(sides) < 2:
            yield f"It compares at equal {what}, and no run says what each side spent."
            return
        if max(sides.values()) > SAME_COST * min(sides.values()):
            spent = ", ".join(f"{k} {show.number(v)}" for k, v in sides.items())
            yield f"The sides are compared at unequal {what}: {spent}."
            return


def unconverged(row: Claim, runs: Sequence[Measured]) -> Iterator[str]:
    """Yield the quantities that twice the network calls change by their error."""
    for part in row.parts:
        if (part.kind or row.kind) != "experiment":
            continue
        found = pool.quantity([run.numbers for run in runs], part.quantity)
        moved = pool.change(runs, part.quantity)
        if found is None:
            continue
        if moved is None:
            yield f"Nothing shows that the solver has converged for *{part.quantity}*."
        elif abs(moved.value) >= found.error:
            yield (
                f"*{part.quantity}* changes by {show.number(moved.value)} with twice "
                f"the calls, more than its error {show.number(found.error)}."
            )


def uncontrolled(row: Claim, runs: Sequence[Measured]) -> Iterator[str]:
    """Yield the controls that pass, or that could not have come out otherwise."""
    asked_for = {part.quantity: part for part in row.parts}
    for title in runs[0].controls:
        of = [run.controls.get(title, {}) for run in runs]
        judged = [part for name, part in asked_for.items() if name in of[0]]
        for part in judged:
            control = pool.quantity(of, part.quantity)
            found = pool.quantity([run.numbers for run in runs], part.quantity)
            if control is None or found is None:
                yield f"Not every run has the control *{title}*."
                continue
            if idle(part, found, control):
                yield (
                    f"The control *{title}* is none: it stands still, or moves with "
                    f"what it is a control of (*{part.quantity}*)."
                )
        if judged and all(passes(row, part, of) for part in judged):
            yield f"The control *{title}* meets the criterion as well."


def passes(row: Claim, part: Part, of: Sequence[Numbers]) -> bool:
    """Tell whether a control meets a part."""
    control = pool.quantity(of, part.quantity)
    if control is None:
        return False
    return outcome(part, part.kind or row.kind, control)[0] == "met"


def idle(part: Part, found: Pooled, control: Pooled) -> bool:
    """Tell whether a control cannot come out otherwise than it does.

    It may be a constant, the measurement itself or its mirror image, with a little
    noise on top to hide it: next to how much the measurement moves between seeds, it
    then stands still or moves along.
    """
    room = MOVES * found.spread
    if room == 0:
        return False
    pairs = list(zip(found.values, control.values, strict=True))
    mirror = 2 * part.margin if part.relation != "within" else 2 * part.of
    still = max(abs(c - control.value) for c in control.values) < room
    still = still and control.within < room
    same = all(abs(c - x) < room for x, c in pairs)
    turned = all(abs(c + x) < room for x, c in pairs)
    mirrored = all(abs(c + x - mirror) < room for x, c in pairs)
    return still or same or turned or mirrored
