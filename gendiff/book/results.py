"""What an execution measured, as data: claims, systems, errata, figures, series.

The records that a chapter left in its outputs become one JSON file a chapter and
variant, with the provenance of the run. `_build/results` holds the latest run,
`book/results` what was recorded for good.
"""

import json
from pathlib import Path
from typing import Any, cast

from nbformat import NotebookNode

from gendiff.book import ledger
from gendiff.book.evidence import Record
from gendiff.book.layout import Book, write
from gendiff.book.notebooks import records

Results = dict[str, Any]
"""`{chapter, preset, seeds, key, claims, systems, errata, figures, series, ...}`."""

CLAIM = (
    *("id", "kind", "verdict", "measured", "spread", "n"),
    *("criterion", "condition", "decided_by", "anchor"),
)


def extract(notebook: NotebookNode) -> Results:
    """Return the results of an executed notebook."""
    about = notebook.metadata["gendiff"]
    found = list(records(notebook))
    return {
        "chapter": about["chapter"],
        "preset": about["preset"],
        "seeds": [about["seed"]],
        "key": about["key"],
        "claims": [claim(r) for r in found if r["kind"] == "claim"],
        "systems": [pick(r, "id", "evidence", "anchor") for r in of(found, "system")],
        "errata": [
            pick(r, "id", "printed", "computed", "anchor") for r in of(found, "erratum")
        ],
        "figures": [figure for r in of(found, "figure") for figure in figures(r)],
        "series": {
            r["id"]: {k: v for k, v in r.items() if k not in {"kind", "id"}}
            for r in of(found, "series")
        },
        "provenance": about["provenance"],
    }


def of(found: list[Record], kind: str) -> list[Record]:
    """Return the records of one kind."""
    return [record for record in found if record["kind"] == kind]


def claim(record: Record) -> dict[str, Any]:
    """Return a claim as results hold it: its kind is the ledger's."""
    return pick(record | {"kind": record["claim"]}, *CLAIM)


def figures(record: Record) -> list[dict[str, Any]]:
    """Return a figure under every id that it answers to."""
    name = record.get("name") or record["id"]
    names = dict.fromkeys([name, *(record.get("ids") or [])])
    return [{"id": each, "anchor": record.get("anchor", name)} for each in names]


def pick(record: Record, *names: str) -> dict[str, Any]:
    """Return the fields named, in that order, as far as there are any."""
    return {name: record[name] for name in names if name in record}


def read(path: Path) -> Results | None:
    """Return the results in a file, or nothing where there is none.

    Raises:
        ValueError: If it holds something else.
    """
    if not path.exists():
        return None
    try:
        found = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        found = error
    if not isinstance(found, dict) or "claims" not in found:
        raise ValueError(
            f"{path} does not hold results, perhaps it was cut short: remove it and "
            "run the chapter again, or take it from git if it is recorded there"
        )
    return cast("Results", found)


def save(path: Path, results: Results) -> None:
    """Write results as JSON that a diff can read."""
    write(path, json.dumps(results, indent=1, ensure_ascii=False) + "\n")


def expected(book: Book, chapter: str) -> list[str]:
    """Return the claims of the ledger's file for a chapter; sections have none."""
    path = book.root / "book" / "ledger" / f"{chapter}.yml"
    return [row.id for row in ledger.read(path).claims] if path.exists() else []


def record(book: Book, chapters: list[str], preset: str) -> list[str]:
    """Copy the latest results into the repository; return a line for each.

    A spread over seeds is kept from the record where a run of one seed has none: it
    takes a sweep to measure, and says how far seeds differ, not what was measured.

    Raises:
        ValueError: If a chapter has no results, or those of an accelerator for a preset
            whose digits are a processor's.
    """
    lines: list[str] = []
    for chapter in chapters:
        fresh = read(book.results(chapter, preset))
        if fresh is None:
            raise ValueError(
                f"{chapter} has no results for {preset!r}; run it first: "
                f"python -m gendiff.book run {chapter} --preset {preset}"
            )
        device = fresh.get("provenance", {}).get("device", "cpu")
        if preset != "gpu" and device != "cpu":
            raise ValueError(
                f"{chapter} ran on {device!r}, and what is recorded for {preset!r} is "
                "a processor's; run it once more with --device cpu"
            )
        path = book.recorded(chapter, preset)
        save(path, spread_from(read(path), fresh))
        lines.append(f"recorded {path.relative_to(book.root)}")
    return lines


def spread_from(old: Results | None, fresh: Results) -> Results:
    """Return fresh results with the spreads over seeds that only the record has.

    A sweep over as many seeds as the record's, or over more, replaces it.
    """
    if old is None or len(fresh["seeds"]) >= len(old["seeds"]):
        return fresh
    known = {claim["id"]: claim for claim in old["claims"]}
    claims = [filled(known.get(claim["id"]), claim) for claim in fresh["claims"]]
    return fresh | {"seeds": old["seeds"], "claims": claims}


def filled(old: dict[str, Any] | None, claim: dict[str, Any]) -> dict[str, Any]:
    """Return a claim with an older claim's spread where it has none of its own."""
    if old is None:
        return claim
    spread = {
        name: old["spread"].get(name) if value is None else value
        for name, value in claim["spread"].items()
    }
    return claim | {"spread": spread, "n": claim["n"] or old["n"]}
