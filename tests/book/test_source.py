"""The code of the library, shown on a page."""

import inspect
import json

import pytest
from IPython.core.interactiveshell import InteractiveShell

from gendiff.book import blocks
from gendiff.estimate import Estimate, fraction
from gendiff.guidance import Contrast


def shown(thing: object, capsys: pytest.CaptureFixture[str]) -> str:
    assert not InteractiveShell.initialized()
    blocks.source(thing)  # pyright: ignore[reportArgumentType]
    return capsys.readouterr().out


def test_a_method_is_shown_without_its_docstring(
    capsys: pytest.CaptureFixture[str],
) -> None:
    # The suite checks shapes by a wrapper, which a page does not see.
    text = shown(inspect.unwrap(Contrast.__call__), capsys)
    where, *code = text.splitlines()
    assert where.startswith("# gendiff/guidance.py, line ")
    assert code[0].startswith("def __call__(")
    assert "return torch.lerp(self.away(x, sigma), toward, self.scale)" in text
    assert '"""' not in text
    assert all(line.strip() for line in code)


@pytest.mark.parametrize("thing", [fraction, Estimate])
def test_what_is_shown_is_code(
    thing: object, capsys: pytest.CaptureFixture[str]
) -> None:
    text = shown(thing, capsys)
    compile(text, "shown", "exec")
    assert json.dumps(text)
