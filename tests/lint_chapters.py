"""Lint and format-check the code cells of the chapters: ruff reads them as notebooks.

Run as a script it prints what ruff says and ends with ruff's status; with `--fix` it
first writes what ruff can mend back into the chapters.
"""

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat

from gendiff.book.layout import Book
from gendiff.book.notebooks import plain

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
    files = [str(path) for path in notebooks(folder).values()]
    return ruff("check", *files) or ruff("format", "--diff", *files)


def mend(folder: Path) -> None:
    """Let ruff mend the cells, and write them back into the chapters' texts."""
    book = Book(ROOT)
    for chapter, path in notebooks(folder).items():
        before = [cell.source for cell in nbformat.read(path, as_version=4).cells]
        ruff("check", "--fix", "--exit-zero", "--quiet", str(path))
        ruff("format", "--quiet", str(path))
        after = [cell.source for cell in nbformat.read(path, as_version=4).cells]
        mended = [
            pair for pair in zip(before, after, strict=True) if pair[0] != pair[1]
        ]
        if mended:  # the text is read only now: somebody may be writing at it
            text = book.text(chapter)
            for old, new in mended:
                text = text.replace(old, new, 1)
            (ROOT / "book" / f"{chapter}.md").write_text(text, encoding="utf-8")


def notebooks(folder: Path) -> dict[str, Path]:
    """Write every chapter as a notebook into a folder; return them by chapter."""
    book = Book(ROOT)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "ruff.toml").write_text(SETTINGS.format(root=ROOT), encoding="utf-8")
    written: dict[str, Path] = {}
    for chapter in book.chapters():
        written[chapter] = folder / f"{chapter.replace('/', '--')}.ipynb"
        nbformat.write(plain(book.text(chapter)), written[chapter])
    return written


def ruff(command: str, *arguments: str) -> int:
    """Run ruff and return its status."""
    call = [sys.executable, "-m", "ruff", command, "--no-cache", *arguments]
    return subprocess.run(call, check=False).returncode


if __name__ == "__main__":
    with TemporaryDirectory() as own:  # two of us may lint at once
        if sys.argv[1:] == ["--fix"]:
            mend(Path(own))
        sys.exit(lint(Path(own)))
