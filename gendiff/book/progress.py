"""Progress for whoever watches, silence for whoever compares.

A bar is drawn on a terminal and in JupyterLab. Under papermill, nbval and in scripts
whose output is kept, nothing is written: a bar's timings would differ at every run, and
a line on stderr fails a chapter. Where the pipeline watches from outside, it names a
file (`GENDIFF_STATUS`), and how far the work is stands there.
"""

import json
import os
import sys
import time
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from tqdm import tqdm

T = TypeVar("T")

EVERY = 0.5
"""Seconds between two notes of how far the work is."""
_tasks: list[str] = []
"""What is being done, the innermost last."""


def watched() -> bool:
    """Return whether a person watches the output as it comes.

    Jupyter's servers name the session in each kernel that they start; papermill and
    nbval, which start their own kernels, do not.
    """
    if os.environ.get("TQDM_DISABLE", "0") not in ("", "0"):
        return False
    return "JPY_SESSION_NAME" in os.environ or sys.stdout.isatty()


def progress(
    items: Iterable[T], /, label: str = "", *, total: int | None = None
) -> Iterator[T]:
    """Yield the items, with a bar on stdout where somebody watches."""
    if "GENDIFF_STATUS" in os.environ:
        yield from noted(items, label or (_tasks[-1] if _tasks else ""), total)
    elif watched():
        yield from tqdm(items, desc=label, total=total, file=sys.stdout, leave=False)
    else:
        yield from items


@contextmanager
def task(label: str, /) -> Generator[None]:
    """Say what is done inside, to whoever watches from outside."""
    _tasks.append(label)
    note(label)
    try:
        yield
    finally:
        _tasks.pop()
        note(_tasks[-1] if _tasks else "")


def share(item: object, count: int, total: int | None) -> float | None:
    """Return how much of the work is done, if it is known.

    The steps of a training tell it themselves: `gendiff.training.loop.Progress.done`.
    """
    told = getattr(item, "done", None)
    if isinstance(told, float):
        return told
    return count / total if total else None


def noted(items: Iterable[T], label: str, total: int | None) -> Iterator[T]:
    """Yield the items, and note now and then how far they are."""
    last = 0.0
    for count, item in enumerate(items):
        if time.monotonic() - last > EVERY:
            last = time.monotonic()
            note(label, share(item, count, total))
        yield item
    note(_tasks[-1] if _tasks else "")


def note(label: str, part: float | None = None) -> None:
    """Write what is being done, and how much of it is done, if anybody asks."""
    if status := os.environ.get("GENDIFF_STATUS"):
        at = {"label": label, "share": part}
        with suppress(OSError):  # a full disk is no reason to stop the work
            Path(f"{status}.work").write_text(json.dumps(at), "utf-8")
