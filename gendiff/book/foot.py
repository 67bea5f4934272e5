"""The table at the foot of a page: what it claims, what was measured, and the verdict.

It stands under the heading *What was measured*. The boxes of the claims follow it, with
criterion and cost; the ledger has the same rows for all pages.
"""

from collections.abc import Mapping
from functools import partial

from msgspec import convert
from nbformat import NotebookNode

from gendiff.book import ledger
from gendiff.book.appendices import page
from gendiff.book.criteria import normal
from gendiff.book.evidence import Measured, Numbers
from gendiff.book.notebooks import records
from gendiff.book.record import Recorded, verdict
from gendiff.book.results import without
from gendiff.book.rows import Claim
from gendiff.book.verdict import Standing, leading

HEADING = "## What was measured"


def claims(done: NotebookNode) -> list[Measured]:
    """Return what an executed page measured, in its order."""
    told = [without(r, "kind") for r in records(done) if r["kind"] == "claim"]
    return convert(told, list[Measured])


def table(
    done: NotebookNode, recorded: Recorded | None, standing: Mapping[str, Standing]
) -> str:
    """Return the table of an executed page; numbers over seeds where recorded."""
    rows = {row.id: row for chapter in ledger.load() for row in chapter.claims}
    found = [
        (claim, row, verdict(row, recorded, standing.get(row.id)), partial(asked, row))
        for claim in claims(done)
        if (row := rows.get(claim.id))
    ]
    if not found:
        return ""
    depth = done.metadata["gendiff"]["chapter"].count("/")
    return page("measured.md", rows=found, up="../" * depth)


def asked(row: Claim, numbers: Numbers) -> Numbers:
    """Return the numbers that a claim is judged by, in the order of its criterion.

    Of a claim that is not judged, these are all numbers as they come.
    """
    names = {normal(part.quantity) for part in row.parts}
    chosen = {name: each for name, each in numbers.items() if normal(name) in names}
    return leading(row, chosen or numbers)  # a notebook sorts them by name


def under(text: str, table: str) -> str:
    """Return a text of Markdown with the table after the section's first paragraph."""
    before, heading, after = text.partition(HEADING)
    if not heading or not table:
        return text
    lines = after.split("\n\n")
    place = 2 if len(lines) > 1 else 1
    return before + heading + "\n\n".join([*lines[:place], table, *lines[place:]])
