"""Smaller blocks of a page: errata, systems, tables, numbers in the prose.

Like claims and figures, each is shown to the reader and, where the pipeline needs it,
recorded.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from html import escape
from typing import Any

from gendiff.book import ledger, show

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


def erratum(
    name: str, /, *, printed: float | str, computed: float | str, text: str
) -> None:
    """Show an erratum of a post beside the number that settles it.

    Raises:
        ValueError: If the id is unknown or a number is not finite.
    """
    row = ledger.find(name, ledger.Erratum)
    place = show.anchor("erratum", name)
    sides = {
        side: value if isinstance(value, str) else finite(f"{name}: {side}", value)
        for side, value in (("printed", printed), ("computed", computed))
    }
    pairs = "".join(
        f"<div><dt>{side}</dt><dd>{_cell(value)}</dd></div>"
        for side, value in sides.items()
    )
    body = (
        f'<p class="gd-text">{show.markup(text)}</p>'
        f'<dl class="gd-measured">{pairs}</dl>'
        f"<p><b>Correct:</b> {show.markup(row.correct)}</p>"
    )
    show.publish(
        {
            "text/html": _block("erratum", name, place, f"erratum ({row.kind})", body),
            "text/plain": f"{name}: printed {printed}, computed {computed}",
        },
        {"kind": "erratum", "id": name, **sides, "text": text, "anchor": place},
    )


def system(name: str, /, *, evidence: Sequence[str], here: Collection[str]) -> None:
    """Tell which claims and figures show a system; link those whose anchors are here.

    Raises:
        ValueError: If the id is unknown, or there is no evidence, or it is neither a
            claim nor a figure.
    """
    row = ledger.find(name, ledger.System)
    if not evidence:
        raise ValueError(
            f"{name}: a system counts as shown by claims or figures; name one"
        )
    links: list[str] = []
    for item in evidence:
        drawn = item.startswith("fig-")
        place = item if drawn else show.anchor("claim", ledger.claim(item).id)
        words = escape(item)
        links.append(f'<a href="#{place}">{words}</a>' if place in here else words)
    place = show.anchor("system", name)
    body = f"<p>Shown by {', '.join(links)}.</p>"
    show.publish(
        {
            "text/html": _block("system", name, place, show.markup(row.name), body),
            "text/plain": f"{name} {row.name}: shown by {', '.join(evidence)}",
        },
        {"kind": "system", "id": name, "evidence": list(evidence), "anchor": place},
    )


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
    head = "".join(f'<th scope="col">{show.markup(name)}</th>' for name in header)
    body = "".join(
        "<tr>"
        + "".join(f"<td{_align(cell)}>{_cell(cell)}</td>" for cell in row)
        + "</tr>"
        for row in rows
    )
    page = (
        '<div class="gd-scroll tex2jax_process mathjax_process" tabindex="0" '
        f'role="region" aria-label="{escape(caption)}"><table class="gd-table">'
        f"<caption>{show.markup(caption)}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table></div>"
    )
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


def _block(kind: str, name: str, place: str, head: str, body: str) -> str:
    return (
        f'<div class="gd-block gd-{kind} tex2jax_process mathjax_process" id="{place}">'
        f'<p class="gd-head"><a href="#{place}">{name}</a> <span>{head}</span></p>'
        f"{body}</div>"
    )


def _cell(value: Any) -> str:  # noqa: ANN401
    return show.markup(value if isinstance(value, str) else show.number(float(value)))


def _align(value: Any) -> str:  # noqa: ANN401
    return "" if isinstance(value, str) else ' class="gd-number"'
