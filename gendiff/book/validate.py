"""Did this notebook really run, and is what it shows fit to publish?

The metadata that papermill leaves cannot answer: after a killed kernel or a timeout
every cell is marked completed, and `sys.exit(0)` counts as success. So this looks at
the cells themselves. Each finding is one line that says where and what.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterator
from typing import Any

from nbformat import NotebookNode

from gendiff.book.evidence import MIME
from gendiff.book.notebooks import IMAGES, bundle, code, records, tags

WIDGET = "application/vnd.jupyter.widget-view+json"
LIMIT = 2_500_000
"""Bytes of output a notebook may hold: its page must stay under 3 MB."""
OUTSIDE = re.compile(
    r"""(?:\b(?:src|srcset|poster|data)\s*=\s*["']?\s*(?:https?:)?//[^\s"'>]+)
      | (?:<link\b[^>]*\bhref\s*=\s*["']?\s*(?:https?:)?//[^\s"'>]+)
      | (?:\burl\(\s*["']?\s*(?:https?:)?//[^\s"')]+)
      | (?:\b(?:import|fetch)\b\s*\(?\s*["']\s*(?:https?:)?//[^\s"')]+)""",
    re.VERBOSE | re.IGNORECASE,
)
ADDRESS = re.compile(r"\bat 0x[0-9a-f]{6,}")
ALT = re.compile(r"<img\b(?![^>]*\balt\s*=)[^>]*>", re.IGNORECASE)
LABEL = re.compile(r"<(?:audio|video)\b(?![^>]*\baria-label)[^>]*>", re.IGNORECASE)


def problems(notebook: NotebookNode, *, claims: Collection[str] = ()) -> list[str]:
    """Return what is wrong with an executed notebook; nothing if it may be published.

    Args:
        notebook: An executed notebook.
        claims: The ledger's claims of this chapter; it must measure one at least.
    """
    found: list[str] = []
    for place, cell in enumerate(code(notebook), start=1):
        found += [f"code cell {place} {what}" for what in of_cell(cell)]
    found += [*identities(notebook), *absent(notebook, claims), *untrue(notebook)]
    found += [*banners(notebook), *widgets(notebook)]
    size = sum(len(str(cell.get("outputs", ""))) for cell in code(notebook))
    if size > LIMIT:
        found.append(f"the outputs hold {size / 1e6:.1f} MB, over {LIMIT / 1e6:.1f}")
    return found


def banners(notebook: NotebookNode) -> Iterator[str]:
    """Find the cells that papermill adds to a notebook that failed."""
    if any("papermill-error-cell-tag" in tags(cell) for cell in notebook.cells):
        yield "papermill left its error banner"


def widgets(notebook: NotebookNode) -> Iterator[str]:
    """Find the state of live widgets, which a static page cannot show."""
    if "widgets" in notebook.metadata:
        yield "widget state is stored; show progress with run.progress"


def of_cell(cell: NotebookNode) -> Iterator[str]:
    """Find what is wrong with one code cell."""
    outputs = cell.get("outputs", [])
    failed = [output for output in outputs if output.output_type == "error"]
    if cell.source.strip() and cell.get("execution_count") is None and not failed:
        yield "was not executed"
    if "raises-exception" not in tags(cell):
        for output in failed:
            yield raised(output)
    for output in outputs:
        yield from of_output(output)
    yield from pictures(cell)


def raised(output: NotebookNode) -> str:
    """Say which exception ended a cell."""
    if output.ename == "SystemExit":
        return f"ended the run early with SystemExit({output.evalue})"
    return f"raised {output.ename}: {first(output.evalue)}"


def first(text: str) -> str:
    """Return the first line of a text that holds something."""
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[0].strip()[:1_000] if lines else ""


def of_output(output: NotebookNode) -> Iterator[str]:
    """Find what is wrong with one output."""
    if output.output_type == "stream" and output.name == "stderr":
        yield f"wrote to stderr: {first(output.text)}"
    shown = bundle(output)
    if WIDGET in shown:
        yield "shows a widget, which is dead on a static page"
    text = "\n".join(
        [output.get("text", ""), *(texts(shown, "text/plain", "text/html"))]
    )
    if ADDRESS.search(text):
        yield f"shows an address in memory: {first(text)}"
    html = "\n".join(texts(shown, "text/html", "image/svg+xml", "text/markdown"))
    for request in OUTSIDE.findall(html):
        yield f"asks another host: {request[:120]}"
    for tag in ALT.findall(html):
        yield f"shows an image without alt text: {tag[:80]}"
    for tag in LABEL.findall(html):
        yield f"plays a sound or film without aria-label: {tag[:80]}"


def texts(shown: dict[str, Any], *types: str) -> Iterator[str]:
    """Yield what an output shows under some types, as text."""
    for kind in types:
        value = shown.get(kind, "")
        yield "".join(value) if isinstance(value, list) else str(value)


def pictures(cell: NotebookNode) -> Iterator[str]:
    """Find images of a cell whose record carries no alternative text."""
    for output in cell.get("outputs", []):
        if any(kind in bundle(output) for kind in IMAGES):
            yield from alternative(alt_of(output))


def alt_of(output: NotebookNode) -> str | None:
    """Return the alternative text of an image output, if it has one."""
    record = bundle(output).get(MIME, {})
    if record.get("alt"):
        return str(record["alt"])
    described = output.get("metadata", {})
    return next(
        (
            str(described[kind]["alt"])
            for kind in IMAGES
            if described.get(kind, {}).get("alt")
        ),
        None,
    )


def alternative(alt: str | None) -> Iterator[str]:
    """Find what is wrong with an alternative text."""
    if alt is None:
        yield "shows a figure without alt text; show it through run.figure"
    elif len(alt) < 15 or re.fullmatch(r"\S+\.(png|svg|jpe?g)", alt):
        yield f"shows a figure whose alt text says nothing: {alt!r}"


def identities(notebook: NotebookNode) -> Iterator[str]:
    """Find ids that are recorded twice."""
    seen = Counter((r["kind"], r["id"]) for r in records(notebook) if r.get("id"))
    for (kind, name), times in seen.items():
        if times > 1:
            yield f"{kind} {name} is recorded {times} times"


def untrue(notebook: NotebookNode) -> Iterator[str]:
    """Find sentences that the run which is published contradicts.

    Under other seeds and sizes they are recorded, and stop nothing.
    """
    about = notebook.metadata.get("gendiff", {})
    published = about.get("preset") == "cpu" and about.get("seed") == 0
    if published and not about.get("overrides"):
        for record in records(notebook):
            if record["kind"] == "says" and not record["true"]:
                yield f"the run contradicts the sentence: {record['id']}"


def absent(notebook: NotebookNode, claims: Collection[str]) -> Iterator[str]:
    """Find a chapter that measures none of the claims which the ledger gives it."""
    measured = any(record["kind"] == "claim" for record in records(notebook))
    if claims and not measured:
        yield f"no claim is measured, of {len(claims)} that the ledger has for it"
