"""Sphinx extension: executed outputs under fresh prose, and all of it offline.

Sources stay text. When Sphinx reads a chapter, `read` joins its prose with the outputs
of the executed notebook, so that editing a sentence never runs anything. Figures bring
their alternative text, caption and name from the run that drew them. MathJax is copied
beside the pages. Marked comments in a page become the appendix of that name.
"""

import os
import re
import shutil
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import nbformat
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError

from gendiff.book import api
from gendiff.book.build import EVERY, stored
from gendiff.book.join import join
from gendiff.book.layout import Book
from gendiff.book.notebooks import code, parse

MATHJAX = (
    "tex-mml-chtml.js",
    "output/chtml/fonts/woff-v2",
    "input/tex/extensions",
    "a11y",
    "sre",
    "ui",
)
MARKER = re.compile(r"<!-- gendiff: (\w+) -->")
MISSING = """```{warning}
This copy of the book was built without executing this chapter: there are no outputs.
```
"""
current: list[Sphinx] = []
"""The application that reads: myst-nb hands its readers the text of a page alone."""


def read(text: str) -> nbformat.NotebookNode:
    """Return a page as a notebook, with the outputs of its latest execution."""
    app = current[-1]
    notebook = parse(text)
    if not code(notebook):
        return notebook
    book, preset, chapter = where(app, app.env.docname)
    done = stored(book, chapter, preset)
    if done is not None:
        return join(
            notebook, done, download=f"/_build/executed/{preset}/{chapter}.ipynb"
        )
    required = os.environ.get("GENDIFF_REQUIRE_EXECUTED", "")
    if required == EVERY or chapter in required.split():
        raise ExtensionError(
            f"book/{chapter}.md was not executed in its present form with preset "
            f"{preset!r}; run: python -m gendiff.book run {chapter} --preset {preset}"
        )
    notebook.cells.insert(1, nbformat.v4.new_markdown_cell(MISSING))
    return notebook


def where(app: Sphinx, docname: str) -> tuple[Book, str, str]:
    """Return the book, the preset that is built, and the chapter of a document."""
    return (
        Book(Path(app.srcdir)),
        app.config.gendiff_preset,
        docname.removeprefix("book/"),
    )


def fill(app: Sphinx, docname: str, source: list[str]) -> None:
    """Put the appendices in place of their markers."""
    del docname
    root = Path(app.srcdir)
    source[0] = MARKER.sub(lambda found: appendix(found[1], root), source[0])


def appendix(name: str, root: Path) -> str:
    """Return the text of an appendix."""
    if name == "api":
        return api.listing(root)
    appendices = import_module("gendiff.book.appendices")
    return getattr(appendices, name)(root)


def outdated(
    app: Sphinx,
    env: BuildEnvironment,
    added: set[str],
    changed: set[str],
    removed: set[str],
) -> set[str]:
    """Return the pages to read again: newly executed chapters, and the appendices."""
    del added, changed, removed
    return {name for name in env.found_docs if stale(app, env, name)}


def stale(app: Sphinx, env: BuildEnvironment, docname: str) -> bool:
    """Tell whether a page shows more than its own file, and that has changed."""
    book, preset, chapter = where(app, docname)
    executed = book.executed(chapter, preset)
    since = env.all_docs.get(docname, 0)
    if executed.exists() and executed.stat().st_mtime * 1e6 > since:
        return True
    return MARKER.search(book.text(chapter)) is not None


def accessible(
    app: Sphinx, page: str, template: str, context: dict[str, Any], tree: object
) -> None:
    """Mend the list of references: its entries are not what its role promises."""
    del app, page, template, tree
    if "body" in context:
        context["body"] = context["body"].replace(
            'role="list" class="citation-list"', 'class="citation-list"'
        )


def name_toggles(app: Sphinx, error: Exception | None) -> None:
    """Name the arrows of the sidebar, which the theme leaves without a word."""
    if error or app.builder.name != "html":
        return
    bare = '<summary><span class="toctree-toggle"'
    named = bare.replace("<summary>", '<summary aria-label="Show the sections">')
    for path in Path(app.outdir).rglob("*.html"):
        text = path.read_text("utf-8")
        if bare in text:
            path.write_text(text.replace(bare, named), encoding="utf-8")


def vendor(app: Sphinx, error: Exception | None) -> None:
    """Copy MathJax beside the pages."""
    wheel = find_spec("sphinx-mathjax-offline")
    if error or app.builder.name != "html" or wheel is None:
        return
    for folder in wheel.submodule_search_locations or []:
        for part in MATHJAX:
            copy(
                Path(folder) / "static" / "mathjax" / part,
                Path(app.outdir) / "_static" / "mathjax" / part,
            )


def copy(source: Path, target: Path) -> None:
    """Copy a file or a folder, unless it is there."""
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copy2(source, target)


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the extension."""
    current.append(app)
    app.add_config_value(
        "gendiff_preset", os.environ.get("GENDIFF_PRESET", "cpu"), "env"
    )
    app.connect("source-read", fill)
    app.connect("env-get-outdated", outdated)
    app.connect("html-page-context", accessible)
    app.connect("build-finished", vendor)
    app.connect("build-finished", name_toggles)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
