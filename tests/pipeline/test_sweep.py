"""A sweep over seeds, with a runner that measures the seed, and on a cluster."""

import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import nbformat
import pytest
from fake import page, rows
from pipeline_book import chapter, claim, claims

from gendiff.book import record, results
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
    told = claim(id="G-C01")
    told["numbers"] = {"gain": {"value": job.parameters["seed"] ** 2.0}}
    code(done)[-1].outputs = [nbformat.v4.new_output("display_data", data={MIME: told})]
    return Ran(nbformat.writes(done), 1.0)


@pytest.fixture
def book(make: Make) -> Book:
    """Return a book of one page that measures a claim."""
    found = make(good=chapter(page()), silent=chapter("1"))
    rows(found, {})
    return found


def kept(book: Book) -> record.Sweep | None:
    """Return the sweep that lies there."""
    return results.read(record.swept(book, "good", "smoke"), record.Sweep)


def test_a_sweep_keeps_what_each_seed_measured(book: Book) -> None:
    sweep(Plan(book, "smoke", runner=measuring), ["good", "silent"], seeds=[1, 2, 3])
    found = kept(book)
    assert found is not None
    assert found.seeds == [1, 2, 3]
    gains = [run.numbers["gain"].value for run in found.claims["G-C01"]]
    assert gains == [1, 4, 9]
    assert len(found.provenance["machines"]) == 1
    assert not record.swept(book, "silent", "smoke").exists()


def test_without_seeds_they_follow_from_the_criteria(book: Book) -> None:
    sweep(Plan(book, "smoke", runner=measuring), ["good"], count=3)
    found = kept(book)
    assert found is not None
    assert found.seeds == record.seeds_of(book, "good", 3)


def test_one_seed_is_no_sweep(book: Book, capsys: pytest.CaptureFixture[str]) -> None:
    for words, told in (
        (["--seeds", "0", "0"], "a sweep takes two seeds or more"),
        (["--count", "4"], "a sweep takes 3, 5 or 10 of these seeds"),
    ):
        assert main(["sweep", "--preset", "smoke", *words]) == 2
        assert told in capsys.readouterr().err


def test_a_page_that_fails_under_a_seed_keeps_its_old_sweep(book: Book) -> None:
    def failing(job: Job, watch: Watch) -> Ran:
        if job.parameters["seed"] == 2:
            return Ran("", 1.0, trouble="the kernel died")
        return measuring(job, watch)

    plan = Plan(book, "smoke", memo=False, runner=measuring)
    sweep(plan, ["good"], seeds=[1, 3])
    sweep(replace(plan, runner=failing), ["good"], seeds=[1, 2, 3])
    found = kept(book)
    assert found is not None
    assert found.seeds == [1, 3]


def test_a_shared_model_is_trained_once_a_seed(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = make(a=chapter(page(), "digits.model(run)"), b=chapter(page("G-C02")))
    rows(book, {}, {"id": "G-C02"})
    seen: list[Any] = []

    def noting(job: Job, watch: Watch) -> Ran:
        seen.append(("digits" in job.notebook, job.parameters["seed"]))
        return measuring(job, watch)

    sweep(Plan(book, "smoke", runner=noting), ["a", "b"], seeds=[1, 2])
    assert sorted(seed for digits, seed in seen if digits) == [1, 1, 2, 2]
    assert len(seen) == 6  # two models, and two pages under two seeds


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
    unmade = f"if False:\n    {page()}"  # read from the text, and never run
    book = make(good=chapter(unmade, claims(id="G-C01")))
    rows(book, {})
    words = ["--preset", "smoke", "--seeds", "0", "1", "--scheduler", "local"]
    assert main(["sweep", *words]) == 0
    found = kept(book)
    assert found is not None
    assert found.seeds == [0, 1]
