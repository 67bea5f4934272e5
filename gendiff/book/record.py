"""What is recorded for good: numbers, and when the criteria stood that judge them.

A criterion that was written or moved after its number was recorded proves nothing. So
a record keeps, beside the numbers, the marks of the criteria that were in force, and
every root seed that was ever used. When it is written again, each claim gets a status:

- *stated*: nothing of the claim was recorded before, or nothing of its criterion has
  changed since;
- *confirmed*: something changed, and the sweep is over seeds that follow from the new
  criteria and were never recorded;
- *explored*: something changed and the seeds are old, or somebody chose them.

What changes a criterion is whatever its verdict depends on: a part that is added,
dropped or reworded, a margin, a kind, the scope, the antecedent. A claim that moves to
another page, or stands elsewhere in the ledger, is the same claim.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from gendiff.book import ledger, results
from gendiff.book.criteria import root_seeds
from gendiff.book.evidence import Measured
from gendiff.book.layout import Book
from gendiff.book.ledger import Claim
from gendiff.book.notebooks import code, parse
from gendiff.book.results import Results
from gendiff.book.verdict import Judgement, Standing, Status, judge

Seeds = Literal["fresh", "again", "old", "chosen"]
"""What the seeds of a sweep are worth: derived and never used, derived, recorded."""
CALL = re.compile(r"\brun\.claim\(\s*[\"']([A-Z]+-[A-Z]\d+)[\"']")


@dataclass(frozen=True, slots=True)
class Sweep:
    """One page under several root seeds."""

    seeds: list[int]
    claims: dict[str, list[Measured]]
    """What each seed measured, in the order of the seeds."""
    provenance: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Recorded:
    """All that is recorded of a page under one preset."""

    run: Results
    """The run that the page shows."""
    sweep: Sweep | None = None
    standing: dict[str, Standing] = field(default_factory=dict[str, Standing])
    used: list[int] = field(default_factory=list[int])
    """Every root seed that was ever recorded here; none of them confirms anything."""

    def runs(self, claim: str) -> list[Measured]:
        """Return what each seed of the sweep measured; without one, the page's run."""
        if self.sweep is not None and claim in self.sweep.claims:
            return self.sweep.claims[claim]
        return [each for each in self.run.claims if each.id == claim]


def of_page(book: Book, page: str) -> list[str]:
    """Return the claims that a page measures, from its code."""
    text = "\n".join(cell.source for cell in code(parse(book.text(page))))
    return list(dict.fromkeys(CALL.findall(text)))


def seeds_of(book: Book, page: str, count: int) -> list[int]:
    """Return the root seeds that follow from a page's criteria."""
    rows = rows_of(book)
    named = [rows[name] for name in of_page(book, page) if name in rows]
    return root_seeds(page, [mark for row in named for mark in every_mark(row)], count)


def every_mark(row: Claim) -> list[str]:
    """Return the marks of a claim's criterion and of its conditions."""
    conditions = [condition.mark(row.kind) for condition in row.conditions]
    return [f"{row.id} {mark}" for mark in sorted([*row.marks(), *conditions])]


def rows_of(book: Book) -> dict[str, Claim]:
    """Return the claims of a book's ledger by id."""
    folder = book.root / "book" / "ledger"
    return {
        row.id: row
        for path in sorted(folder.glob("*.yml"))
        for row in ledger.read(path).claims
    }


def swept(book: Book, page: str, preset: str) -> Path:
    """Return the file of a page's latest sweep."""
    return book.built / "sweeps" / page / f"{preset}.json"


def everything(book: Book, preset: str) -> dict[str, Recorded]:
    """Return all that is recorded under a preset, by page."""
    folder = book.root / "book" / "results"
    found = {
        path.relative_to(folder).parent.as_posix(): results.read(path, Recorded)
        for path in sorted(folder.rglob(f"{preset}.json"))
    }
    return {page: each for page, each in found.items() if each is not None}


