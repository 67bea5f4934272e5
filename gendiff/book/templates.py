"""HTML from templates: the markup stands there, the logic here.

Templates lie beside this file. In them `words` turns ledger text into HTML whose
formulas MathJax finds, and `number` a number with its error into text.
"""

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from gendiff.book import show


def render(template: str, /, **values: object) -> str:
    """Return a template of HTML filled in.

    Raises:
        jinja2.UndefinedError: If it names a value that was not given.
    """
    return environment().get_template(f"{template}.j2").render(**values)


def plain(value: float) -> str:
    """Return a number of whatever library in words."""
    return show.number(float(value))


@cache
def environment() -> Environment:
    """Return what the templates of blocks share."""
    found = lenient_of_blanks(Path(__file__).parent, autoescape=True)
    filters: dict[str, Any] = {
        "words": show.markup_safe,
        "number": show.measured,
        "plain": plain,
    }
    found.filters.update(filters)
    return found


def lenient_of_blanks(folder: Path, *, autoescape: bool) -> Environment:
    """Return an environment in which lines of logic leave no blank lines behind."""
    return Environment(
        loader=FileSystemLoader(folder),
        autoescape=autoescape,  # noqa: S701 -- Markdown of our own needs none
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
