"""Where the book shows things, and ledger text as cells of Markdown tables.

Ledger texts go through `text`, so that nothing in them is markup by accident and
formulas stay formulas.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gendiff.book import results, show
from gendiff.book.ledger import root as checkout
from gendiff.book.record import Recorded
from gendiff.book.results import Results

PRESETS = ("cpu", "gpu", "smoke")
"""The order in which presets are believed."""
TEST = re.compile(r"(tests/formulas/\w+\.py)::(\w+)")


@dataclass(frozen=True, slots=True)
class Place:
    """Where the book shows a claim or a figure."""

    page: str
    anchor: str


def runs(root: Path, /) -> list[Results]:
    """Return all runs there are, fresh and recorded, the most believed first.

    Raises:
        ValueError: If a file is no results file.
    """
    found: list[Results] = []
    for preset in PRESETS:
        for path in sorted((root / "_build" / "results").rglob(f"{preset}.json")):
            fresh = results.read(path, Results)
            found += [fresh] if fresh else []
        for path in sorted((root / "book" / "results").rglob(f"{preset}.json")):
            old = results.read(path, Recorded)
            found += [old.run] if old else []
    return found


def places(root: Path, /) -> dict[str, list[Place]]:
    """Return where each claim and figure is shown, by id."""
    found: dict[str, dict[Place, None]] = {}
    for run in runs(root):
        for each in [*run.claims, *run.figures]:
            place = Place(run.chapter, each.anchor)
            found.setdefault(each.id, {})[place] = None
    return {name: list(where) for name, where in found.items()}


def link(words: str, where: Sequence[Place], /) -> str:
    """Return words, as a link to the first place if there is one."""
    if not where:
        return text(words)
    return f'<a href="{where[0].page}.html#{where[0].anchor}">{text(words)}</a>'


def evidence(names: Sequence[str], where: dict[str, list[Place]], /) -> str:
    """Return ids and tests as links to where they stand."""
    return ", ".join(
        proof(name, "a test")
        if TEST.fullmatch(name)
        else link(name, where.get(name, []))
        for name in names
    )


def proof(name: str, /, words: str = "") -> str:
    """Return a test as a link to its source, which the page of identities shows.

    The link says the name of the test, which is long, or other words.

    Raises:
        ValueError: If the name is no test of a formula.
    """
    found = TEST.fullmatch(name)
    if found is None:
        raise ValueError(f"{name!r}: write tests/formulas/test_x.py::test_y")
    words = words or f"<code>{found[2]}</code>"
    place = found[2].replace("_", "-")  # as Sphinx makes anchors of labels
    return f'<a href="identities.html#{place}">{words}</a>'


def source(name: str, /) -> str:
    """Return the source of a test.

    Raises:
        ValueError: If there is no such test.
    """
    found = TEST.fullmatch(name)
    if found is None:
        raise ValueError(f"{name!r}: write tests/formulas/test_x.py::test_y")
    path = checkout() / found[1]
    lines = path.read_text("utf-8").split("\n") if path.exists() else []
    start = next(
        (n for n, line in enumerate(lines) if line.startswith(f"def {found[2]}(")), None
    )
    if start is None:
        raise ValueError(f"there is no test {name}; a row of the ledger points at it")
    first = start
    while first and lines[first - 1].strip() and not lines[first - 1].startswith("def"):
        first -= 1  # its decorators
    rest = lines[start + 1 :]
    # A closing bracket of the signature stands at the margin too.
    after = (n for n, line in enumerate(rest) if line and line[0] not in " )")
    end = next(after, len(rest))
    return "\n".join(lines[first : start + 1 + end]).rstrip()


def said(value: Any, /) -> str:  # noqa: ANN401
    """Return a piece of provenance in words, whatever its shape."""
    if isinstance(value, dict):
        return ", ".join(f"{key} {item}" for key, item in value.items())
    if isinstance(value, float):
        return show.number(value)
    return "–" if value in (None, "", []) else str(value)


def text(words: str, /) -> str:
    """Return ledger text as a cell of a table: nothing is markup by accident."""
    words = words.replace("\n", " ")
    pieces = words.split("$")
    if len(pieces) % 2 == 0:  # an odd number of dollars: money, not formulas
        pieces = [words.replace("$", r"\$")]
    for k in range(0, len(pieces), 2):
        pieces[k] = pieces[k].replace("<", "&lt;").replace("[", r"\[")
    return "$".join(pieces).replace("|", r"\|")
