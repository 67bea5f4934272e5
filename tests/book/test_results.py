"""Results as files: what is read back is what was written."""

from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from gendiff.book import results
from gendiff.book.evidence import MIME, Measured, Number
from gendiff.book.results import Results, Shown


def some() -> Results:
    """Return results that hold a bit of everything."""
    numbers = {"ε ≤ σ": Number(0.5, 0.1, 3, "draws"), "steps": Number(7)}
    claim = Measured(
        "A-C02",
        numbers,
        controls={"labels shuffled": {"steps": Number(1)}},
        cost={"calls": {"guided": 48.0, "plain": 48.0}},
        doubled={"steps": Number(8)},
        anchor="claim-a-c02",
    )
    figures = [Shown("fig-x", "fig-x"), Shown("A-F01", "fig-x")]
    series = {"s": {"values": {"x": [1.0, None]}}}
    return Results("a", "cpu", 0, "k", {"machine": "m"}, [claim], figures, series, "h")


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    results.save(path, some())
    assert results.read(path, Results) == some()
    assert "ε ≤ σ" in path.read_text("utf-8")
    assert results.read(tmp_path / "no.json", Results) is None


@pytest.mark.parametrize(
    "content", ["", "[]", "{", '{"claims": 3}', '{"chapter": "a"}']
)
def test_what_is_no_result_is_told_of(tmp_path: Path, content: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(content)
    with pytest.raises(ValueError, match=r"x\.json does not hold results"):
        results.read(path, Results)


def test_a_notebook_is_its_own_results_file() -> None:
    claim = {"kind": "claim", "id": "A-C02", "numbers": {"a": {"value": 1.0}}}
    shown = {
        "kind": "figure",
        "id": "fig-x",
        "name": "fig-x",
        "ids": ["A-F01", "fig-x"],
    }
    series = {"kind": "series", "id": "s", "values": {"x": [1.0]}}
    cells = [
        new_code_cell("1", outputs=[new_output("display_data", data={MIME: record})])
        for record in (claim, shown, series)
    ]
    notebook = new_notebook(cells=cells)
    about = {"chapter": "a", "preset": "cpu", "seed": 3, "key": "k", "provenance": {}}
    notebook.metadata["gendiff"] = about | {"overrides": {"n": [1, 2]}}
    found = results.extract(notebook, "hash")
    assert found.by_id()["A-C02"].numbers == {"a": Number(1.0)}
    assert found.figures == [Shown("fig-x", "fig-x"), Shown("A-F01", "fig-x")]
    assert found.series == {"s": {"values": {"x": [1.0]}}}
    assert (found.seed, found.notebook) == (3, "hash")
    assert found.overrides == {"n": "[1, 2]"}
