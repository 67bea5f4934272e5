"""Let papermill read text chapters: `papermill book/x.md out.ipynb -p preset cpu`.

Papermill asks a handler for paths under `book/`, by the entry points of this package,
and gets the notebook of the text. All other files go through as papermill has them.
"""

import nbformat
from papermill.iorw import LocalHandler

from gendiff.book.notebooks import parse


class Texts(LocalHandler):
    """Reads MyST text as notebooks."""

    def read(self, path: str) -> str:
        """Return the notebook in a file, as JSON."""
        text: str = super().read(path)
        return nbformat.writes(parse(text)) if path.endswith(".md") else text


Handler = Texts()
"""What the entry point names: papermill takes a handler as it is, and calls nothing."""
