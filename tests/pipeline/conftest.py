"""A small book in an empty folder, to break in every way."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from gendiff.book.layout import Book

# The import mode of the suite leaves test folders off the path.
sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Book]:
    """Return a function that writes a book of some chapters."""
    monkeypatch.setenv("GENDIFF_CACHE", str(tmp_path / "cache"))

    def write(**texts: str) -> Book:
        root = tmp_path / "my repository"  # a space, as in many homes
        (root / "book").mkdir(parents=True, exist_ok=True)
        toc = {"root": "book/index", "chapters": [{"file": f"book/{n}"} for n in texts]}
        (root / "_toc.yml").write_text(json.dumps(toc))
        (root / "book" / "index.md").write_text("# Index\n")
        for name, text in texts.items():
            path = root / "book" / f"{name}.md"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        monkeypatch.chdir(root)
        return Book(root)

    return write
