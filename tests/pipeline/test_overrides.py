"""Sizes that are changed for once: by papermill, by the command, and never recorded."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from fake import rows
from pipeline_book import chapter, claims

from gendiff.book import results
from gendiff.book.__main__ import main
from gendiff.book.layout import Book
from gendiff.book.overrides import mark
from gendiff.book.results import Results

Make = Callable[..., Book]
START = """from gendiff import book

run = book.start("good", preset=preset, seed=seed, overrides=overrides)
p = run.choose(
    smoke={"samples": 42, "scales": (1.0,)},
    cpu={"samples": 840, "scales": (1.0, 3.0)},
    gpu={"samples": 4_200, "scales": (1.0, 3.0)},
)"""
TEXT = chapter(START, "print(p.samples, p.scales)")


def printed(path: Path) -> str:
    """Return what the last cell of an executed notebook printed."""
    return str(nbformat.read(path, as_version=4).cells[-1].outputs[0].text)


@pytest.fixture
def book(make: Make) -> Book:
    """Return a book of a page that has two sizes, and a section that has none."""
    return make(good=TEXT, **{"good/section": chapter("1")})


def test_papermill_changes_sizes(book: Book, tmp_path: Path) -> None:
    out = tmp_path / "out.ipynb"
    words = ["book/good.md", str(out), "-k", "python3", "-p", "preset", "smoke"]
    subprocess.run(
        [
            sys.executable,
            "-m",
            "papermill",
            *words,
            "-y",
            "overrides: {samples: 63, scales: [2, 4]}",
        ],
        cwd=book.root,
        check=True,
        capture_output=True,
    )
    assert printed(out) == "63 (2.0, 4.0)\n"


def test_the_command_changes_sizes_of_the_page_alone(book: Book) -> None:
    run = ["run", "good", "--preset", "smoke"]
    assert main([*run, "-p", "samples", "63", "-p", "scales", "[2, 4]"]) == 0
    way = f"smoke-{mark({'samples': 63, 'scales': [2, 4]})}"
    assert printed(book.executed("good", way)) == "63 (2.0, 4.0)\n"
    found = results.read(book.results("good", way), Results)
    assert found is not None
    assert found.overrides == {"samples": "63", "scales": "[2, 4]"}
    assert not book.executed("good/section", way).exists()
    assert not book.results("good", "smoke").exists()


def test_the_command_says_which_sizes_there_are(
    book: Book, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "good", "--preset", "smoke", "-p", "sample", "63"]) == 1
    told = "to override; did you mean samples? there are samples, scales"
    printed = capsys.readouterr()
    assert printed.out.count(told) == 1
    assert printed.err == "FAILED  good: see above why\n"
    assert book.failed("good", f"smoke-{mark({'sample': 63})}").exists()


def test_a_run_of_other_sizes_is_no_evidence(
    make: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    book = make(good=chapter(claims(id="G-C01")))
    rows(book, {})
    assert main(["run", "good", "-p", "samples", "63"]) == 0
    way = f"cpu-{mark({'samples': 63})}"
    (claim,) = json.loads(book.results("good", way).read_text())["claims"]
    assert claim["numbers"]["error"]["value"] == 0.5
    assert main(["record", "good"]) == 2
    assert "good has no results for 'cpu'" in capsys.readouterr().err
    assert not book.recorded("good", way).exists()
