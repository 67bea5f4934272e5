"""What keeps numbers from deciding a claim, however clear they are.

Sides that did not spend the same, a solver that had not converged, an antecedent that
is not met, a control that is missing, comes out as the claim does, or could not have
come out otherwise. Each fault is a sentence of ledger markup.
"""

import math
from collections.abc import Iterator, Sequence

from gendiff.book import pool, show
from gendiff.book.criteria import Part
from gendiff.book.evidence import Measured, Numbers
from gendiff.book.outcome import ERRORS, ROUNDING, of_parts, outcome, reasons
from gendiff.book.rows import Claim

SAME_COST = 1.05
"""What one side of a comparison may spend of the other's."""
ALONG = 0.01
"""How exactly a control follows the measurement before that is no accident."""
MOVES = 0.1
"""A control moves at least by this fraction of what the measurement moves by."""


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
        elif not found.error and moved.value:
            yield (
                f"*{part.quantity}* changes by {show.number(moved.value)} with twice "
                "the calls, and has no error to compare that with."
            )
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
    between seeds, it then stands still or moves along. One seed shows nothing of that.
    """
    control = pool.quantity(of, part.quantity)
    found = pool.quantity([run.numbers for run in runs], part.quantity)
    if control is None or found is None:
        yield f"Not every run has the control *{title}*."
        return
    room = MOVES * found.spread
    if room == 0 or len(found.values) < 2:
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
            f"The control *{title}* decides nothing here: beside what it is a control "
            f"of (*{part.quantity}*), it stands still or moves along."
        )
