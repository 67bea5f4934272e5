"""A sweep over seeds, with a runner that measures the seed, and on a cluster."""

from collections.abc import Callable
from typing import Any

import nbformat
import pytest
from pipeline_book import chapter, claim, claims

from gendiff.book import results
from gendiff.book.__main__ import main
from gendiff.book.evidence import MIME
from gendiff.book.execute import Plan
from gendiff.book.layout import Book
from gendiff.book.notebooks import code
from gendiff.book.process import Ran
from gendiff.book.sweep import sweep

Make = Callable[..., Book]


def measuring(
    notebook: str,
    parameters: dict[str, Any],
    limit: float,
    memo: bool,  # noqa: FBT001
) -> Ran:
    """Return a notebook whose claim measures the square of the seed."""
    del limit, memo
    done = nbformat.reads(notebook, as_version=4)
    for count, cell in enumerate(code(done), start=1):
        cell.execution_count = count
    record = claim(value=parameters["seed"] ** 2, claim="trained")
    code(done)[-1].outputs = [
        nbformat.v4.new_output("display_data", data={MIME: record})
    ]
    return Ran(nbformat.writes(done), 1.0)


def test_a_sweep_writes_the_first_seed_with_the_spread_of_all(make: Make) -> None:
    book = make(good=chapter("1"))
    sweep(Plan(book, "smoke", runner=measuring), ["good"], [1, 2, 3])
    found = results.read(book.results("good", "smoke-seed1"))
    assert found is not None
    assert found["seeds"] == [1, 2, 3]
    assert found["claims"][0]["measured"] == {"error": 1}
    assert found["claims"][0]["spread"]["error"] == pytest.approx(
        49**0.5 / 3**0.5, rel=0.01
    )


def test_one_seed_is_no_sweep(make: Make, capsys: pytest.CaptureFixture[str]) -> None:
    make(good=chapter("1"))
    assert main(["sweep", "--preset", "smoke", "--seeds", "0", "0"]) == 2
    assert "a spread takes two seeds or more" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_sweep_runs_on_a_cluster(make: Make) -> None:
    pytest.importorskip("distributed")
    book = make(good=chapter(claims()))
    words = ["--preset", "smoke", "--seeds", "0", "1", "--scheduler", "local"]
    assert main(["sweep", *words]) == 0
    found = results.read(book.results("good", "smoke"))
    assert found is not None
    assert found["seeds"] == [0, 1]
