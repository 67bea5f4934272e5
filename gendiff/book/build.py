"""From executed notebooks to HTML: check that all is there, then let Sphinx run.

Sphinx never executes anything. Its extension, `book/_ext/gendiff_book.py`, asks here
for the executed notebook of a chapter.
"""

import os
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from gendiff.book.execute import Plan
from gendiff.book.layout import Book
from gendiff.book.notebooks import parse

EVERY = "all"


def stored(book: Book, chapter: str, preset: str) -> NotebookNode | None:
    """Return the executed notebook of a chapter, if it was made from the present text.

    Whatever changes the content key makes a stored notebook obsolete: code, library,
    parameters, lock.
    """
    path = book.executed(chapter, preset)
    if not path.exists():
        return None
    done: NotebookNode = nbformat.read(path, as_version=4)
    key = Plan(book, preset).key(parse(book.text(chapter)))
    return done if done.metadata["gendiff"]["key"] == key else None


def missing(book: Book, chapters: Collection[str], preset: str) -> list[str]:
    """Return a line for every chapter that was not executed in its present form."""
    return [
        f"book/{chapter}.md was not executed in its present form with preset "
        f"{preset!r}; python -m gendiff.book run {chapter} --preset {preset}"
        for chapter in chapters
        if stored(book, chapter, preset) is None
    ]


def build(
    book: Book, chapters: list[str], preset: str, *, into: Path | None = None
) -> Path:
    """Render the book and return its first page.

    With all chapters every warning is an error. With some, the others are shown
    without outputs, and what refers to these is a warning.

    Raises:
        ValueError: If a chapter was not executed, or Sphinx refused the book.
    """
    if absent := missing(book, chapters, preset):
        raise ValueError("\n".join(absent))
    whole = set(chapters) == set(book.chapters())
    target = (into or book.root).resolve()
    script = Path(sys.executable).with_name("jupyter-book")
    done = subprocess.run(
        [
            *(str(script), "build", str(book.root), "-q", "--path-output", str(target)),
            *(["-n", "-W", "--keep-going"] if whole else []),
        ],
        cwd=book.root,
        env=os.environ
        | {
            "GENDIFF_PRESET": preset,
            "GENDIFF_REQUIRE_EXECUTED": EVERY if whole else " ".join(chapters),
        },
        check=False,
    )
    page = target / "_build" / "html" / "book" / "index.html"
    if done.returncode or not page.exists():
        raise ValueError("the book was not built; the warnings above say why")
    return page
