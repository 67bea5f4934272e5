"""A page is the text as it stands now with the outputs of its execution."""

import re

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_output
from pipeline_book import DESCRIBED, IMAGE, chapter, claim

from gendiff.book import foot, ledger
from gendiff.book.evidence import MIME, Measured, Number, to_json
from gendiff.book.join import join, unexecuted
from gendiff.book.notebooks import code, parse, tags
from gendiff.book.record import Recorded, Sweep
from gendiff.book.results import Results
from gendiff.book.rows import Claim


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


def test_prose_is_the_new_one_and_what_papermill_injects_is_left_to_the_box() -> None:
    old = chapter("show()")
    new = old.replace("# A chapter", "# A better title")
    page = join(parse(new), executed(old), download="/good.ipynb")
    assert page.cells[0].source == "# A better title"
    assert "preset = 'cpu'" not in [cell.source for cell in page.cells]
    assert "preset **cpu**" in page.cells[1].source


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


def half(text: str, *trouble: str, line: int | None = None) -> NotebookNode:
    """Return a chapter whose run failed."""
    done = executed(text)
    done.metadata["gendiff"] |= {"trouble": list(trouble), "line": line}
    return join(parse(text), done, download="/failed.ipynb")


def boxes(page: NotebookNode) -> list[str]:
    """Return the boxes of a page that is not whole."""
    return [c.source for c in page.cells if "gendiff-failed" in c.source]


def test_a_failure_stands_at_the_top_and_at_its_cell() -> None:
    page = half(
        chapter("a", "b", "c"),
        "code cell 3 raised KeyError: 'k'",
        "code cell 4 was not executed",
        line=25,
    )
    top, here = boxes(page)
    assert "book/good.md:25: code cell 3 raised KeyError: 'k'\nthe code after" in top
    assert "make book CHAPTERS=good PRESET=cpu" in top
    assert "`The half-executed notebook </failed.ipynb>`" in top
    assert "code cell 3 raised" in here
    assert [c.source for c in page.cells if c.source == here or len(c.source) == 1] == [
        "a",
        "b",
        here,
        "c",
    ]
    nbformat.validate(page)


def test_a_finding_of_every_cell_stands_there_but_what_never_ran_once() -> None:
    first, *more = (f"code cell {n} was not executed" for n in (2, 3, 4))
    died = half(chapter("a", "b", "c"), "the kernel died", first, *more)
    assert len(boxes(died)) == 2
    told = "code cell 2 wrote to stderr: x", "code cell 4 shows an address in memory: y"
    assert len(boxes(half(chapter("a", "b", "c"), *told))) == 3
    assert len(boxes(half(chapter("a"), "the outputs hold 3.0 MB, over 2.5"))) == 1


@pytest.mark.parametrize("said", ["`a`", "```", "````{note}", "$x$ <b> [a](b)"])
def test_what_a_finding_says_is_no_markup(said: str) -> None:
    top, _ = boxes(half(chapter("a"), f"code cell 2 raised E: {said}"))
    inside = max(len(run) for run in re.findall("`+", said) or [""])
    fences = [len(run) for run in re.findall(r"^`+", top, flags=re.MULTILINE)]
    assert fences[0] == fences[-1] > fences[1] == fences[2] > inside


def test_a_page_that_never_ran_has_one_box() -> None:
    page = unexecuted(parse(chapter("a")), "good", "smoke")
    (box,) = boxes(page)
    assert "make book CHAPTERS=good PRESET=smoke" in box
    assert page.cells[0].source.startswith("# A chapter")
    assert not any(cell.get("outputs") for cell in page.cells)


def test_a_claim_shows_what_is_recorded_of_it() -> None:
    row = next(r for r in ledger.rows() if isinstance(r, Claim) and r.parts)
    numbers = {part.quantity: Number(0.5, 0.1) for part in row.parts}
    measured = Measured(row.id, numbers, anchor="claim-it")
    told = {"kind": "claim", **to_json(measured)}
    output = new_output("display_data", data={"text/html": "<p>", MIME: told})
    text = chapter("1")
    done = executed(text, output)
    run = Results("a", "cpu", 0, "k", {}, [measured])
    recorded = Recorded(run, Sweep([1, 2, 3], {row.id: [measured] * 3}))
    shown = join(parse(text), done, download="/x.ipynb", recorded=recorded)
    (page,) = [
        each["data"]["text/html"]
        for cell in code(shown)
        for each in cell.outputs
        if "data" in each and "text/html" in each["data"]
    ]
    assert "3 root seeds" in page
    assert f'aria-label="Claim {row.id}: ' in page
    again = join(parse(text), done, download="/x.ipynb")
    assert any(
        each["data"].get("text/html") == "<p>"
        for cell in code(again)
        for each in cell.outputs
    )


def test_the_foot_has_the_parts_in_the_order_of_the_criterion() -> None:
    row = next(
        row
        for chapter in ledger.load()
        for row in chapter.claims
        if [part.quantity for part in row.parts]
        != sorted({part.quantity for part in row.parts})
    )
    order = list(dict.fromkeys(part.quantity for part in row.parts))
    numbers = {name: Number(0.5, 0.1) for name in sorted([*order, "aside"])}
    assert list(foot.asked(row, numbers)) == order


def test_the_foot_of_a_page_sums_up_what_it_measured() -> None:
    row = next(r for r in ledger.rows() if isinstance(r, Claim) and r.parts)
    asked = [part.quantity for part in row.parts]
    numbers = {name: Number(0.5, 0.1) for name in ["aside", *asked]}
    measured = Measured(row.id, numbers, {"shuffled": numbers}, anchor="claim-it")
    told = {"kind": "claim", **to_json(measured)}
    text = chapter("1") + "\n## What was measured\n\nAll of it.\n\nAfter.\n"
    done = executed(text, new_output("display_data", data={MIME: told}))
    run = Results("a", "cpu", 0, "k", {}, [measured])
    recorded = Recorded(run, Sweep([1, 2, 3], {row.id: [measured] * 3}))
    page = join(parse(text), done, download="/x.ipynb", recorded=recorded)
    foot = next(c.source for c in page.cells if "What was measured" in c.source)
    first, table, last = (
        foot.index("All of it."),
        foot.index("| id |"),
        foot.index("After."),
    )
    assert first < table < last
    assert f'<a href="#claim-it">{row.id}</a>' in foot
    assert f'href="ledger.html#ledger-{row.id.lower()}"' in foot
    assert "3 root seeds" in foot
    assert "*Control, shuffled:*" in foot
    assert asked[0] in foot
    assert "aside" not in foot  # the box has it


def test_a_page_without_claims_has_no_table_at_its_foot() -> None:
    text = chapter("1") + "\n## What was measured\n\nNothing.\n"
    page = join(parse(text), executed(text), download="/x.ipynb")
    assert not any("| id |" in cell.source for cell in page.cells)


def test_a_cell_that_jupyterlab_folds_is_folded_in_the_book() -> None:
    folded = (
        "```{code-cell} ipython3\n---\njupyter:\n  source_hidden: true\n---\n2\n```\n"
    )
    text = chapter("1") + folded
    page = join(parse(text), executed(text), download="/x.ipynb")
    last = code(page)[-1]
    assert last.source == "2"
    assert "hide-input" in tags(last)
