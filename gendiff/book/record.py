"""What is recorded for good: numbers, and when the criteria stood that judge them.

A criterion that was written or moved after its number was recorded proves nothing. So
beside the numbers of each page, `book/results/standing.json` keeps for every claim that
was ever recorded the marks of its criterion, every root seed that it was tried on, and
what came out; nothing is ever taken out of it. Each time, a claim gets a status:

- *stated*: no number of it was recorded before, or nothing of its criterion has changed
  since that was so;
- *confirmed*: something changed, and the sweep is over seeds that follow from the new
  criteria and were never recorded;
- *explored*: something changed and the seeds are old, or somebody chose them;
- *computed*: no seed reaches its numbers, so there is nothing to confirm.

What changes a criterion is whatever its verdict depends on: the claim's text, a part
that is added, dropped or reworded, a margin, a kind, the scope, the antecedent, the
controls. A claim that moves to another page, or stands elsewhere in the ledger, is the
same claim.
"""

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from gendiff.book import ledger, results
from gendiff.book.claims import fit
from gendiff.book.criteria import root_seeds
from gendiff.book.evidence import Measured
from gendiff.book.layout import Book
from gendiff.book.notebooks import code, parse
from gendiff.book.results import Results
from gendiff.book.rows import Claim
from gendiff.book.sources import plain
from gendiff.book.verdict import Judgement, Standing, Status, Trial, fixed, judge

Seeds = Literal["fresh", "again", "old", "chosen"]
"""What the seeds of a sweep are worth to a claim: derived and never used; derived;
those of the record; or anybody's."""
COUNTS = (3, 5, 10)
"""How many derived seeds a sweep may take: who stops anywhere stops at will."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """One page under several root seeds."""

    seeds: list[int]
    claims: dict[str, list[Measured]]
    """What each seed measured, in the order of the seeds."""
    provenance: dict[str, Any] = field(default_factory=dict[str, Any])
    chosen: bool = False
    """Whether the seeds did not follow from the criteria when they were recorded."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What is recorded of a page under one preset."""

    run: Results
    """The run that the page shows."""
    sweep: Sweep | None = None

    def runs(self, claim: str) -> list[Measured]:
        """Return what each seed of the sweep measured; without one, the page's run."""
        if self.sweep is not None:
            return self.sweep.claims.get(claim, [])
        return [each for each in self.run.claims if each.id == claim]

    def names(self) -> set[str]:
        """Return the claims of which any number is recorded here."""
        swept = self.sweep.claims if self.sweep is not None else {}
        return {*self.run.by_id(), *swept}


def of_page(book: Book, page: str) -> list[str]:
    """Return the claims that a page measures, from its code.

    Raises:
        ValueError: If a claim is named by something else than its id.
    """
    found: list[str] = []
    for cell in code(parse(book.text(page))):
        try:
            tree = ast.parse(plain(cell.source))
        except SyntaxError:  # such a page runs nowhere, and `run` says why
            continue
        for node in ast.walk(tree):
            match node:
                case ast.Call(
                    func=ast.Attribute(value=ast.Name(id="run"), attr="claim"),
                    args=[first, *_],
                ):
                    if not isinstance(first, ast.Constant):
                        raise ValueError(  # noqa: TRY004 -- of a text, not a value
                            f"{page}: run.claim({ast.unparse(first)}, ...); write the "
                            "id itself, so that the ledger can find it"
                        )
                    found.append(str(first.value))
                case _:
                    pass
    return list(dict.fromkeys(found))


def seeds_of(book: Book, page: str, count: int) -> list[int]:
    """Return the root seeds that follow from the criteria of a page's chapter.

    All its pages take the same ones: what they train in common is trained once.
    """
    chapter, *_ = page.split("/")
    inside = [p for p in book.chapters() if f"{p}/".startswith(f"{chapter}/")]
    names = {name for each in inside for name in of_page(book, each)}
    rows = [row for name, row in rows_of(book).items() if name in names]
    return root_seeds(chapter, [mark for row in rows for mark in criteria(row)], count)


