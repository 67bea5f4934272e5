"""Papermill by itself reads the text of a chapter."""

from collections.abc import Callable
from pathlib import Path

import nbformat
import papermill
import pytest
from pipeline_book import chapter

from gendiff.book.layout import Book

Make = Callable[..., Book]

# Papermill expects .ipynb, warns of anything else, and goes on.
pytestmark = pytest.mark.filterwarnings("ignore:The specified file:UserWarning")


@pytest.mark.parametrize("prefix", ["book/", "./book/"])
def test_papermill_inspects_a_text(make: Make, prefix: str) -> None:
    make(good=chapter("1"))
    found = papermill.inspect_notebook(f"{prefix}good.md")
    assert set(found) == {"preset", "seed"}
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
