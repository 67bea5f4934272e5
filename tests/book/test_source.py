"""The code of the library, shown on a page."""

import inspect
import json

import pytest
from IPython.core.interactiveshell import InteractiveShell
from torch.nn import functional as parts

from gendiff.book import blocks
from gendiff.estimate import Estimate, fraction
from gendiff.guidance import Contrast
from gendiff.tokens.search import beam


def shown(thing: object, capsys: pytest.CaptureFixture[str]) -> str:
    assert not InteractiveShell.initialized()
    blocks.source(thing)  # pyright: ignore[reportArgumentType]
    return capsys.readouterr().out


def test_a_method_is_shown_without_its_docstring(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = shown(Contrast.__call__, capsys)
    where, *code = text.splitlines()
    assert where == "# gendiff/guidance/contrast.py"
    assert code[0].startswith("def __call__(")
    assert "return torch.lerp(self.away(x, sigma), toward, self.scale)" in text
    assert '"""' not in text
    assert all(line.strip() for line in code)


def test_a_wrapped_function_is_shown_where_it_stands(
    capsys: pytest.CaptureFixture[str],
) -> None:
    where, *code = shown(beam, capsys).splitlines()
    assert where == "# gendiff/tokens/search.py"
    assert code[:2] == ["@torch.no_grad()", "def beam("]


class EmptyError(ValueError):
    """Has a docstring and no more."""


@pytest.mark.parametrize("thing", [EmptyError, parts.dropout, len, lambda: 1])
def test_what_is_not_the_librarys_is_refused(thing: object) -> None:
    with pytest.raises(ValueError, match="is not written in the library"):
        blocks.source(thing)  # pyright: ignore[reportArgumentType]


def test_what_only_has_a_docstring_is_code_without_it() -> None:
    text = inspect.getsource(EmptyError)
    assert blocks.undocumented(text) == "class EmptyError(ValueError):\n    ..."


@pytest.mark.parametrize("thing", [fraction, Estimate])
def test_what_is_shown_is_code(
    thing: object, capsys: pytest.CaptureFixture[str]
) -> None:
    text = shown(thing, capsys)
    compile(text, "shown", "exec")
    assert json.dumps(text)