def record(book: Book, pages: Iterable[str], preset: str) -> list[str]:
    """Record the latest results of pages; return a line for each.

    Raises:
        ValueError: If a page has no results, or those of an accelerator for a preset
            whose digits are a processor's, or another page has recorded one of its
            claims and still measures it.
    """
    lines: list[str] = []
    rows = rows_of(book)
    for page in pages:
        fresh = results.read(book.results(page, preset), Results)
        if fresh is None:
            raise ValueError(
                f"{page} has no results for {preset!r}; run it first: "
                f"python -m gendiff.book run {page} --preset {preset}"
            )
        device = fresh.provenance.get("device", "cpu")
        if preset != "gpu" and device != "cpu":
            raise ValueError(
                f"{page} ran on {device!r}, and what is recorded for {preset!r} is "
                "a processor's; run it once more with --device cpu"
            )
        recorded = everything(book, preset)
        for other, old in recorded.items():
            twice = set(old.run.by_id()) & set(fresh.by_id())
            if other != page and (twice := twice & set(now_on(book, other))):
                raise ValueError(
                    f"{', '.join(sorted(twice))} is measured on {other} and on {page}; "
                    "a claim has one page"
                )
        sweep = results.read(swept(book, page, preset), Sweep)
        found = renewed(book, page, fresh, sweep, recorded, rows)
        path = book.recorded(page, preset)
        results.save(path, found)
        lines.append(f"recorded {path.relative_to(book.root)}")
    return lines


def now_on(book: Book, page: str) -> list[str]:
    """Return the claims that a page measures today; none if it is gone."""
    return of_page(book, page) if page in book.chapters() else []


def renewed(
    book: Book,
    page: str,
    fresh: Results,
    sweep: Sweep | None,
    recorded: Mapping[str, Recorded],
    rows: Mapping[str, Claim],
) -> Recorded:
    """Return the new record of a page, from a run, a sweep, and what was recorded."""
    old = recorded.get(page)
    sweep = sweep or (old.sweep if old else None)
    seeds = [] if sweep is None else sweep.seeds
    used = {seed for each in recorded.values() for seed in each.used}
    way = how(seeds, old.sweep.seeds if old and old.sweep else [], used)
    if way != "old" and seeds != seeds_of(book, page, len(seeds)):
        way = "chosen"
    standing: dict[str, Standing] = {}
    for claim in fresh.claims:
        row = rows.get(claim.id)
        if row is None or not row.marks():
            continue
        before = [r for r in recorded.values() if claim.id in r.run.by_id()]
        held = [r.standing[claim.id] for r in before if claim.id in r.standing]
        earlier = held[0] if held else None
        standing[claim.id] = stand(row, earlier, known=bool(before), seeds=way)
    ever = {fresh.seed, *seeds, *(old.used if old else ())}
    return Recorded(fresh, sweep, standing, sorted(ever))


def how(seeds: list[int], before: list[int], used: set[int]) -> Seeds:
    """Return what seeds are worth that follow from the criteria.

    Those of the recorded sweep prove what they did. More of the same, or seeds that
    were recorded once, confirm nothing new. The rest are fresh.
    """
    if not seeds or seeds == before:
        return "old"
    return "again" if used.intersection(seeds) else "fresh"


def stand(
    row: Claim, earlier: Standing | None, *, known: bool, seeds: Seeds
) -> Standing:
    """Return how a claim stands.

    Args:
        row: The claim as the ledger has it now.
        earlier: How it stood when it was last recorded with a criterion.
        known: Whether any number of it was recorded before.
        seeds: What the sweep's seeds are worth.
    """

    def status(was: Status | None) -> Status:
        """Return the status of a criterion; `was`, if it is an old one."""
        if seeds == "chosen":
            return "explored"
        if was is not None and (was != "explored" or seeds != "fresh"):
            return was
        if not known:
            return "stated"
        return "confirmed" if seeds == "fresh" else "explored"

    same = earlier is not None and frozenset(earlier.marks) == row.marks()
    conditions: dict[str, Status] = {
        mark: status(earlier.conditions.get(mark) if earlier else None)
        for mark in (condition.mark(row.kind) for condition in row.conditions)
    }
    found = status(earlier.status if earlier and same else None)
    return Standing(sorted(row.marks()), found, conditions)


def verdict(row: Claim, recorded: Recorded | None) -> Judgement:
    """Return the verdict that a record gives a claim."""
    if recorded is None:
        return judge(row, [], None)
    return judge(row, recorded.runs(row.id), recorded.standing.get(row.id))
