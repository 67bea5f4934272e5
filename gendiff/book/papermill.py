"""Let papermill read text chapters: `papermill book/x.md out.ipynb -p preset cpu`.

Papermill asks a handler by how a path begins, and takes its own for what no handler has
a beginning for. The entry points of this package name `book/`; a chapter is named from
other folders as well, so papermill's own handler of files is taught to read text, too.
All other files go through as papermill has them.
"""

from functools import cache
from pathlib import Path
from typing import Any

import nbformat

from gendiff.book.notebooks import parse


class Texts:
    """Reads MyST text as notebooks."""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        """Do what else papermill asks for as it does it: list, write, name a path."""
        return getattr(_own(), name)

    def read(self, path: str) -> str:
        """Return the notebook in a file, as JSON.

        Raises:
            ValueError: If there is no such text.
        """
        try:
            text: str = _own().read(path)
        except FileNotFoundError:
            if not path.endswith(".md"):
                raise
            raise ValueError(
                f"there is no {path!r} in {Path.cwd()}; name the chapter from this "
                "folder, or by its whole path"
            ) from None
        return nbformat.writes(parse(text)) if path.endswith(".md") else text


@cache
def _own() -> Any:  # noqa: ANN401
    """Return papermill's handler of files, which keeps what folder it works in."""
    # Not above: papermill, imported first, loads this module in its own import.
    from papermill.iorw import LocalHandler  # noqa: PLC0415

    return LocalHandler()


Handler = Texts()
"""What the entry points name: papermill takes a handler as it is, and calls nothing."""


def _teach() -> None:
    """Put a handler of texts where papermill has its own for files."""
    from papermill.iorw import papermill_io  # noqa: PLC0415

    # Its names are beginnings, no endings, and of two of one name the elder counts.
    handlers: list[tuple[str, Any]] = papermill_io._handlers  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
    for place, (scheme, _) in enumerate(handlers):
        if scheme == "local":
            handlers[place] = (scheme, Handler)


_teach()
