"""Is a part of a claim met? Its number over root seeds against its margin.

A part is met when the mean lies beyond the margin by three standard errors, missed when
it lies as far on the wrong side, and open in between. Fewer than five seeds estimate an
error badly, so there it takes five; fewer than three decide nothing.
"""

from collections.abc import Iterator, Sequence
from typing import Literal

from gendiff.book import pool, show
from gendiff.book.criteria import Part
from gendiff.book.evidence import Measured
from gendiff.book.pool import Pooled
from gendiff.book.rows import Claim

Met = Literal["met", "missed", "open"]
ERRORS, FEW_ERRORS = 3.0, 5.0
"""Standard errors that decide a part, with enough seeds and with few."""
ENOUGH, LEAST = 5, 3
"""Root seeds: from here an error is well enough known; below this nothing is judged."""
ROUNDING = 1e-9
"""Relative to its size, an exact number may move by this much and count as fixed."""


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


def still(part: Part, found: Pooled) -> bool:
    """Tell whether a number moves by rounding only."""
    return found.error <= ROUNDING * max(abs(found.value), abs(part.margin))


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


def reasons(found: Sequence[tuple[Met, str]]) -> list[str]:
    """Return what there is to say of the parts that are not met."""
    return [reason for met, reason in found if met != "met"]
