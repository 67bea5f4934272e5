"""Papermill's engine, and after it the numbers in the prose.

`papermill --engine gendiff book/x.md out.ipynb` leaves a notebook whose paragraphs have
their values beside them, as JupyterLab keeps them.
"""

from typing import Any

from papermill.engines import NBClientEngine

from gendiff.book import prose
from gendiff.book.notebooks import values


class Engine(NBClientEngine):
    """Executes a notebook, and gives its paragraphs what their expressions came to."""

    @classmethod
    def execute_managed_notebook(  # pyright: ignore[reportIncompatibleMethodOverride]
        cls,
        nb_man: Any,  # noqa: ANN401
        kernel_name: str,
        **options: Any,  # noqa: ANN401
    ) -> Any:  # noqa: ANN401
        """Execute the notebook, and fill in its prose."""
        done = super().execute_managed_notebook(nb_man, kernel_name, **options)
        prose.fill(nb_man.nb, values(nb_man.nb))
        return done
