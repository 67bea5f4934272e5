"""A second execution of executed notebooks, with nothing kept from the first.

Whatever differs, a text or the data of a figure, is not determined by the seed. nbval
compares cell by cell; it gets the same surroundings as the first execution had.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from gendiff.book.layout import Book
from gendiff.book.process import surroundings

NEVER = "1000000"
"""Seconds that a cell may take: a slow machine is no mistake of the cell's."""


def repeat(book: Book, chapters: list[str], preset: str, *, jobs: int) -> int:
    """Execute the notebooks again with nbval, and return the exit status.

    On the processor: an accelerator does not promise the same digits twice.

    Raises:
        ValueError: If a chapter was not executed yet.
    """
    folder = book.built / "executed" / preset
    paths = [book.executed(chapter, preset) for chapter in chapters]
    for chapter, path in zip(chapters, paths, strict=True):
        if not path.exists():
            raise ValueError(
                f"{chapter} was not executed with preset {preset!r}; "
                f"run it first: python -m gendiff.book run {chapter} --preset {preset}"
            )
    with tempfile.TemporaryDirectory(prefix="gendiff-") as name:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "pytest", "-q", "-c", "/dev/null"),
                *("--rootdir=.", "-p", "no:cacheprovider"),
                *("--nbval", "--nbval-current-env", "--nbval-cell-timeout", NEVER),
                *("--dist", "loadfile", "-n", str(jobs)),
                *(str(path.relative_to(folder)) for path in paths),
            ],
            cwd=folder,
            env=surroundings(Path(name))
            | {
                "GENDIFF_NO_MEMO": "1",
                "GENDIFF_DEVICE": "cpu",
                "CUDA_VISIBLE_DEVICES": "",
            },
            check=False,
        )
    return done.returncode
