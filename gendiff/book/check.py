"""Does a fresh run still say what is recorded?

A page that was run again must not decide a part the opposite way, by three of its own
errors, on any machine. On the same kind of machine its numbers must also lie within
four spreads between seeds of those of the recorded run, computed ones within rounding.
That run had the same seed: against the mean of three seeds a fourth lies four spreads
off once in twenty times, by nothing but chance. Elsewhere a difference is a remark,
since another processor rounds otherwise and whatever was trained takes another way from
there. Times, and what nothing here judges, are never compared.
"""

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gendiff.book import record, results
from gendiff.book.criteria import Part
from gendiff.book.evidence import Measured, Number
from gendiff.book.layout import Book
from gendiff.book.outcome import ERRORS, outcome
from gendiff.book.pool import Pooled, quantity
from gendiff.book.record import Recorded
from gendiff.book.results import Results
from gendiff.book.rows import Claim

EXACT = 1e-6
ROUNDING = 1e-9
"""A number below this is rounding, for instance the error of an identity."""
SPREADS = 4
COMPARED = ("exact", "experiment")


@dataclass(frozen=True)
class Finding:
    """A difference between fresh and recorded results."""

    chapter: str
    text: str
    grave: bool = True
    """Whether it breaks a strict check; the rest are remarks."""

    def __str__(self) -> str:
        """Return one line for the terminal."""
        return f"{'DIFFERS' if self.grave else 'note   '} {self.chapter}: {self.text}"


def strict() -> bool:
    """Tell whether differences are errors here, as they are under CI."""
    return os.environ.get("CI", "").lower() in {"1", "true", "yes"}


def check(book: Book, pages: list[str], preset: str) -> list[Finding]:
    """Compare the latest results of some pages with the recorded ones."""
    rows = record.rows_of(book)
    found = [
        Finding(page, text, grave)
        for page in pages
        for text, grave in compare(
            results.read(book.recorded(page, preset), Recorded),
            results.read(book.results(page, preset), Results),
            rows,
        )
    ]
    return [*found, *twice(book, pages)]


def twice(book: Book, pages: list[str]) -> Iterator[Finding]:
    """Yield the claims that two pages measure: two verdicts can contradict each other.

    Those of the pages asked for are looked for on every page.
    """
    on = {page: set(record.of_page(book, page)) for page in book.chapters()}
    times = Counter(claim for claims in on.values() for claim in claims)
    for page in pages:
        for claim in sorted(c for c in on.get(page, ()) if times[c] > 1):
            where = ", ".join(p for p in on if claim in on[p])
            yield Finding(page, f"claim {claim} is measured on {where}")


def compare(
    recorded: Recorded | None, fresh: Results | None, rows: Mapping[str, Claim]
) -> Iterator[tuple[str, bool]]:
    """Yield each difference, and whether it is grave."""
    if fresh is None:
        yield "was not run, there is nothing to compare", True
        return
    if recorded is None:
        if fresh.claims and fresh.preset != "smoke":  # which decides nothing
            yield "nothing is recorded yet: python -m gendiff.book record", False
        return
    now, then = fresh.by_id(), recorded.run.by_id()
    for name in sorted(then.keys() - now.keys()):
        yield f"claim {name} is recorded and no longer measured", name in rows
    for name in sorted(now.keys() - then.keys()):
        yield f"claim {name} is not recorded yet", False
    both = [rows[name] for name in sorted(then.keys() & now.keys()) if name in rows]
    found = [
        each
        for row in both
        if row.kind in COMPARED
        for each in differences(row, recorded, fresh)
    ]
    yield from found
    if recorded.run.key != fresh.key and not found:
        yield "recorded with an earlier library, the numbers agree", False


def differences(
    row: Claim, recorded: Recorded, fresh: Results
) -> Iterator[tuple[str, bool]]:
    """Yield how a claim's fresh numbers differ, and whether that is grave."""
    runs, now = recorded.runs(row.id), fresh.by_id()[row.id]
    then = recorded.run.by_id()[row.id]
    yield from ((text, True) for text in opposite(row, runs, now))
    alike = (recorded.run.machine, recorded.run.seed) == (fresh.machine, fresh.seed)
    where = "" if alike else f"; on {recorded.run.machine}"
    yield from ((text + where, alike) for text in moved(row, runs, then, now))


def opposite(row: Claim, runs: list[Measured], now: Measured) -> Iterator[str]:
    """Yield the parts that a fresh run decides the other way, or lacks."""
    for part in (*row.parts, *(row.requires.parts if row.requires else ())):
        kind = part.kind or row.kind
        number = now.numbers.get(part.quantity)
        found = quantity([run.numbers for run in runs], part.quantity)
        if number is None:
            yield f"claim {row.id}: {part.quantity!r} is asked for and not measured"
            continue
        if found is None or kind not in COMPARED:
            continue
        then = outcome(part, kind, found)[0]
        if {then, decided(part, number, found)} == {"met", "missed"}:
            yield (
                f"claim {row.id}: {part.quantity!r} was recorded as {then} and comes "
                f"out the other way, {number.value:.6g} ± {number.error or 0.0:.2g}"
            )


def decided(part: Part, number: Number, found: Pooled) -> str:
    """Return how one run decides a part, by its own error or that of one seed."""
    error = found.spread if number.error is None else number.error
    beyond, room = part.beyond(number.value), ERRORS * error
    if beyond > room:
        return "met"
    return "missed" if beyond < -room else "open"


def moved(
    row: Claim, runs: list[Measured], then: Measured, now: Measured
) -> Iterator[str]:
    """Yield the numbers that lie further from the recorded ones than seeds do."""
    kinds = {part.quantity: part.kind or row.kind for part in row.parts}
    for name, number in sorted(now.numbers.items()):
        old = then.numbers.get(name)
        if old is None:
            yield f"claim {row.id}: {name!r} is not recorded"
            continue
        if kinds.get(name, row.kind) not in COMPARED:
            continue
        room = tolerance(old, quantity([run.numbers for run in runs], name))
        if abs(number.value - old.value) > room:
            yield (
                f"claim {row.id}: {name!r} was recorded as {old.value:.6g} and is "
                f"{number.value:.6g}, further apart than {room:.2g}"
            )
    for name in sorted(set(then.numbers) - set(now.numbers)):
        yield f"claim {row.id}: {name!r} is recorded and no longer measured"


def tolerance(old: Number, found: Pooled | None) -> float:
    """Return how far from the recorded run another may lie."""
    spread = found.spread if found is not None else 0.0
    return max(SPREADS * spread, EXACT * abs(old.value), ROUNDING)
