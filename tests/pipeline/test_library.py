"""The pages of the library: each module on one of them, docstrings as meant."""

import pkgutil
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import gendiff
from gendiff.book.layout import Book

sys.path.insert(0, str(Path(__file__).parents[2] / "book" / "_ext"))
import docstrings
import library

BOOK = Book(Path(__file__).parents[2])


def test_every_public_module_stands_on_one_page() -> None:
    markers = [
        name
        for each in BOOK.pages()
        for name in library.MARKER.findall(BOOK.text(each))
    ]
    wanted = library.packages()
    assert sorted(filter(None, markers)) == sorted(wanted), (
        "each package has a page book/api/NAME.md with a title and "
        "<!-- library: gendiff.NAME -->, and a line in _toc.yml"
    )
    found = Counter(name for each in wanted for name in library.modules(each))
    modules = pkgutil.walk_packages(gendiff.__path__, "gendiff.")
    known = {each.name for each in modules if "._" not in each.name}
    library_proper = {n for n in known if not f"{n}.".startswith("gendiff.book.")}
    assert found == Counter({"gendiff", *library_proper})


def told(what: str, text: str) -> str:
    """Return a docstring as Sphinx gets it."""
    lines = text.split("\n")
    nothing: Any = None
    docstrings.prepare(nothing, what, "name", nothing, nothing, lines)
    return "\n".join(lines)


def test_an_indented_paragraph_is_a_formula() -> None:
    text = "Text:\n\n    |x| * y*\n\nMore::\n\n    code\n\n- item\n\n  its end\n"
    marked = text.replace("    |", ".. code-block:: text\n\n    |")
    assert told("module", text) == marked
    section = "Text.\n\nRaises:\n    ValueError: If it is so.\n\n        And so on."
    assert told("function", section) == section


def test_references_are_a_list_that_leads_to_arxiv() -> None:
    text = (
        "Text.\n\nReferences:\n    A (2020), arXiv:2006.10739,\n        eq. 1.\n    B."
    )
    link = "`arXiv:2006.10739 <https://arxiv.org/abs/2006.10739>`__"
    assert told("function", text) == (
        f"Text.\n\n:References:\n    - A (2020), {link},\n          eq. 1.\n    - B."
    )


@pytest.mark.parametrize("what", ["attribute", "data", "property"])
def test_a_colon_in_the_words_on_an_attribute_names_no_type(what: str) -> None:
    assert told(what, "A part: some.").split("\n") == ["..", "", "A part: some."]


def test_defaults_that_are_functions_have_their_names() -> None:
    def example(one: int = 1, draw: Any = told) -> None:
        """Do nothing."""

    docstrings.name_defaults(None, example)  # pyright: ignore[reportArgumentType]
    assert str(docstrings.inspect.signature(example)).count("draw: Any = told") == 1
