import doctest
import types
from typing import Any

import pytest

from gendiff.book import run, show
from gendiff.book.evidence import MIME
from gendiff.drawing import style


@pytest.mark.parametrize("module", [show, style, run])
def test_examples_in_docstrings(module: types.ModuleType) -> None:
    tried = doctest.testmod(module)
    assert tried.attempted
    assert not tried.failed


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a < b & c", "a &lt; b &amp; c"),
        ("$a<b$", r"\(a&lt;b\)"),
        ("**x** and *y*", "<strong>x</strong> and <em>y</em>"),
        ("3*4*5 stays", "3*4*5 stays"),
        ("$p*q$ *and* $r*s$", r"\(p*q\) <em>and</em> \(r*s\)"),
        ("`a*b*c`", "<code>a*b*c</code>"),
    ],
)
def test_markup(text: str, html: str) -> None:
    assert show.markup(text) == html


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (0.0, 3, "0"),
        (3.0, 3, "3"),
        (12345, 3, "12 345"),
        (-0.5, 3, "−0.5"),
        (0.00098765, 3, "0.000988"),
        (0.000012345, 3, "1.23 × 10⁻⁵"),
        (1.5e20, 3, "1.5 × 10²⁰"),
        (123456.789, 3, "123 457"),
        (0.1234567, 6, "0.123457"),
        (0.9999, 3, "1"),
    ],
)
def test_number(value: float, digits: int, text: str) -> None:
    assert show.number(value, digits) == text


@pytest.mark.parametrize(
    ("value", "spread", "text"),
    [
        (0.123456, 0.01, "0.123 ± 0.010"),
        (1234.6, 120.0, "1235 ± 120"),
        (1e-9, 2e-10, "1 × 10⁻⁹ ± 2 × 10⁻¹⁰"),
        (-0.5, 0.25, "−0.50 ± 0.25"),
    ],
)
def test_uncertain(value: float, spread: float, text: str) -> None:
    assert show.uncertain(value, spread) == text


def test_publish_displays_one_output_with_its_record(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[tuple[Any, Any]] = []
    monkeypatch.setattr(show.InteractiveShell, "initialized", lambda: True)
    monkeypatch.setattr(
        show,
        "display",
        lambda bundle, *, raw, metadata: seen.append((bundle, metadata)),
    )
    show.publish({"text/plain": "x"}, {"kind": "claim"}, a=1)
    assert seen == [({"text/plain": "x", MIME: {"kind": "claim"}}, {"a": 1})]


def test_scripts_read_plain_text(capsys: pytest.CaptureFixture[str]) -> None:
    show.publish({"text/plain": "a line", "text/html": "<p>"}, {"kind": "claim"})
    show.aside("<p>only in JupyterLab</p>", "x")
    assert capsys.readouterr().out == "a line\n"
