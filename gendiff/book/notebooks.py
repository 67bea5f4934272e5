"""Text notebooks as the pipeline sees them: cells, parameters, records.

A chapter is MyST text; jupytext makes a notebook of it. Cell ids come from the place
of a cell and not from chance, so that the same text gives the same notebook.
"""

import ast
import base64
from collections.abc import Iterator
from typing import Any

import jupytext
from nbformat import NotebookNode

from gendiff.book import prose
from gendiff.book.evidence import MIME, Record

PARAMETERS = "parameters"
INJECTED = "injected-parameters"
IMAGES = ("image/png", "image/jpeg", "image/svg+xml", "image/gif")


def parse(text: str) -> NotebookNode:
    """Return the notebook of a text, with the cell that evaluates its prose."""
    return identify(prose.append(plain(text)))


def plain(text: str) -> NotebookNode:
    """Return the notebook of a text as it stands there."""
    notebook: NotebookNode = jupytext.reads(text, fmt="md:myst")
    return notebook


def identify(notebook: NotebookNode) -> NotebookNode:
    """Give every cell an id by its kind and place."""
    for place, cell in enumerate(notebook.cells):
        cell["id"] = f"{cell.cell_type}-{place:03d}"
    return notebook


def tags(cell: NotebookNode) -> list[str]:
    """Return the tags of a cell."""
    return list(cell.metadata.get("tags", []))


def code(notebook: NotebookNode) -> list[NotebookNode]:
    """Return the author's code cells: all but the one that papermill injects."""
    return [
        cell
        for cell in notebook.cells
        if cell.cell_type == "code" and INJECTED not in tags(cell)
    ]


def parameters(notebook: NotebookNode) -> dict[str, Any]:
    """Return the parameters of a chapter with their defaults.

    Raises:
        ValueError: If no cell, or more than one, is tagged `parameters`, or if it
            holds more than literals: papermill injects values after that cell, what
            is computed in it would keep the defaults.
    """
    cells = [cell for cell in code(notebook) if PARAMETERS in tags(cell)]
    if len(cells) != 1:
        raise ValueError(
            f"{len(cells)} cells are tagged 'parameters'; tag exactly one, "
            'and let it hold preset: str = "smoke", seed: int = 0, overrides: dict = {}'
        )
    found: dict[str, Any] = {}
    for statement in ast.parse(cells[0].source).body:
        match statement:
            case (
                ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
                | ast.Assign(targets=[ast.Name(id=name)], value=value)
            ):
                found[name] = literal(value)
            case _:
                raise ValueError(
                    f"the parameters cell holds {ast.unparse(statement)!r}; "
                    "it may hold assignments of literals only"
                )
    return found


def literal(value: ast.expr) -> object:
    """Return the value of a literal expression.

    Raises:
        ValueError: If the expression computes something.
    """
    try:
        return ast.literal_eval(value)
    except ValueError:
        raise ValueError(
            f"the parameters cell computes {ast.unparse(value)!r}; "
            "it may hold literals only, derive from them in the next cell"
        ) from None


def require(notebook: NotebookNode, given: dict[str, Any]) -> None:
    """Refuse parameters that the chapter does not have.

    Raises:
        ValueError: If a name is unknown; papermill alone would warn and go on.
    """
    known = parameters(notebook)
    for name in given:
        if name not in known:
            raise ValueError(f"no parameter {name!r}; there are {', '.join(known)}")


def bundle(output: NotebookNode) -> dict[str, Any]:
    """Return what an output shows, by MIME type."""
    return dict(output.get("data", {}))


def records(notebook: NotebookNode) -> Iterator[Record]:
    """Yield the records that the cells left in their outputs, in order."""
    for cell in code(notebook):
        yield from cell_records(cell)


def values(notebook: NotebookNode) -> dict[str, str]:
    """Return what the expressions in the prose of an executed notebook came to."""
    told = (r["values"] for r in records(notebook) if r["kind"] == "prose")
    return next(told, {})


def cell_records(cell: NotebookNode) -> Iterator[Record]:
    """Yield the records of one cell."""
    for output in cell.get("outputs", []):
        record = bundle(output).get(MIME)
        if record is not None:
            yield record


def picture(notebook: NotebookNode, name: str) -> bytes:
    """Return the PNG of the figure that has this name.

    Raises:
        ValueError: If no output shows it.
    """
    for cell in code(notebook):
        for output in cell.get("outputs", []):
            data = bundle(output)
            if data.get(MIME, {}).get("name") == name and "image/png" in data:
                return base64.b64decode(data["image/png"])
    raise ValueError(f"no figure {name!r} in the executed notebook; see its names")
