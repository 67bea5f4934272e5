"""Smaller blocks of a page: tables, numbers in the prose, series.

Like claims and figures, each is shown to the reader and, where the pipeline needs it,
recorded.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from gendiff.book import show
from gendiff.book.templates import render

GLUE = "application/papermill.record/"


def finite(what: str, value: float, /) -> float:
    """Return `value` as a number.

    Raises:
        ValueError: If it is not finite.
    """
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{what} is {number}; find out why before it is published")
    return number


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


def value(name: str, number: float, spec: str, /) -> None:
    """Put a number into the prose, where `{glue:text}` names it.

    Raises:
        ValueError: If it is not finite.
    """
    finite(f"value {name}", number)
    text = show.formatted(number, spec)
    # repr, since myst-nb evaluates the text: 0.120 would lose its last digit
    glue = {"name": name, "mime_prefix": GLUE}
    show.publish({GLUE + "text/plain": repr(text)}, scrapbook=glue)


def series(name: str, values: Mapping[str, Sequence[float]], /) -> None:
    """Record named sequences of numbers; what is not finite becomes null."""
    record = {
        key: [
            number if math.isfinite(number := float(item)) else None for item in column
        ]
        for key, column in values.items()
    }
    show.publish({}, {"kind": "series", "id": name, "values": record})
