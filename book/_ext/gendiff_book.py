"""Sphinx extension: executed outputs under fresh prose, and all of it offline.

Sources stay text. When Sphinx reads a chapter, `read` joins its prose with the outputs
of the executed notebook, so that editing a sentence never runs anything. Figures bring
their alternative text, caption and name from the run that drew them. MathJax is copied
beside the pages. Marked comments in a page become the appendix of that name.
"""

import hashlib
import json
import os
import re
import shutil
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import nbformat
from docutils import nodes
from pybtex import plugin
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.nodes import make_refnode

from gendiff.book import results
from gendiff.book.build import NOTEBOOKS, latest
from gendiff.book.join import join, unexecuted
from gendiff.book.layout import Book
from gendiff.book.notebooks import code, parse
from gendiff.book.record import Recorded, rows_of, standing_of, verdict
from gendiff.book.sources import PACKAGE

PLAIN = plugin.find_plugin("pybtex.backends", "plaintext")()
MATHJAX = (
    "tex-mml-chtml.js",
    "output/chtml/fonts/woff-v2",
    "input/tex/extensions",
    "a11y",
    "sre",
    "ui",
)
MARKER = re.compile(r"<!-- gendiff: (\w+) -->")
appended: dict[tuple[str, Path], str] = {}
"""The texts of the appendices, by name and repository: one build is one process."""
CELL = "```{code-cell}"
WHOLE = ""
"""What stands for no page: under it lies which chapters are whole."""
current: list[Sphinx] = []
"""The application that reads: myst-nb hands its readers the text of a page alone."""


def read(text: str) -> nbformat.NotebookNode:
    """Return a page as a notebook, with the outputs of its latest run."""
    app = current[-1]
    notebook = parse(text)
    if not code(notebook):
        return notebook
    book, preset, chapter = where(app, app.env.docname)
    path = found(book, chapter, preset)
    if path is None:
        return unexecuted(notebook, chapter, preset)
    done: nbformat.NotebookNode = nbformat.read(path, as_version=4)
    return join(
        notebook,
        done,
        download=f"/{path.relative_to(book.root).as_posix()}",
        recorded=recorded(book, chapter, preset),
        standing=standing_of(book),
    )


def recorded(book: Book, chapter: str, preset: str) -> Recorded | None:
    """Return what is recorded of a page: only a cpu run shows verdicts."""
    if preset != "cpu":
        return None
    return results.read(book.recorded(chapter, preset), Recorded)


def found(book: Book, chapter: str, preset: str) -> Path | None:
    """Return the notebook to show: the one that `build` found, or what there is."""
    told = os.environ.get(NOTEBOOKS)
    if told is None:
        return latest(book, chapter, preset)
    path = json.loads(told).get(chapter)
    return Path(path) if path else None


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
    """Return the text of an appendix, made once a build."""
    if (name, root) not in appended:
        pages = import_module("gendiff.book.appendices")
        appended[name, root] = getattr(pages, name)(root)
    return appended[name, root]


def outdated(
    app: Sphinx,
    env: BuildEnvironment,
    added: set[str],
    changed: set[str],
    removed: set[str],
) -> set[str]:
    """Return the pages to read again: those that show more than their own file.

    These are the chapters whose latest run is another, and the appendices whose text
    is another. What they show now is kept with the environment, so that the next build
    can compare. Every page is read again when other chapters are whole than before, for
    they may refer to a figure that came or went, and when warnings become errors.
    """
    del added, changed, removed
    before: dict[str, str] = getattr(env, "gendiff_shown", {})
    now = {name: beside(app, name) for name in env.found_docs}
    now[WHOLE] = f"{app.warningiserror} {sorted(n for n in now if whole(app, n))}"
    env.gendiff_shown = now  # type: ignore[attr-defined]
    anew = before.get(WHOLE) != now[WHOLE]
    return {name for name in env.found_docs if anew or before.get(name) != now[name]}


def whole(app: Sphinx, docname: str) -> bool:
    """Tell whether a page shows a run that ended well."""
    book, preset, chapter = where(app, docname)
    return found(book, chapter, preset) == book.executed(chapter, preset)


def beside(app: Sphinx, docname: str) -> str:
    """Identify what a page shows besides its own text."""
    book, preset, chapter = where(app, docname)
    text = book.text(chapter)
    if names := MARKER.findall(text):
        pages = "".join(appendix(name, book.root) for name in names)
        return hashlib.sha256(pages.encode()).hexdigest()
    path = found(book, chapter, preset) if CELL in text else None
    if path is None:
        return ""
    kept = recorded(book, chapter, preset)
    rows, standing = rows_of(book), standing_of(book)
    said = [
        (rows[name], verdict(rows[name], kept, standing.get(name)))
        for name in (kept.run.by_id() if kept else ())
        if name in rows
    ]
    judged = hashlib.sha256(repr(said).encode()).hexdigest()
    return f"{path} {path.stat().st_mtime_ns} {judged} {pipeline()}"


@cache
def pipeline() -> str:
    """Identify the code and the templates that join prose and outputs."""
    files = sorted((PACKAGE / "book").rglob("*"))
    read = [path.read_bytes() for path in files if path.suffix in {".py", ".j2"}]
    return hashlib.sha256(b"".join(read)).hexdigest()


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


class Citations(SphinxPostTransform):
    """Links to entries of the references keep their words: `[Ho (2022)](#ho2022)`.

    JupyterLab knows no citations, so the text says author and year by itself.
    """

    default_priority = 5  # before those who would put a label in place of the words

    def run(self, **_: Any) -> None:  # noqa: ANN401
        """Resolve what refers to a key of the bibliography."""
        cited = {entry.key: entry for entry in self.env.get_domain("cite").citations}  # pyright: ignore[reportAttributeAccessIssue]
        for node in [*self.document.findall(addnodes.pending_xref)]:
            entry = cited.get(node.get("reftarget"))
            if entry is not None and node.get("refexplicit"):
                place = entry.bibliography_key.docname, entry.citation_id
                words = nodes.inline("", "", *node.children)
                told = str(entry.tooltip_entry.text.render(PLAIN))
                told = told.replace("\\url ", "")
                here = self.app.builder, self.env.docname
                node.replace_self(make_refnode(*here, *place, words, told))


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the extension."""
    current.append(app)
    app.add_config_value(
        "gendiff_preset", os.environ.get("GENDIFF_PRESET", "cpu"), "env"
    )
    app.add_post_transform(Citations)
    app.connect("source-read", fill)
    app.connect("env-get-outdated", outdated)
    app.connect("html-page-context", accessible)
    app.connect("build-finished", vendor)
    app.connect("build-finished", name_toggles)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
