"""Where the parts of a book lie: sources, executed notebooks, results, the store.

A *chapter* is named by its path under `book/` without the suffix, for instance
`autoencoders/ancestors`. A *variant* names one way to execute it: the preset, and the
seed where it is not 0, and a hash of the sizes that are not the preset's.
"""

import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import yaml
from nbformat import NotebookNode, ValidationError

from gendiff.book.overrides import mark
from gendiff.cache import aside, root, unkept

PRESETS = ("smoke", "cpu", "gpu")


def known(preset: str) -> None:
    """Refuse what is no preset.

    Raises:
        ValueError: If the name is unknown.
    """
    if preset not in PRESETS:
        raise ValueError(f"unknown preset {preset!r}; there are {', '.join(PRESETS)}")


def cache() -> Path:
    """Return the folder of the user's cache: see `gendiff.cache`."""
    return root()


def variant(preset: str, seed: int = 0, overrides: Mapping[str, Any] = {}) -> str:
    """Name one way to execute a chapter.

    >>> variant("cpu"), variant("cpu", 2), variant("cpu", 2, {"width": 64})
    ('cpu', 'cpu-seed2', 'cpu-seed2-ddfab03c')
    """
    others = [
        *([f"seed{seed}"] if seed else []),
        *([mark(overrides)] if overrides else []),
    ]
    return "-".join([preset, *others])


def write(path: Path, text: str) -> None:
    """Write a file aside and move it into place, so that no reader sees half of it.

    Raises:
        ValueError: If it cannot be written.
    """
    try:
        put(path, text)
    except OSError as error:
        raise ValueError(
            f"{path} cannot be written: {(error.strerror or str(error)).lower()}; "
            "make room, or make its folder one that you may write to"
        ) from error


def put(path: Path, text: str) -> None:
    """Write a file aside and move it into place, with the errors of the system."""
    with aside(path) as part:
        part.write_text(text, encoding="utf-8")


def keep(path: Path, text: str) -> None:
    """Write a file of the cache; where that cannot be done, say so once."""
    try:
        put(path, text)
    except OSError as error:
        line = unkept(path.parent, error)
        if line is not None:
            print(line, file=sys.stderr)


def kept(path: Path) -> NotebookNode | None:
    """Return an executed notebook, or nothing where there is none that is whole.

    One that cannot be read as such is removed, and told of in a line: it is made anew.
    """
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        return dropped(path, str(error))
    trouble: dict[str, Any] = {}
    try:
        found = nbformat.reads(text, 4, capture_validation_error=trouble)
        whole = not trouble and "provenance" in found.metadata["gendiff"]
    # What is no notebook fails in as many ways as there are fields.
    except (ValueError, LookupError, TypeError, AttributeError, ValidationError):
        whole = False
        found = None
    return found if whole else dropped(path, "it is no executed notebook")


def dropped(path: Path, why: str) -> None:
    """Remove a file that cannot be read, as far as that is possible, and say so."""
    print(f"{path} cannot be read and is made anew: {why}", file=sys.stderr)
    with suppress(OSError):
        path.unlink()


@dataclass(frozen=True)
class Book:
    """A repository that holds a book: `_toc.yml`, `book/` and what is built of it."""

    root: Path

    @classmethod
    def here(cls) -> "Book":
        """Return the book that the working directory lies in.

        Raises:
            ValueError: If neither it nor a folder above it has a `_toc.yml`.
        """
        start = Path.cwd()
        for folder in (start, *start.parents):
            if (folder / "_toc.yml").exists():
                return cls(folder)
        raise ValueError(
            f"no _toc.yml in {start} or above it; "
            "change to the repository of the book first"
        )

    @property
    def built(self) -> Path:
        """The folder of everything that can be made again."""
        return self.root / "_build"

    def pages(self) -> list[str]:
        """Return every page of the table of contents, in reading order."""
        toc = yaml.safe_load((self.root / "_toc.yml").read_text("utf-8"))
        return [page.removeprefix("book/") for page in files(toc)]

    def chapters(self) -> list[str]:
        """Return the pages that hold code."""
        return [p for p in self.pages() if "```{code-cell}" in self.text(p)]

    def choose(self, names: list[str], *, sections: bool = True) -> list[str]:
        """Return the chapters named, with the sections under them; all for no name.

        Args:
            names: As they stand in the table of contents, or as files.
            sections: False leaves out those sections that are not named themselves.

        Raises:
            ValueError: If a name is no chapter.
        """
        chapters = self.chapters()
        wanted = [n.removeprefix("book/").removesuffix(".md") for n in names]
        for name in wanted:
            if name not in chapters:
                raise ValueError(
                    f"no chapter {name!r} in _toc.yml; there are {', '.join(chapters)}"
                )
        inside = tuple(f"{name}/" for name in wanted if sections)
        return [
            c for c in chapters if not wanted or c in wanted or c.startswith(inside)
        ]

    def source(self, page: str) -> Path:
        """Return the text of a page."""
        return self.root / "book" / f"{page}.md"

    def text(self, page: str) -> str:
        """Return what the file of a page holds.

        Raises:
            ValueError: If the table of contents names a page that is not there.
        """
        path = self.source(page)
        if not path.exists():
            raise ValueError(f"_toc.yml names {page!r}, but there is no {path}")
        return path.read_text("utf-8")

    def executed(self, chapter: str, variant: str) -> Path:
        """Return the executed notebook of a chapter."""
        return self.built / "executed" / variant / f"{chapter}.ipynb"

    def forget(self, variant: str) -> None:
        """Remove executed notebooks of chapters that are no more."""
        kept = {self.executed(chapter, variant) for chapter in self.chapters()}
        for path in (self.built / "executed" / variant).rglob("*.ipynb"):
            if path not in kept:
                path.unlink()

    def results(self, chapter: str, variant: str) -> Path:
        """Return what the latest execution measured."""
        return self.built / "results" / chapter / f"{variant}.json"

    def recorded(self, chapter: str, variant: str) -> Path:
        """Return what is recorded in the repository."""
        return self.root / "book" / "results" / chapter / f"{variant}.json"

    def failed(self, chapter: str, variant: str) -> Path:
        """Return the half-executed notebook of a chapter that failed."""
        return self.built / "failed" / variant / f"{chapter}.ipynb"


def files(node: object) -> Iterator[str]:
    """Yield the pages that a part of a table of contents names."""
    if isinstance(node, dict):
        for name, value in node.items():
            if name in {"root", "file"}:
                yield value
            else:
                yield from files(value)
    elif isinstance(node, list):
        for value in node:
            yield from files(value)
