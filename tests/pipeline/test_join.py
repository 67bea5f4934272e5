"""A page is the text as it stands now with the outputs of its execution."""

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_output
from pipeline_book import DESCRIBED, IMAGE, chapter, claim

from gendiff.book.evidence import MIME
from gendiff.book.join import join
from gendiff.book.notebooks import code, parse


def executed(text: str, *outputs: NotebookNode) -> NotebookNode:
    """Return a chapter executed: its last cell shows some outputs."""
    done = parse(text)
    for count, cell in enumerate(code(done), start=1):
        cell.execution_count = count
    code(done)[-1].outputs = list(outputs)
    injected = new_code_cell(
        "preset = 'cpu'", metadata={"tags": ["injected-parameters"]}
    )
    done.cells.insert(2, injected)
    done.metadata["gendiff"] = {
        "chapter": "good",
        "preset": "cpu",
        "seed": 0,
        "provenance": {
            "commit": "0123abc",
            "machine": "2 cores of a processor",
            "versions": {"torch": "2.13.0"},
            "precision": "float32",
            "seconds": 252.0,
        },
    }
    return done


def picture(name: str) -> NotebookNode:
    """Return the output of a figure."""
    record = DESCRIBED | {"id": name, "name": name}
    return new_output("display_data", data={"image/png": IMAGE, MIME: record})


def joined(*outputs: NotebookNode) -> NotebookNode:
    """Return the page of a chapter whose one cell shows some outputs."""
    text = chapter("show()")
    return join(parse(text), executed(text, *outputs), download="/good.ipynb")


def test_a_figure_gets_its_words_and_its_number() -> None:
    cell = code(joined(picture("fig-one")))[-1]
    assert cell.metadata["mystnb"] == {
        "image": {"alt": DESCRIBED["alt"]},
        "figure": {"caption": DESCRIBED["caption"], "name": "fig-one"},
    }
    assert set(cell.outputs[0].data) == {"image/png"}


def test_a_figure_stands_alone_in_its_cell() -> None:
    # Its caption and name would be given to every output beside it.
    printed = new_output("stream", name="stdout", text="between")
    cells = code(joined(picture("fig-one"), printed, picture("fig-two")))[1:]
    assert cells[0].source == "show()"
    assert all(cell.source for cell in cells)  # myst-nb drops empty cells
    names = [cell.metadata.get("mystnb", {}).get("figure") for cell in cells]
    assert [name and name["name"] for name in names] == ["fig-one", None, "fig-two"]
    assert [len(cell.outputs) for cell in cells] == [1, 1, 1]
    assert all(cell.metadata["tags"] == ["remove-input"] for cell in cells[1:])


def test_a_record_alone_shows_nothing_and_a_block_stays() -> None:
    silent = new_output("display_data", data={MIME: claim()})
    block = new_output("display_data", data={"text/html": "<p>", MIME: claim()})
    cell = code(joined(silent, block))[-1]
    assert [dict(output.data) for output in cell.outputs] == [{"text/html": "<p>"}]


def test_prose_is_the_new_one_and_the_parameters_are_those_of_the_run() -> None:
    old = chapter("show()")
    new = old.replace("# A chapter", "# A better title")
    page = join(parse(new), executed(old), download="/good.ipynb")
    assert page.cells[0].source == "# A better title"
    assert "preset = 'cpu'" in [cell.source for cell in page.cells]


def test_the_box_of_provenance_stands_under_the_title() -> None:
    box = joined().cells[1].source
    for part in (
        "preset **cpu**",
        "4.2 minutes",
        "2 cores of a processor",
        "`0123abc`",
        "torch 2.13.0",
        "papermill book/good.md out.ipynb -p preset cpu -p seed 0",
        "{download}`The executed notebook </good.ipynb>`",
    ):
        assert part in box


def test_other_code_than_was_executed_is_refused() -> None:
    with pytest.raises(AssertionError):
        join(parse(chapter("other()")), executed(chapter("show()")), download="")


def test_ids_of_a_page_are_unique() -> None:
    page = joined(picture("fig-one"), picture("fig-two"))
    nbformat.validate(page)
    assert len({cell["id"] for cell in page.cells}) == len(page.cells)