def criteria(row: Claim) -> list[str]:
    """Return the marks of a claim's criterion and of its conditions, with its id."""
    conditions = [condition.mark(row.kind) for condition in row.conditions]
    return [f"{row.id} {mark}" for mark in sorted([*row.criteria(), *conditions])]


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


def standing_file(book: Book) -> Path:
    """Return the file that keeps how every claim stands."""
    return book.root / "book" / "results" / "standing.json"


def standing_of(book: Book) -> dict[str, Standing]:
    """Return how every claim stands that was ever recorded."""
    return results.read(standing_file(book), dict[str, Standing]) or {}


def everything(book: Book, preset: str) -> dict[str, Recorded]:
    """Return all that is recorded under a preset, by page."""
    folder = book.root / "book" / "results"
    found = {
        path.relative_to(folder).parent.as_posix(): results.read(path, Recorded)
        for path in sorted(folder.rglob(f"{preset}.json"))
    }
    return {page: each for page, each in found.items() if each is not None}


def by_claim(book: Book, preset: str) -> dict[str, Recorded]:
    """Return the record of the page that measures each claim today."""
    recorded = everything(book, preset)
    return {
        claim: recorded[page]
        for page in book.chapters()
        if page in recorded
        for claim in of_page(book, page)
    }


def record(book: Book, pages: Iterable[str], preset: str) -> list[str]:
    """Record the latest results of pages; return a line for each.

    Raises:
        ValueError: If a page has no results, or those of an accelerator for a preset
            whose digits are a processor's, another page measures one of its claims,
            the sweep is not one, or the ledger has lost a claim.
    """
    lines: list[str] = []
    rows = rows_of(book)
    kept = standing_of(book)
    if lost := sorted(set(kept) - set(rows)):
        raise ValueError(
            f"the ledger no longer has {', '.join(lost)}, of which numbers are "
            "recorded; a row stays, under its id, whatever came out"
        )
    for page in pages:
        fresh = latest(book, page, preset)
        recorded = everything(book, preset)
        old = recorded.get(page)
        sweep = results.read(swept(book, page, preset), Sweep)
        sweep = sound(page, sweep, old.sweep if old else None)
        known = {
            name
            for other in {preset, "cpu", "gpu"}
            for each in everything(book, other).values()
            for name in each.names()
        }
        here = set(of_page(book, page)).intersection(kept)
        used = {seed for name in here for seed in kept[name].seeds}
        derived = sweep and sweep.seeds == seeds_of(book, page, len(sweep.seeds))
        if sweep is not None and sweep is not (old and old.sweep):
            sweep = replace(sweep, chosen=not derived)
        found = Recorded(fresh, sweep)
        if preset == "cpu":
            for claim in fresh.claims:
                way = worth(claim.id, sweep, old.sweep if old else None, used)
                kept[claim.id] = stand(
                    rows[claim.id],
                    kept.get(claim.id),
                    found,
                    known=claim.id in known or claim.id in kept,
                    seeds=way,
                )
        path = book.recorded(page, preset)
        results.save(path, found)
        lines.append(f"recorded {path.relative_to(book.root)}")
        if preset == "cpu":
            results.save(standing_file(book), dict(sorted(kept.items())))
    return lines


def latest(book: Book, page: str, preset: str) -> Results:
    """Return the latest results of a page, if they may be recorded.

    Raises:
        ValueError: As `record`.
    """
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
    measured = set(fresh.by_id())
    for other in book.chapters():
        if other != page and (twice := measured & set(of_page(book, other))):
            raise ValueError(
                f"{', '.join(sorted(twice))} is measured on {other} and on {page}; "
                "a claim has one page"
            )
    rows = rows_of(book)
    if unknown := sorted(measured - set(rows)):
        raise ValueError(f"{page} measures {', '.join(unknown)}, which no row claims")
    for name, claim in fresh.by_id().items():  # the ledger may have changed since
        fit(rows[name], set(claim.numbers), set(claim.cost))
    return fresh


