"""A sweep over seeds, with a runner that measures the seed, and on a cluster."""

import sys
from collections.abc import Callable
from dataclasses import replace

import nbformat
import pytest
from pipeline_book import chapter, claim, claims

from gendiff.book import results
from gendiff.book.__main__ import main
from gendiff.book.evidence import MIME
from gendiff.book.execute import Plan
from gendiff.book.layout import Book
from gendiff.book.notebooks import code
from gendiff.book.process import Job, Ran, Watch
from gendiff.book.sweep import on_cluster, sweep

Make = Callable[..., Book]


def measuring(job: Job, watch: Watch) -> Ran:
    """Return a notebook whose claim measures the square of the seed."""
    done = nbformat.reads(job.notebook, as_version=4)
    for count, cell in enumerate(code(done), start=1):
        cell.execution_count = count
    record = claim(value=job.parameters["seed"] ** 2.0, claim="trained")
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


def test_a_seed_that_fails_leaves_no_spread_with_what_lay_there(make: Make) -> None:
    def failing(job: Job, watch: Watch) -> Ran:
        if job.parameters["seed"] == 2:
            return Ran("", 1.0, trouble="the kernel died")
        return measuring(job, watch)

    book = make(good=chapter("1"))
    plan = Plan(book, "smoke", memo=False, runner=measuring)
    sweep(plan, ["good"], [1, 2, 3])
    sweep(replace(plan, runner=failing), ["good"], [1, 2, 3])
    found = results.read(book.results("good", "smoke-seed1"))
    assert found is not None
    assert found["seeds"] == [1]
    assert found["claims"][0]["spread"] == {"error": None}


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("tcp://127.0.0.1:9", "start one with"),
        ("127.0.0.1:9", "start one with"),
        ("nonsense", "missing port number"),
        ("http://127.0.0.1:8786", "unknown address scheme"),
    ],
)
def test_an_address_where_nothing_answers_is_one_line(
    make: Make,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    address: str,
    reason: str,
) -> None:
    pytest.importorskip("distributed")
    make(good=chapter("1"))
    monkeypatch.setattr("gendiff.book.sweep.ANSWER", 0.2)
    assert main(["sweep", "--preset", "smoke", "--scheduler", address]) == 2
    (line,) = capfd.readouterr().err.splitlines()
    assert line.startswith(f"no dask scheduler answers at {address!r} (")
    assert reason in line
    assert line.endswith("or take --scheduler local")


def test_without_dask_it_says_what_to_install(
    make: Make, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    make(good=chapter("1"))
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert main(["sweep", "--preset", "smoke", "--scheduler", "local"]) == 2
    assert "pip install 'gendiff[cluster]'" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_work_that_a_cluster_loses_is_told_of(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("distributed")
    job = Job("{}", {}, {"A": 3})  # type: ignore[dict-item]
    with on_cluster("local") as runner:
        ran = runner(job, Watch())
    assert ran.trouble.startswith("the cluster lost it: ")


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
