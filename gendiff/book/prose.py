"""Numbers in the prose: expressions that the run evaluates, in the sentence.

The text says ``{eval}`f"{x:.0%}"` ``. JupyterLab with jupyterlab-myst evaluates that
when it runs the paragraph. For the book the page gets one more code cell at its foot,
which evaluates all of them once everything has run: so they are part of the content
key, a second execution compares them, and plain papermill runs them too. From its
output `fill` gives each paragraph what JupyterLab would have kept beside it, and
`told` writes the values into the page that Sphinx renders.
"""

import re
from collections.abc import Iterator, Mapping

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

TAG = "gendiff-prose"
EVAL = re.compile(r"\{eval\}`([^`]+)`")
FENCE = re.compile(
    r"\s*(?:(?:[-*+>]|\d+[.)])\s+)*(`{3,}|~{3,}|:{3,})\s*(\{.*|[^`]*?)\s*$"
)
KEPT = "user_expressions"
"""The metadata of a markdown cell in which jupyterlab-myst keeps what it evaluated."""
UNKNOWN = "(not computed)"


def expressions(text: str) -> Iterator[str]:
    """Yield what a text of Markdown asks the run for, in order.

    >>> [*expressions("So {eval}`n` of {eval}`len(x)`.")]
    ['n', 'len(x)']
    """
    for line, literal in lines(text):
        if not literal:
            yield from (found[1] for found in EVAL.finditer(line))


def lines(text: str) -> Iterator[tuple[str, bool]]:
    """Yield the lines of a text, and whether each is shown as it stands.

    That is what is fenced; a directive, whose fence has a brace behind it, is not.
    """
    fences: list[tuple[str, bool]] = []
    for line in text.split("\n"):
        fence, literal = FENCE.match(line), bool(fences and fences[-1][1])
        yield line, literal
        if fence is None:
            continue
        marks, what = fence.groups()
        if fences and not what and marks.startswith(fences[-1][0]):
            fences.pop()
        elif not literal:
            fences.append((marks, not what.startswith("{")))


def asked(notebook: NotebookNode) -> list[str]:
    """Return the expressions in the prose of a notebook, each once."""
    texts = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    return [*dict.fromkeys(name for text in texts for name in expressions(text))]


def append(notebook: NotebookNode) -> NotebookNode:
    """Give a notebook the cell that evaluates its prose, if its prose asks for any."""
    names = asked(notebook)
    if names:
        lines = [f"    {name!r}: {name}," for name in names]
        source = "\n".join(
            ["# What the sentences above show.", "run.prose({", *lines, "})"]
        )
        folded = {"tags": [TAG, "hide-cell"], "jupyter": {"source_hidden": True}}
        notebook.cells.append(new_code_cell(source, metadata=folded))
    return notebook


def evaluates(cell: NotebookNode) -> bool:
    """Tell whether a cell is the one that evaluates the prose."""
    return TAG in cell.metadata.get("tags", [])


def fill(notebook: NotebookNode, values: Mapping[str, str]) -> NotebookNode:
    """Give each paragraph the values of its expressions, as JupyterLab keeps them."""
    for cell in notebook.cells:
        names = [*expressions(cell.source)] if cell.cell_type == "markdown" else []
        if names and values:
            cell.metadata[KEPT] = [
                {
                    "expression": name,
                    "result": {
                        "status": "ok",
                        "data": {"text/plain": repr(values[name])},
                        "metadata": {},
                    },
                }
                for name in names
            ]
    return notebook


def told(text: str, values: Mapping[str, str]) -> str:
    """Return a text of Markdown with values in place of expressions.

    >>> told("So {eval}`n` of `{n}`.", {"n": "-3"})
    'So −3 of `{n}`.'
    """
    return "\n".join(
        line
        if literal
        else EVAL.sub(lambda found: _set(values.get(found[1], UNKNOWN)), line)
        for line, literal in lines(text)
    )


def _set(value: str) -> str:
    """Set a real minus, and thin spaces into long whole numbers.

    A value is text, as it is in JupyterLab: what Markdown would read stands as it is.
    """
    value = re.sub(r"[\\`*_{}\[\]<>$|~]", r"\\\g<0>", value)
    value = re.sub(r"(?<![\w.])-(?=[\d.])", "−", value)
    return re.sub(
        r"(?<![\d.,])\d{5,}(?![\d.,])",
        lambda whole: f"{int(whole[0]):,}".replace(",", "\N{THIN SPACE}"),
        value,
    )
