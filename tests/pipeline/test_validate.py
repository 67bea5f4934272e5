"""Each finding of `validate`, on notebooks written by hand."""

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from pipeline_book import DESCRIBED, IMAGE, claim

from gendiff.book.evidence import MIME
from gendiff.book.validate import problems


def notebook(*outputs: NotebookNode, count: int | None = 1) -> NotebookNode:
    """Return a notebook with one cell that shows some outputs."""
    cell = new_code_cell("1", execution_count=count, outputs=list(outputs))
    return new_notebook(cells=[cell])


def shown(**data: object) -> NotebookNode:
    """Return an output that shows HTML or a picture."""
    return new_output(
        "display_data", data={k.replace("_", "/"): v for k, v in data.items()}
    )


def test_a_sound_notebook_has_no_problems() -> None:
    picture = new_output("display_data", data={"image/png": IMAGE, MIME: DESCRIBED})
    link = shown(text_html='<a href="https://example.org">a link is no request</a>')
    assert problems(notebook(picture, link)) == []


@pytest.mark.parametrize(
    ("html", "said"),
    [
        ('<script src="https://cdn.example/x.js"></script>', "asks another host"),
        ("<img alt='a' src=//host/x.png>", "asks another host"),
        ('<link rel="stylesheet" href="http://host/x.css">', "asks another host"),
        ("<div style='background: url(https://host/x.png)'>", "asks another host"),
        (
            '<script>import x from "x"; fetch("https://host")</script>',
            "asks another host",
        ),
        ("<img src='data:image/png;base64,AA'>", "image without alt"),
        ("<audio controls src='data:audio/wav;base64,AA'>", "without aria-label"),
    ],
)
def test_html_that_reaches_out_or_says_nothing_is_refused(html: str, said: str) -> None:
    (found,) = problems(notebook(shown(text_html=html)))
    assert said in found
    assert found.startswith("code cell 1 ")


@pytest.mark.parametrize(
    ("alt", "said"),
    [
        ("", "without alt text"),
        ("a plot", "says nothing"),
        ("figures/loss_over_steps.png", "says nothing"),
    ],
)
def test_an_alternative_text_must_say_something(alt: str, said: str) -> None:
    data = {"image/png": IMAGE, MIME: DESCRIBED | {"alt": alt}}
    (found,) = problems(notebook(new_output("display_data", data=data)))
    assert said in found


@pytest.mark.parametrize(
    ("output", "said"),
    [
        (
            new_output("stream", name="stderr", text="\nWarning: x\n"),
            "stderr: Warning: x",
        ),
        (new_output("error", ename="KeyError", evalue="'k'"), "raised KeyError: 'k'"),
        (
            new_output(
                "display_data", data={"application/vnd.jupyter.widget-view+json": {}}
            ),
            "shows a widget",
        ),
        (
            new_output("execute_result", data={"text/plain": "<Axes at 0x7f00aa11>"}),
            "an address in memory",
        ),
        (new_output("stream", name="stdout", text="x" * 2_600_000), "hold 2.6 MB"),
    ],
)
def test_an_output_unfit_to_publish_is_refused(output: NotebookNode, said: str) -> None:
    (found,) = problems(notebook(output))
    assert said in found


def test_a_cell_that_did_not_run_is_found() -> None:
    assert problems(notebook(count=None)) == ["code cell 1 was not executed"]


def test_an_expected_exception_is_no_problem() -> None:
    done = notebook(new_output("error", ename="ValueError", evalue="told"))
    done.cells[0].metadata["tags"] = ["raises-exception"]
    assert problems(done) == []


def test_the_banner_of_papermill_and_widget_state_are_found() -> None:
    done = notebook()
    banner = new_markdown_cell("!", metadata={"tags": ["papermill-error-cell-tag"]})
    done.cells.insert(0, banner)
    done.metadata["widgets"] = {}
    first, second = problems(done)
    assert "banner" in first
    assert "widget state" in second


def test_a_chapter_with_ledger_rows_must_judge_one() -> None:
    assert problems(notebook(), claims=["A-C01"]) == [
        "no claim is measured, of 1 that the ledger has for it"
    ]
    judged = notebook(new_output("display_data", data={MIME: claim()}))
    assert problems(judged, claims=["A-C01", "A-C02"]) == []


def test_a_claim_made_twice_is_found() -> None:
    one = new_output("display_data", data={MIME: claim()})
    assert problems(notebook(one, one)) == ["claim A-C02 is recorded 2 times"]
