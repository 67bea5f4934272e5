"""When must a chapter run again? When its content key changes, and only then.

The key is a hash of everything that an execution can depend on: the code cells in
order with the two tags that change how they run, the values of the parameters, the
code of every module of the library that the code imports, directly or through others,
with the data files beside them, what of these modules the page shows, the ledger rows
that the code names, the lock file and the class of device. Prose, captions and other
tags do not count, and of the library neither docstrings nor comments, unless they are
shown or read: they may be edited without running anything.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any

import yaml
from nbformat import NotebookNode

from gendiff.book.bare import bare, reads
from gendiff.book.layout import Book
from gendiff.book.notebooks import code, tags
from gendiff.book.shown import shown
from gendiff.book.sources import PACKAGE, digest, library

DECISIVE = {"parameters", "raises-exception"}
SHOWN = ("id", "kind", "text", "criterion")
"""Of a ledger row, what outputs show: not what a verdict is made of."""
ROW = re.compile(r"\b(?:[A-Z]{1,3}-[A-Z]\d+|E\d{2})\b")


def key(
    notebook: NotebookNode,
    parameters: dict[str, Any],
    *,
    book: Book,
    device: str,
    package: Path = PACKAGE,
) -> str:
    """Return the content key of a chapter executed with some parameters."""
    cells = [(c.source, sorted(DECISIVE.intersection(tags(c)))) for c in code(notebook)]
    sources = [source for source, _ in cells]
    lock = book.root / "requirements.lock"
    parts = {
        "cells": cells,
        "parameters": parameters,
        "library": contents(cells, package),
        "ledger": rows(sources, book.root / "book" / "ledger"),
        "lock": digest(lock) if lock.exists() else None,
        "device": device,
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]


def contents(
    cells: Sequence[tuple[str, Sequence[str]]], package: Path = PACKAGE
) -> dict[str, Any]:
    """Return what an execution of tagged cells can depend on of the library's files.

    Words count whole where they may come out in a way that is not foreseen: in a
    traceback, in what the page reads itself, or in what it shows by a name that can't
    be followed.
    """
    sources = [source for source, _ in cells]
    pieces = shown(sources, package)
    wordy = pieces is None or any(
        reads(source) or "raises-exception" in decisive for source, decisive in cells
    )
    files = sorted(library(sources, package).items())
    read = digest if wordy else partial(content, pipeline=package / "book")
    return {"files": {name: read(path) for name, path in files}, "shown": pieces}


def content(path: Path, pipeline: Path) -> str:
    """Return a hash of a file: of its code, if it is Python that reads no words."""
    return _content(path, path.stat().st_mtime_ns, pipeline in path.parents)


@cache
def _content(path: Path, changed: int, within: bool) -> str:  # noqa: FBT001
    """Return the hash, anew when the file changed.

    The pipeline reads what pages show, which is entered, and what they define.
    """
    del changed
    if path.suffix != ".py":
        return digest(path)
    code = bare(path.read_text("utf-8"))
    if reads(code) and not within:
        return digest(path)
    return hashlib.sha256(code.encode()).hexdigest()


def rows(sources: Iterable[str], ledger: Path) -> list[Any]:
    """Return the ledger rows that some code names: their text is in the outputs."""
    named = {row for source in sources for row in ROW.findall(source)}
    if not named:
        return []
    trees = [tree(path.read_text("utf-8")) for path in sorted(ledger.glob("*.yml"))]
    return [
        {field: row.get(field) for field in SHOWN}
        for row in entries(trees)
        if row["id"] in named
    ]


@cache
def tree(text: str) -> Any:  # noqa: ANN401
    """Return what YAML says, read once in a process: every chapter names rows of it."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(text, Loader=loader)  # noqa: S506


def entries(node: object) -> Iterator[dict[str, Any]]:
    """Yield every mapping with an id, however deep it stands."""
    if isinstance(node, dict):
        if "id" in node:
            yield node
        else:
            for value in node.values():
                yield from entries(value)
    elif isinstance(node, list):
        for value in node:
            yield from entries(value)
