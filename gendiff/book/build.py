"""From notebooks to HTML: find what there is to show, then let Sphinx render it.

Whatever ran is shown. A chapter that failed keeps its prose, its code and the outputs
of the cells that ran, one that never ran its prose and code, and a box on the page says
what is lacking. Sphinx never executes anything. Its extension,
`book/_ext/gendiff_book.py`, asks here for the notebook of a chapter.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from gendiff.book import rendering
from gendiff.book.device import DEVICES
from gendiff.book.execute import Plan
from gendiff.book.join import again
from gendiff.book.layout import Book
from gendiff.book.notebooks import parse

NOTEBOOKS = "GENDIFF_NOTEBOOKS"
"""The variable that hands the extension the notebooks found, as JSON."""
WARNING = re.compile(r"WARNING|ERROR|CRITICAL|Traceback|Error\b")
UNDEFINED = re.compile(r"WARNING: undefined label: '([^']+)'")


@dataclass(frozen=True)
class Site:
    """A rendered book."""

    page: Path
    """Its first page."""
    failed: list[str]
    """A line for every page asked for that does not show a whole run."""
    dangling: int
    """How many references lead to figures of pages that have not run, asked for or not.

    Sphinx warns of each.
    """
    warnings: int
    """How many other warnings Sphinx gave."""
    log: Path
    """Where all of these stand."""

    def __str__(self) -> str:
        """Return a few lines for the terminal."""
        lines = [f"The book: {self.page.as_uri()}"]
        if self.failed:
            count = len(self.failed)
            are = "page is" if count == 1 else "pages are"
            lines += [f"{count} {are} not whole, which a box on each says:"]
            lines += [f"  {line}" for line in self.failed]
        if self.dangling:
            one = self.dangling == 1
            told = (
                "1 reference leads to a figure that is not there, since its page has"
                if one
                else f"{self.dangling} references lead to figures that are not there, "
                "since their pages have"
            )
            lines.append(f"{told} not run: {self.log} lists {'it' if one else 'them'}")
        if self.warnings:
            lines += [f"{self.warnings} warnings of Sphinx stand in {self.log}"]
        return "\n".join(lines)


def latest(book: Book, chapter: str, preset: str) -> Path | None:
    """Return the notebook of a chapter's latest run, if that ran the present text.

    Whatever changes the content key makes a notebook obsolete: code, library,
    parameters, lock. An executed notebook stands before a failed one.
    """
    paths = (book.executed(chapter, preset), book.failed(chapter, preset))
    made = {path: name for path in paths if (name := key(path))}
    for now in keys(book, chapter, preset) if made else ():
        for path, name in made.items():
            if name == now:
                return path
    return None


def keys(book: Book, chapter: str, preset: str) -> Iterator[str]:
    """Yield the content keys of a chapter as it stands, one device after another."""
    try:
        notebook = parse(book.text(chapter))
        for name in DEVICES:
            if name != "auto":
                yield Plan(book, preset, device=name).key(notebook)
    except (ValueError, SyntaxError):
        return  # code that cannot be read has not run, and `run` says why


def key(path: Path) -> str:
    """Return the content key of a notebook in a file, or nothing for a broken one."""
    return str(about(path).get("key", ""))


def about(path: Path) -> dict[str, Any]:
    """Return what the run noted in a notebook; nothing if there is none, or half."""
    try:
        return dict(json.loads(path.read_text("utf-8"))["metadata"]["gendiff"])
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def stored(book: Book, chapter: str, preset: str) -> NotebookNode | None:
    """Return the executed notebook of a chapter, if it ran to its end as it stands."""
    path = book.executed(chapter, preset)
    if latest(book, chapter, preset) != path:
        return None
    done: NotebookNode = nbformat.read(path, as_version=4)
    return done


def missing(book: Book, chapters: Collection[str], preset: str) -> list[str]:
    """Return a line for every chapter that did not run to its end as it stands."""
    found = {name: latest(book, name, preset) for name in chapters}
    return lacking(book, found, preset)


def lacking(book: Book, found: Mapping[str, Path | None], preset: str) -> list[str]:
    """Return a line for each notebook that is not whole: what it lacks, a remedy."""
    lines: list[str] = []
    for chapter, path in found.items():
        if path == book.executed(chapter, preset):
            continue
        noted = about(path) if path else {}
        line = f":{noted['line']}" if noted.get("line") else ""
        absent = f"was not executed in its present form with preset {preset!r}"
        what = ": " + next(iter(noted.get("trouble", [])), "") if path else f" {absent}"
        lines.append(f"book/{chapter}.md{line}{what}; {again(chapter, preset)}")
    return lines


def build(
    book: Book, chapters: list[str], preset: str, *, into: Path | None = None
) -> Site:
    """Render the book: what ran, and a box on every page that says what did not.

    With all chapters whole every warning is an error. Else what refers to the lacking
    outputs is a warning, and goes to the log.

    Raises:
        ValueError: If Sphinx refused the book; the message has its warnings.
    """
    found = {name: latest(book, name, preset) for name in book.chapters()}
    failed = lacking(book, {name: found[name] for name in chapters}, preset)
    strict = not failed and set(chapters) == set(book.chapters())
    target = (into or book.root).resolve()
    log = target / "_build" / "sphinx.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    script = Path(sys.executable).with_name("jupyter-book")
    with (
        log.open("w", encoding="utf-8") as told,
        subprocess.Popen(
            [
                *(str(script), "build", str(book.root)),
                *("--path-output", str(target)),
                *(["-n", "-W", "--keep-going"] if strict else []),
            ],
            cwd=book.root,
            env=os.environ
            | {
                "GENDIFF_PRESET": preset,
                NOTEBOOKS: json.dumps({n: str(p or "") for n, p in found.items()}),
            },
            stdout=subprocess.PIPE,
            stderr=told,
            encoding="utf-8",
            errors="replace",
        ) as sphinx,
    ):
        rendering.follow(sphinx.stdout or ())
    said = [
        line for line in log.read_text("utf-8").splitlines() if WARNING.search(line)
    ]
    page = target / "_build" / "html" / "book" / "index.html"
    if sphinx.returncode or not page.exists():
        # Sphinx warns of what it reads: the next time it must read everything.
        (target / "_build" / ".doctrees" / "environment.pickle").unlink(missing_ok=True)
        raise ValueError("\n".join([*said, f"the book was not built; see {log}"]))
    absent = [name for name in found if found[name] != book.executed(name, preset)]
    texts = [book.text(name) for name in absent]
    dangling = [line for line in said if awaited(line, texts)]
    return Site(page, failed, len(dangling), len(said) - len(dangling), log)


def awaited(warning: str, texts: Collection[str]) -> bool:
    """Tell whether Sphinx misses a figure that one of these pages would draw."""
    label = UNDEFINED.search(warning)
    named = re.compile(rf"""["']{re.escape(label[1])}["']""") if label else None
    return bool(named) and any(named.search(text) for text in texts)
