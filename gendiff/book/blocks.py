"""Smaller blocks of a page: tables, sources, series, and what the prose asks for.

Like claims and figures, each is shown to the reader and, where the pipeline needs it,
recorded.
"""

import ast
import inspect
import math
import re
import textwrap
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from gendiff.book import show
from gendiff.book.sources import PACKAGE
from gendiff.book.templates import render


def table(
    rows: Sequence[Sequence[Any]], /, *, header: Sequence[str], caption: str
) -> None:
    """Show a table; numbers that are given as text keep the digits they have.

    Raises:
        ValueError: If a row's length differs from the header's.
    """
    for row in rows:
        if len(row) != len(header):
            raise ValueError(
                f"table row {list(row)!r} has {len(row)} cells under "
                f"{len(header)} headings"
            )
    page = render("table.html", rows=rows, header=header, caption=caption)
    lines = ["\t".join(str(cell) for cell in row) for row in [header, *rows]]
    show.publish({"text/html": page, "text/plain": "\n".join(lines)})


def prose(values: Mapping[str, object], /) -> None:
    """Record the values of the expressions in the prose, by expression.

    Raises:
        ValueError: If one is no text or whole number, or a number in it is not finite.
    """
    texts = {name: written(name, value) for name, value in values.items()}
    show.publish({}, {"kind": "prose", "id": "prose", "values": texts})


def written(expression: str, value: object) -> str:
    """Return the value of an expression as the sentence shows it.

    Raises:
        ValueError: If it is no text or whole number, or a number in it is not finite.
    """
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        raise ValueError(
            f"the prose asks for {expression}, which is the {type(value).__name__} "
            f'{value!r}; give it a format: f"{{...:.2f}}"'
        )
    # "nan", "-inf" and "nans" are no numbers; "nano" and "information" are words
    if re.search(r"(?i)(?<![a-z])(nan|inf)(?![aeiolr])", str(value)):
        raise ValueError(
            f"the prose asks for {expression}, which is {value}; find out why before "
            "it is published"
        )
    return str(value)


def says(condition: object, sentence: str, /) -> str:
    """Return a sentence whose truth the run decides, and record whether it holds.

    Where it doesn't, as happens in a tiny run, that is what comes back.

    Raises:
        ValueError: If the condition is no truth value.
    """
    if isinstance(condition, Tensor) and condition.dtype == torch.bool:
        condition = condition.item()
    if not isinstance(condition, bool | np.bool_):
        raise ValueError(  # noqa: TRY004 -- every mistake of a page is one
            f"{sentence!r} is said on the condition {condition!r}, which is neither "
            "true nor false; compare something"
        )
    record = {"kind": "says", "id": sentence, "true": bool(condition)}
    show.publish({}, record)
    return sentence if condition else f"(Not so in this run: {sentence})"


def source(thing: Callable[..., Any] | type, /) -> None:
    """Show the code of a function, method or class of the library, where it stands.

    Its docstring is left out: that is one click away, and the page says it better.

    Raises:
        ValueError: If it is none of these.
    """
    thing = inspect.unwrap(thing)  # `torch.no_grad` is of another file
    try:
        lines, _ = inspect.getsourcelines(thing)
        path = Path(inspect.getsourcefile(thing) or "").relative_to(PACKAGE)
    except (TypeError, OSError, ValueError):
        raise ValueError(
            f"{thing!r} is not written in the library; show a function, method or "
            "class that is, and what the page defines in a cell"
        ) from None
    text = undocumented(textwrap.dedent("".join(lines)))
    where = f"{PACKAGE.name}/{path.as_posix()}"
    show.publish(
        {
            "text/markdown": f"```python\n{text}\n```\n\n*{where}*",
            "text/plain": f"# {where}\n{text}",
        }
    )


def undocumented(text: str, /) -> str:
    r"""Return the source of a definition without its docstring and its blank lines.

    >>> print(undocumented("def f():\n    'Say.'\n    return 1"))
    def f():
        return 1
    """
    lines = text.splitlines()
    for node in ast.walk(ast.parse(text)):
        body = getattr(node, "body", None)
        match body:
            case [ast.Expr(value=ast.Constant(value=str())) as told, *_]:
                rest = "" if len(body) > 1 else " " * told.col_offset + "..."
                for number in range(told.lineno - 1, told.end_lineno or told.lineno):
                    lines[number], rest = rest, ""
            case _:
                pass
    return "\n".join(line for line in lines if line.strip())


def series(name: str, values: Mapping[str, Sequence[float]], /) -> None:
    """Record named sequences of numbers; what is not finite becomes null."""
    record = {
        key: [
            number if math.isfinite(number := float(item)) else None for item in column
        ]
        for key, column in values.items()
    }
    show.publish({}, {"kind": "series", "id": name, "values": record})
