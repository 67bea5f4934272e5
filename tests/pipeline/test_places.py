"""Wherever the book lies, and whatever cannot be written: a page runs, or a line says.

The small books of these tests lie in a folder with a space in its name.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from pipeline_book import DESCRIBED, chapter, figure

from gendiff import cache
from gendiff.book.__main__ import main
from gendiff.book.layout import Book

Make = Callable[..., Book]
DRAWS = chapter(
    "import matplotlib.pyplot as plt\nfig = plt.figure()\nplt.close(fig)",
    "from gendiff.book.memo import memo\ndef f(): return 1\nmemo(f)()",
    figure(DESCRIBED),
)
"""A page that uses matplotlib and its fonts, and keeps a result."""


def commanded(*words: str, folder: Path, **variables: str | None) -> tuple[int, str]:
    """Run a command in a process of its own; return its status and what it said."""
    environment = os.environ | {k: v for k, v in variables.items() if v is not None}
    for name, value in variables.items():
        if value is None:
            environment.pop(name, None)
    done = subprocess.run(
        [sys.executable, "-m", "gendiff.book", *words, "--preset", "smoke"],
        cwd=folder,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout + done.stderr


def test_commands_work_from_a_folder_of_the_book(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = make(good=DRAWS)
    monkeypatch.chdir(book.root / "book")
    assert main(["run", "--preset", "smoke"]) == 0
    assert book.executed("good", "smoke").exists()


def test_outside_of_a_book_a_line_says_where_to_go(tmp_path: Path) -> None:
    status, said = commanded("run", folder=tmp_path)
    assert status == 2
    assert "change to the repository of the book first" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    "variables",
    [
        {"HOME": "/nonexistent", "GENDIFF_CACHE": None, "XDG_CACHE_HOME": None},
        {"HOME": None, "GENDIFF_CACHE": None, "XDG_CACHE_HOME": "/proc/nothing"},
        {"GENDIFF_CACHE": "/proc/nothing"},
    ],
    ids=["no home", "read-only home", "read-only cache"],
)
def test_where_nothing_can_be_kept_pages_run_and_a_line_says_so(
    make: Make, variables: dict[str, str | None]
) -> None:
    """Root may make a home of /nonexistent; then it works, and is removed again."""
    book = make(good=DRAWS)
    made = not Path("/nonexistent").exists()
    try:
        status, said = commanded("run", folder=book.root, **variables)
    finally:
        if made and os.geteuid() == 0:
            subprocess.run(["rm", "-rf", "/nonexistent"], check=True)
    assert status == 0, said
    assert book.executed("good", "smoke").exists()
    if "/proc/nothing" in variables.values():
        assert "everything works without" in said
    assert "Traceback" not in said


def test_a_broken_entry_of_the_store_is_named_and_made_anew(
    make: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    make(good=DRAWS)
    assert main(["run", "--preset", "smoke"]) == 0
    (entry,) = (cache.root() / "executed").iterdir()
    whole = entry.read_text()
    entry.write_text(whole[: len(whole) // 2])
    assert main(["run", "--preset", "smoke"]) == 0
    assert f"{entry} cannot be read and is made anew" in capsys.readouterr().err
    assert entry.read_text().rstrip().endswith("}")


def test_a_build_folder_that_cannot_be_written_is_one_line(
    make: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    book = make(good=DRAWS)
    book.built.write_text("a file where a folder should be")
    assert main(["run", "--preset", "smoke"]) == 1
    said = capsys.readouterr().out
    assert str(book.built) in said
    assert "cannot be written" in said


def test_the_cache_is_told_of_and_emptied_outside_of_any_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GENDIFF_CACHE", str(tmp_path / "cache"))
    entry = tmp_path / "cache" / "executed" / "page.ipynb"
    cache.founded(entry.parent)
    entry.write_text("1" * 300_000)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert main(["run"]) == 2
    assert "no _toc.yml" in capsys.readouterr().err
    assert main(["cache"]) == 0
    assert "0.3 MB" in capsys.readouterr().out
    assert main(["cache", "--empty"]) == 0
    assert not entry.exists()
