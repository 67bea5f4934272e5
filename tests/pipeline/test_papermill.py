"""Papermill by itself reads the text of a chapter."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import papermill
import pytest
from pipeline_book import chapter

from gendiff.book.layout import Book
from gendiff.book.notebooks import parse

Make = Callable[..., Book]

# Papermill expects .ipynb, warns of anything else, and goes on.
pytestmark = pytest.mark.filterwarnings("ignore:The specified file:UserWarning")


@pytest.mark.parametrize("prefix", ["book/", "./book/"])
def test_papermill_inspects_a_text(make: Make, prefix: str) -> None:
    make(good=chapter("1"))
    found = papermill.inspect_notebook(f"{prefix}good.md")
    assert set(found) == {"preset", "seed", "overrides"}
    assert found["preset"]["help"] == "smoke, cpu or gpu"


def test_papermill_executes_a_text(make: Make, tmp_path: Path) -> None:
    make(good=chapter("print(preset, seed)"))
    out = tmp_path / "out.ipynb"
    given = {"preset": "cpu", "seed": 3}
    papermill.execute_notebook(
        "book/good.md", str(out), given, kernel_name="python3", progress_bar=False
    )
    done = nbformat.read(out, as_version=4)
    assert done.cells[-1].outputs[0].text == "cpu 3\n"


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("", "{root}/book/good.md"),
        ("/", "{root}/book/good.md"),
        ("book", "good.md"),
        ("book", "../book/good.md"),
        ("book/..", "book/good.md"),
        ("/", "{inside}/book/good.md"),
    ],
)
@pytest.mark.parametrize("kind", [str, Path])
def test_a_text_is_found_from_every_folder(
    make: Make,
    monkeypatch: pytest.MonkeyPatch,
    folder: str,
    name: str,
    kind: type[str | Path],
) -> None:
    root = make(good=chapter("1")).root
    monkeypatch.chdir(root / folder)
    path = kind(name.format(root=root, inside=str(root).lstrip("/")))
    assert set(papermill.inspect_notebook(path)) == {"preset", "seed", "overrides"}


@pytest.mark.parametrize("folder", ["book", "/"])
def test_a_text_that_is_not_there_is_told_with_the_folder(
    make: Make, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    monkeypatch.chdir(make(good=chapter("1")).root / folder)
    here = re.escape(str(Path.cwd()))
    with pytest.raises(ValueError, match=rf"no 'book/good.md' in {here}; name the"):
        papermill.inspect_notebook("book/good.md")


def test_other_files_go_through_as_papermill_has_them(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = make(good=chapter("1"))
    notebook = tmp_path / "one.ipynb"
    nbformat.write(parse(book.text("good")), notebook)
    monkeypatch.chdir(tmp_path)
    assert set(papermill.inspect_notebook("one.ipynb")) == {
        "preset",
        "seed",
        "overrides",
    }
    with pytest.raises(FileNotFoundError):
        papermill.inspect_notebook("two.ipynb")


@pytest.mark.parametrize("first", ["gendiff.book.papermill", "papermill"])
def test_either_may_be_imported_first(make: Make, first: str) -> None:
    root = make(good=chapter("1")).root
    asks = (
        f"import {first}, warnings; import papermill; warnings.simplefilter('ignore'); "
        f"print(*papermill.inspect_notebook('{root}/book/good.md'))"
    )
    done = subprocess.run(
        [sys.executable, "-c", asks],
        cwd="/",
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "preset seed overrides\n"
