"""Lint and format-check the code cells of the chapters: ruff reads them as notebooks.

Run as a script it prints what ruff says and ends with ruff's status.
"""

import subprocess
import sys
from pathlib import Path

import nbformat

from gendiff.book.layout import Book
from gendiff.book.notebooks import parse

ROOT = Path(__file__).parents[1]
SETTINGS = """extend = "{root}/pyproject.toml"
[lint]
extend-ignore = [
  "B018",   # the last line of a cell is shown
  "D",      # prose stands around the code
  "INP001", # a chapter is no package
  "S101",   # a chapter may assert what it has shown
  "T201",   # and print
  "PLR0915", "PLR0912", "C901",
  "ANN",    # types are the library's business
]
[lint.isort]
known-first-party = ["gendiff"]
"""


def lint(folder: Path) -> int:
    """Write every chapter as a notebook into a folder; return ruff's status there."""
    book = Book(ROOT)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "ruff.toml").write_text(SETTINGS.format(root=ROOT), encoding="utf-8")
    files: list[str] = []
    for chapter in book.chapters():
        path = folder / f"{chapter.replace('/', '--')}.ipynb"
        nbformat.write(parse(book.text(chapter)), path)
        files.append(str(path))
    ruff = [sys.executable, "-m", "ruff"]
    # The notebooks lie in an excluded folder, but files that are named are linted.
    checked = subprocess.run([*ruff, "check", "--no-cache", *files], check=False)
    formatted = subprocess.run(
        [*ruff, "format", "--no-cache", "--diff", *files], check=False
    )
    return checked.returncode or formatted.returncode


if __name__ == "__main__":
    sys.exit(lint(ROOT / "_build" / "lint"))
