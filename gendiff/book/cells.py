"""What the appendices are made of: records found in results, and cells of tables.

A cell is Markdown. Ledger texts go through `text`, so that nothing in them is markup by
accident and formulas stay formulas.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gendiff.book import claims, show

OPEN = "not yet measured"
PRESETS = ("cpu", "gpu", "smoke")
"""The order in which presets are believed."""


@dataclass(frozen=True, slots=True)
class Found:
    """A record of a results file, and where it comes from."""

    notebook: str
    preset: str
    record: dict[str, Any]

    @property
    def link(self) -> str:
        """The place in the book where the record is shown."""
        return f"{self.notebook}.html#{self.record['anchor']}"


def results(root: Path, /) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the results by notebook and preset, fresh ones before committed ones.

    Raises:
        ValueError: If a file is no results file.
    """
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for folder in (root / "book" / "results", root / "_build" / "results"):
        for path in sorted(folder.rglob("*.json")):
            notebook = path.relative_to(folder).parent.as_posix()
            try:
                found[notebook, path.stem] = dict(json.loads(path.read_text("utf-8")))
            except (ValueError, TypeError) as error:
                raise ValueError(
                    f"{path} is no results file ({error}); delete it and run again"
                ) from error
    return found


def collect(root: Path, table: str, /) -> dict[str, list[Found]]:
    """Return the records of one table by id, in the order in which presets count."""
    by_id: dict[str, list[Found]] = {}
    pages = results(root)
    for preset in PRESETS:
        for (notebook, made), page in pages.items():
            if made == preset:
                for record in page.get(table) or []:
                    entry = Found(notebook, preset, record)
                    by_id.setdefault(record["id"], []).append(entry)
    return by_id


def best(found: Sequence[Found], /) -> Found | None:
    """Return the record whose verdict counts: of the first preset that decides."""
    decided = [f for f in found if f.record["verdict"] != "undecided"]
    return next(iter([*decided, *found]), None)


def verdict(found: Sequence[Found], /) -> str:
    """Return the verdict in words, with its condition and other presets' verdicts."""
    counts = best(found)
    if counts is None:
        return OPEN
    said = counts.record["verdict"]
    symbol, words = claims.WORDS[said]
    parts = [f'<span class="gd-word gd-{said}">{symbol} {words}</span>']
    reason = counts.record.get("condition") or counts.record.get("decided_by")
    if reason:
        parts.append(text(reason))
    if counts.preset != "cpu":
        parts.append(f"({counts.preset})")
    parts += [
        f"{other.preset}: {claims.WORDS[other.record['verdict']][1]}."
        for other in found
        if other.record["verdict"] not in ("undecided", said)
    ]
    return " ".join(parts)


def measured(found: Sequence[Found], /) -> str:
    """Return what the most believed run measured, and the one on an accelerator."""
    gpu = [f for f in found[1:] if f.preset == "gpu"]
    return "<br>".join(values(f) for f in [*found[:1], *gpu[:1]]) or "–"


def values(found: Found, /) -> str:
    """Return what a run measured, with the preset that it ran under."""
    record = {"spread": {}, **found.record}
    record["spread"] = {key: record["spread"].get(key) for key in record["measured"]}
    record["claim"] = record["kind"]
    shown = claims.values(record)
    return "<br>".join(
        [
            f"*{found.preset}*",
            *(f"{text(key)}: {value}" for key, value in shown.items()),
        ]
    )


def computed(found: Sequence[Found], /) -> str:
    """Return the two numbers that settle an erratum."""
    if not found:
        return OPEN
    both = (found[0].record.get("printed"), found[0].record.get("computed"))
    printed, ours = (
        show.number(value) if isinstance(value, int | float) else text(str(value))
        for value in both
    )
    return f"printed {printed}, computed {ours}"


def evidence(system: Found, known: dict[str, list[Found]], /) -> str:
    """Return the claims and figures that show a system, with links."""
    names: list[str] = system.record["evidence"]
    return ", ".join(name(each, known.get(each, [])) for each in names)


def ours(found: Sequence[Found], /) -> str:
    """Return our pictures for a figure of a post; presets show the same ones."""
    places = {entry.record["anchor"]: entry for entry in found}
    return ", ".join(link(entry, place) for place, entry in places.items()) or "–"


def name(known_as: str, found: Sequence[Found], /) -> str:
    """Return an id, as a link where the book shows it."""
    return link(found[0], known_as) if found else text(known_as)


def link(found: Found, words: str, /) -> str:
    """Return a link to where a record is shown."""
    return f'<a href="{found.link}">{words}</a>'


def said(value: Any, /) -> str:  # noqa: ANN401
    """Return a piece of provenance in words, whatever its shape."""
    if isinstance(value, dict):
        return ", ".join(f"{key} {item}" for key, item in value.items())
    if isinstance(value, float):
        return show.number(value)
    return "–" if value in (None, "", []) else str(value)


def text(words: str, /) -> str:
    """Return ledger text as a cell of a table: nothing is markup by accident."""
    words = words.replace("\n", " ")
    pieces = words.split("$")
    if len(pieces) % 2 == 0:  # an odd number of dollars: money, not formulas
        pieces = [words.replace("$", r"\$")]
    for k in range(0, len(pieces), 2):
        pieces[k] = pieces[k].replace("<", "&lt;").replace("[", r"\[")
    return "$".join(pieces).replace("|", r"\|")


def table(
    head: Sequence[str], rows: Sequence[Sequence[str]], kind: str = "gd-rows"
) -> str:
    """Return a table in a block that turns rows into cards on a phone."""
    if not rows:
        return "None."
    lines = [head, ["---"] * len(head), *rows]
    drawn = "\n".join("| " + " | ".join(line) + " |" for line in lines)
    return f'<div class="{kind}">\n\n{drawn}\n\n</div>'
