"""What can go wrong with a chapter is told in one line, and stops only it."""

from collections.abc import Callable

import pytest
from pipeline_book import DESCRIBED, HEAD, chapter, claims, figure

from gendiff.book.__main__ import main
from gendiff.book.build import latest
from gendiff.book.execute import Outcome, Plan
from gendiff.book.layout import Book
from gendiff.book.schedule import run

Make = Callable[..., Book]

BROKEN = {
    "raising": (chapter("1 / 0"), "raised ZeroDivisionError: division by zero"),
    "exit": (chapter("import sys\nsys.exit(0)", "1"), "early with SystemExit(0)"),
    "stderr": (
        chapter("import warnings\nwarnings.warn('soon gone')"),
        "wrote to stderr",
    ),
    "alt": (chapter(figure(DESCRIBED | {"alt": ""})), "figure without alt text"),
    "bare": (chapter("import matplotlib.pyplot as plt\nplt.plot([1]);"), "without alt"),
    "died": (
        chapter("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", "1"),
        "the kernel died",
    ),
    "parameters": (
        chapter("1").replace("seed: int", "sead: int"),
        "no parameter 'seed'; there are preset, sead, overrides",
    ),
    "computed": (
        chapter("1").replace("seed: int = 0", "seed: int = 2 * 3 + n"),
        "it may hold literals only",
    ),
    "unreadable": (chapter("1 +"), "invalid syntax"),
    "untagged": (HEAD.replace("parameters]", "hide-input]"), "0 cells are tagged"),
}
"""Chapters that fail, and what must be said."""


@pytest.mark.parametrize("cell", ["x = (", "def f():\n  1\n    2"])
def test_a_syntax_error_is_told_with_its_line_and_on_the_page(
    make: Make, cell: str
) -> None:
    text = chapter("x = 1", cell)
    book = make(broken=text)
    (outcome,) = run(Plan(book, "smoke"), ["broken"])
    line = 1 + text[: text.index(cell)].count("\n")
    assert f"book/broken.md:{line}: code cell 3 cannot be read" in outcome.trouble
    assert latest(book, "broken", "smoke") == book.failed("broken", "smoke")


def test_a_folder_that_cannot_be_written_is_the_trouble_of_each_page_alone(
    make: Make,
) -> None:
    book = make(bad=chapter("1 / 0"), good=chapter("1"))
    book.built.write_text("a file where a folder should be")
    outcomes = run(Plan(book, "smoke"), ["bad", "good"])
    assert ["cannot be written" in outcome.trouble for outcome in outcomes] == [
        True
    ] * 2


@pytest.fixture
def broken(make: Make) -> Callable[[str], tuple[Book, Outcome]]:
    """Return a function that runs one of the broken chapters beside a good one."""

    def execute(name: str) -> tuple[Book, Outcome]:
        book = make(broken=BROKEN[name][0])
        (outcome,) = run(Plan(book, "smoke"), ["broken"])
        return book, outcome

    return execute


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_chapter_is_refused(
    broken: Callable[[str], tuple[Book, Outcome]], name: str
) -> None:
    book, outcome = broken(name)
    assert BROKEN[name][1] in outcome.trouble
    assert "\n" not in str(outcome)
    assert not book.executed("broken", "smoke").exists()
    assert not book.results("broken", "smoke").exists()


def test_the_line_of_the_text_and_the_half_executed_notebook_are_told(
    make: Make,
) -> None:
    text = chapter("x = 1", "x / 0")
    book = make(broken=text)
    (outcome,) = run(Plan(book, "smoke"), ["broken"])
    line = 1 + text[: text.index("x / 0")].count("\n")
    assert f"book/broken.md:{line}: code cell 3 raised" in outcome.trouble
    assert "_build/failed/smoke/broken.ipynb" in outcome.trouble
    kept = book.failed("broken", "smoke")
    assert '"execution_count": 3' in kept.read_text()
    assert "ZeroDivisionError" in kept.with_suffix(".log").read_text()


def test_what_does_not_end_within_a_time_that_was_asked_for_is_stopped_and_listed(
    make: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    make(slow=chapter("import time\ntime.sleep(1e6)", "1"), later=chapter("1"))
    assert main(["run", "--preset", "smoke", "--jobs", "1", "--within", "4"]) == 0
    printed = capsys.readouterr().out
    assert "not run within the time given: slow, later" in printed


def test_other_chapters_go_on(make: Make, capsys: pytest.CaptureFixture[str]) -> None:
    book = make(broken=chapter("1 / 0"), good=chapter(claims()))
    assert main(["run", "--preset", "smoke"]) == 1
    printed = capsys.readouterr()
    assert "ok      good" in printed.out
    assert printed.out.count("ZeroDivisionError") == 1
    assert printed.err == "FAILED  broken: see above why\n"
    assert book.results("good", "smoke").exists()


@pytest.mark.parametrize("command", ["run", "sweep", "build", "check"])
def test_an_unknown_preset_is_refused(
    make: Make, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    make(good=chapter("1"))
    assert main([command, "--preset", "fast"]) == 2
    assert "unknown preset 'fast'; there are smoke, cpu, gpu" in capsys.readouterr().err


def test_an_unknown_chapter_is_refused(
    make: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    make(good=chapter("1"))
    assert main(["run", "bad"]) == 2
    assert "no chapter 'bad' in _toc.yml; there are good" in capsys.readouterr().err


def test_an_unexecuted_chapter_is_found(
    make: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    make(good=chapter("1"))
    assert main(["validate", "--preset", "smoke"]) == 1
    assert (
        "book/good.md was not executed in its present form" in capsys.readouterr().err
    )
