"""What is recorded for good: which spread survives; files that hold something else."""

import json
from pathlib import Path
from typing import Any

import pytest

from gendiff.book import results
from gendiff.book.layout import Book


def run(
    *seeds: int,
    measured: float = 1.0,
    spread: float | None = None,
    n: int | None = None,
) -> results.Results:
    """Return results with one claim."""
    claim = {
        "id": "A-C02",
        "measured": {"error": measured, "other": 2.0},
        "spread": {"error": spread, "other": None},
        "n": n,
    }
    return {"seeds": list(seeds), "claims": [claim], "key": f"{measured}"}


def the(found: results.Results) -> dict[str, Any]:
    (claim,) = found["claims"]
    return claim


class TestRecord:
    def test_one_seed_takes_the_spread_of_the_sweep_before(self) -> None:
        kept = results.spread_from(run(0, 1, 2, spread=0.5, n=3), run(0, measured=1.1))
        assert the(kept)["spread"] == {"error": 0.5, "other": None}
        assert the(kept)["measured"]["error"] == 1.1
        assert (kept["seeds"], the(kept)["n"]) == ([0, 1, 2], 3)
        assert kept["key"] == "1.1"

    def test_three_new_seeds_replace_three_old_ones(self) -> None:
        old = run(0, 1, 2, spread=0.5, n=3)
        for fresh in (run(3, 4, 5, spread=0.25, n=3), run(3, 4, 5)):
            assert results.spread_from(old, fresh) == fresh

    def test_more_seeds_replace_fewer_and_fewer_do_not_replace_more(self) -> None:
        old = run(0, 1, spread=0.5, n=2)
        more = run(0, 1, 2, spread=0.25, n=3)
        assert results.spread_from(old, more) == more
        assert results.spread_from(more, run(0))["seeds"] == [0, 1, 2]

    def test_a_spread_of_its_own_stays(self) -> None:
        old = run(0, 1, 2, spread=0.5, n=3)
        kept = results.spread_from(old, run(0, spread=0.25, n=100))
        assert the(kept)["spread"]["error"] == 0.25
        assert the(kept)["n"] == 100

    def test_a_spread_of_zero_is_one(self) -> None:
        kept = results.spread_from(run(0, 1, 2, spread=0.5, n=3), run(0, spread=0.0))
        assert the(kept)["spread"]["error"] == 0.0

    def test_what_the_record_lacks_stays_without(self) -> None:
        old, fresh = run(0, 1, 2, spread=0.5, n=3), run(0)
        assert results.spread_from(None, fresh) == fresh
        the(old)["id"] = "A-C03"
        assert the(results.spread_from(old, fresh)) == the(fresh)
        old = run(0, 1, 2, spread=0.5, n=3)
        del the(old)["spread"]["error"]
        assert the(results.spread_from(old, fresh))["spread"] == the(fresh)["spread"]

    def test_is_told_by_path_and_needs_a_run(self, tmp_path: Path) -> None:
        book = Book(tmp_path)
        with pytest.raises(ValueError, match="a has no results for 'cpu'; run it"):
            results.record(book, ["a"], "cpu")
        results.save(book.results("a", "cpu"), run(0))
        assert results.record(book, ["a"], "cpu") == [
            "recorded book/results/a/cpu.json"
        ]
        assert results.read(book.recorded("a", "cpu")) == run(0)


class TestRead:
    def test_nothing_is_none(self, tmp_path: Path) -> None:
        assert results.read(tmp_path / "no.json") is None

    @pytest.mark.parametrize("text", ["", "{", '{"seeds"', "[]", "3", "{}", "\udcff"])
    def test_a_file_that_holds_something_else_is_named(
        self, tmp_path: Path, text: str
    ) -> None:
        path = tmp_path / "cut.json"
        path.write_bytes(text.encode(errors="surrogateescape"))
        with pytest.raises(ValueError, match=r"cut\.json does not hold results"):
            results.read(path)

    def test_what_was_saved_is_what_is_read(self, tmp_path: Path) -> None:
        results.save(tmp_path / "x.json", run(0) | {"text": "ε ≤ σ"})
        assert "ε ≤ σ" in (tmp_path / "x.json").read_text("utf-8")
        assert results.read(tmp_path / "x.json") == run(0) | {"text": "ε ≤ σ"}
        assert json.loads((tmp_path / "x.json").read_text("utf-8"))["seeds"] == [0]