def sound(page: str, sweep: Sweep | None, old: Sweep | None) -> Sweep | None:
    """Return the sweep to record: the latest one, or the one that is recorded.

    Raises:
        ValueError: If the latest is not one, or takes seeds back.
    """
    if sweep is None or (old is not None and sweep == replace(old, chosen=False)):
        return old
    k = len(sweep.seeds)
    crooked = [name for name, runs in sweep.claims.items() if len(runs) != k]
    if k < 2 or len(set(sweep.seeds)) != k or crooked:
        raise ValueError(
            f"the sweep of {page} has {k} seeds and not as many runs of each claim; "
            "run it again"
        )
    devices = set(sweep.provenance.get("devices", ["cpu"]))
    if devices != {"cpu"}:
        raise ValueError(
            f"the sweep of {page} ran on {', '.join(sorted(devices))}; verdicts are "
            "those of a processor"
        )
    if old is not None and k < len(old.seeds) and sweep.seeds == old.seeds[:k]:
        raise ValueError(
            f"{page} is recorded with {len(old.seeds)} seeds, and {k} of them decide "
            f"no better; sweep it with --count {len(old.seeds)}"
        )
    return sweep


def worth(claim: str, sweep: Sweep | None, old: Sweep | None, used: set[int]) -> Seeds:
    """Return what a sweep's seeds are worth to a claim.

    Those of the recorded sweep prove what they did. More of the same, or seeds that
    were recorded once, confirm nothing new. Derived ones that nobody has used do.
    """
    if sweep is None or claim not in sweep.claims:
        return "old"
    if sweep.chosen:
        return "chosen"
    if old is not None and sweep.seeds == old.seeds and claim in old.claims:
        return "old"
    return "again" if used.intersection(sweep.seeds) else "fresh"


def stand(
    row: Claim,
    earlier: Standing | None,
    recorded: Recorded,
    *,
    known: bool,
    seeds: Seeds,
) -> Standing:
    """Return how a claim stands.

    Args:
        row: The claim as the ledger has it now.
        earlier: How it stood when it was last recorded.
        recorded: What is recorded now of the page that measures it.
        known: Whether any number of it was recorded before.
        seeds: What the sweep's seeds are worth.
    """
    runs = recorded.runs(row.id)

    def status(was: Status | None) -> Status:
        """Return the status of a criterion; `was`, if it is an old one."""
        if fixed(row, runs):
            return "computed"
        if seeds == "chosen":
            return "explored"
        if was is not None and (was != "explored" or seeds != "fresh"):
            return was
        if not known:
            return "stated"
        return "confirmed" if seeds == "fresh" else "explored"

    marks = sorted(row.marks())
    same = earlier is not None and earlier.marks == marks
    conditions: dict[str, Status] = {
        mark: status(earlier.conditions.get(mark) if earlier else None)
        for mark in (condition.mark(row.kind) for condition in row.conditions)
    }
    found = status(earlier.status if earlier and same else None)
    before = earlier or Standing([], "stated")
    tried = recorded.sweep.seeds if recorded.sweep and runs else list[int]()
    ever = sorted({*before.seeds, *tried})
    standing = Standing(marks, found, conditions, ever, before.trials)
    word = judge(row, runs, standing).word
    trial = Trial(tried, word, marks)
    new = row.parts and tried and trial not in before.trials
    return replace(standing, trials=[*before.trials, *([trial] if new else [])])


def verdict(
    row: Claim, recorded: Recorded | None, standing: Standing | None
) -> Judgement:
    """Return the verdict that a record gives a claim."""
    runs = [] if recorded is None else recorded.runs(row.id)
    return judge(row, runs, standing)
