"""Numbers in sentences: from the text through the run to the page."""

import math
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import numpy as np
import pytest
import torch
from pipeline_book import chapter

from gendiff.book import blocks, prose
from gendiff.book.execute import Outcome, Plan
from gendiff.book.join import join
from gendiff.book.layout import Book
from gendiff.book.notebooks import code, parse, plain, values
from gendiff.book.schedule import run

Make = Callable[..., Book]
START = 'from gendiff import book\nrun = book.start("good", preset=preset, seed=seed)'

SENTENCE = """
So {eval}`f"{x:.1f}"` of {eval}`n`, and {eval}`f"{x:.1f}"` again.

```python
"{eval}`shown`"
```

```{note}
Or {eval}`f"{-x:.1f}"`, of {eval}`10 * n`.
```
"""


@pytest.fixture
def text() -> str:
    return chapter(START, "x, n = 2.55, 1234") + SENTENCE


def attempted(plan: Plan) -> Outcome:
    """Run the one chapter of a book."""
    (outcome,) = run(plan, ["good"])
    return outcome


def test_each_expression_is_evaluated_once_at_the_end(text: str) -> None:
    last = code(parse(text))[-1]
    assert prose.evaluates(last)
    assert last.source.count("x:.1f") == 4  # two expressions, as name and as code
    assert "shown" not in last.source
    assert len(code(plain(text))) == len(code(parse(text))) - 1


def test_fences_within_fences_are_told_apart() -> None:
    text = """
````{exercise} About {eval}`a`
{eval}`b`

```python
"{eval}`shown`"
```
{eval}`c`
````

```
{eval}`shown`
```

```{note}
{eval}`d`
```
{eval}`e`
"""
    assert [*prose.expressions(text)] == ["a", "b", "c", "d", "e"]
    filled = prose.told(text, dict.fromkeys("abcde", "7"))
    assert filled.count("7") == 5
    assert filled.count("{eval}") == 2


@pytest.mark.parametrize("mark", ["1. ", "- ", "> ", "* 2) "])
def test_a_fence_may_begin_a_list_or_a_quotation(mark: str) -> None:
    text = f"{mark}```text\n   {{eval}}`shown`\n   ```\n\n{{eval}}`a`\n"
    assert [*prose.expressions(text)] == ["a"]


def test_a_page_without_numbers_gets_no_cell() -> None:
    assert parse(chapter("x = 1")).cells == parse(chapter("x = 1")).cells
    assert not any(prose.evaluates(cell) for cell in code(parse(chapter("x = 1"))))


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (1.5, "give it a format"),
        ("nan %", "find out why"),
        ("-inf", "find out why"),
        ("nans", "find out why"),
        ("INFdB", "find out why"),
        ("nan_", "find out why"),
        (None, "NoneType"),
        (True, "bool"),
        ("", "the str ''"),
    ],
)
def test_what_no_sentence_can_show_is_refused(value: object, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        blocks.written("x", value)


def test_a_text_may_say_infinite_or_nanometre() -> None:
    for text in ("infinite, 3 nanometres", "Inference", "information", "finance"):
        assert blocks.written("x", text) == text


@pytest.mark.parametrize(
    "condition", [(False, "x"), [0], lambda: False, "False", math.nan, None, 1]
)
def test_a_condition_is_true_or_false(condition: object) -> None:
    with pytest.raises(ValueError, match="neither true nor false"):
        blocks.says(condition, "It is so.")


def test_conditions_of_arrays_and_tensors_count() -> None:
    assert blocks.says(np.bool_(1), "It is so.") == "It is so."
    assert blocks.says(torch.tensor(2.0) > 1, "It is so.") == "It is so."


def test_a_sentence_that_is_not_so_does_not_stand_alone() -> None:
    told = "(Not so in this run: It is so.)"
    assert blocks.says(1 > 2, "It is so.") == told  # noqa: PLR0133


def test_values_are_set_as_readers_write_them() -> None:
    known = {"a": "-1.5", "b": "123456", "c": "0.123456", "d": "2023-01"}
    text = "{eval}`a` {eval}`b` {eval}`c` {eval}`d` {eval}`e`"
    shown = "−1.5 123\N{THIN SPACE}456 0.123456 2023-01 (not computed)"
    assert prose.told(text, known) == shown


def test_a_value_is_no_markdown() -> None:
    known = {"a": "*a_b* `c` $d$ [e](f) <g>", "b": "x~y|z{w}\\v"}
    escaped = r"\*a\_b\* \`c\` \$d\$ \[e\](f) \<g\> x\~y\|z\{w\}\\v"
    assert prose.told("{eval}`a` {eval}`b`", known) == escaped


def test_the_page_shows_what_the_run_computed(make: Make, text: str) -> None:
    book = make(good=text)
    plan = Plan(book, "smoke")
    assert not attempted(plan).trouble
    done = nbformat.read(book.executed("good", plan.variant), as_version=4)
    expected = {
        'f"{x:.1f}"': "2.5", "n": "1234", 'f"{-x:.1f}"': "-2.5", "10 * n": "12340",
    }  # fmt: skip
    assert values(done) == expected
    page = join(parse(text), done, download="/good.ipynb")
    shown = "\n".join(c.source for c in page.cells if c.cell_type == "markdown")
    assert "So 2.5 of 1234, and 2.5 again." in shown
    assert "Or −2.5, of 12\N{THIN SPACE}340." in shown
    assert '"{eval}`shown`"' in shown
    assert not any(prose.evaluates(cell) for cell in code(page))
    kept = [c.metadata[prose.KEPT] for c in done.cells if prose.KEPT in c.metadata]
    assert [[each["expression"] for each in one] for one in kept] == [
        ['f"{x:.1f}"', "n", 'f"{x:.1f}"', 'f"{-x:.1f}"', "10 * n"]
    ]
    assert kept[0][0]["result"]["data"]["text/plain"] == "'2.5'"


def test_an_expression_that_fails_is_told_as_one_of_the_prose(
    make: Make, text: str
) -> None:
    book = make(good=text + "\nAnd {eval}`missing`.\n")
    outcome = attempted(Plan(book, "smoke"))
    assert "book/good.md, its sentences" in outcome.trouble
    assert "NameError: name 'missing'" in outcome.trouble


def test_papermill_fills_the_prose_with_the_engine_of_the_book(
    make: Make, text: str, tmp_path: Path
) -> None:
    book = make(good=text)
    out = tmp_path / "out.ipynb"
    command = [sys.executable, "-m", "papermill", "book/good.md", str(out)]
    for engine, filled in ((["--engine", "gendiff"], True), ([], False)):
        done = subprocess.run(
            [*command, *engine, "--no-progress-bar"],
            cwd=book.root,
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        found = nbformat.read(out, as_version=4)
        assert any(prose.KEPT in c.metadata for c in found.cells) == filled


@pytest.mark.parametrize(("seed", "wrong"), [(0, True), (1, False)])
def test_a_sentence_that_the_published_run_contradicts_is_refused(
    make: Make, seed: int, *, wrong: bool
) -> None:
    work = 'run.says(1 > 2, "One is more than two.");'
    book = make(good=chapter(START, work))
    outcome = attempted(Plan(book, "cpu", seed))
    assert ("contradicts the sentence: One is more" in outcome.trouble) == wrong
