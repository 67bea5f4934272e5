"""Support for the chapters of the book: `from gendiff import book`, then `book.start`.

A chapter asks its `Run` for everything that readers and the pipeline must agree on:
sizes for each preset, seeded generators, claims, figures, players and numbers in prose.
The library proper never imports this package, and importing it costs nothing: what
needs torch or matplotlib is loaded by `start`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gendiff.book.run import Run, start

__all__ = ["Run", "start"]


def __getattr__(name: str) -> Any:  # noqa: ANN401
    """Load `Run` and `start` when they are first asked for."""
    if name in __all__:
        return getattr(import_module("gendiff.book.run"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
