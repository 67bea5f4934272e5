"""Progress for whoever watches, silence for whoever compares.

A bar is drawn on a terminal and in JupyterLab. Under papermill, nbval and in scripts
whose output is kept, nothing is written: a bar's timings would differ at every run, and
a line on stderr fails a chapter.
"""

import os
import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

from tqdm import tqdm

T = TypeVar("T")


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
    if not watched():
        yield from items
        return
    yield from tqdm(items, desc=label, total=total, file=sys.stdout, leave=False)
