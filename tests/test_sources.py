"""The texts of the chapters, without running them: what every reader may rely on."""

import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import jupytext
import lesson
import pytest

from gendiff.book.layout import Book
from gendiff.book.notebooks import code, parameters, parse, tags
from gendiff.book.prose import told
from gendiff.book.record import of_page as claims_of

ROOT = Path(__file__).parents[1]
BOOK = Book(ROOT)
PAGES = BOOK.pages()
CHAPTERS = BOOK.chapters()
TOLD = [c for c in CHAPTERS if (ROOT / "book" / "ledger" / f"{c}.yml").exists()]
"""Chapters that retell a post: the ledger has rows for them."""

FORBIDDEN = {
    r"^\s*[!%]": "shell and magics",
    r"\bpip\b": "installation",
    r"""["']cuda""": "a device that not everyone has; use run.device",
    r"\bopen\(|read_text\(|\.load\(": "files; the library finds data",
    r"https?://": "addresses",
    r"\btqdm\b": "a bar of its own; use run.progress",
    r"\bplt\.show\(": "a figure without words; use run.figure",
    r"\btime\.": "a clock, which no two runs agree on",
    r"filterwarnings|simplefilter": "hidden warnings",
}


def prose(page: str) -> str:
    """Return a page without its code cells and fences."""
    fenced = r"^(`{3,}|:{3,})(.|\n)*?^\1\s*$"
    return re.sub(fenced, "", BOOK.text(page), flags=re.MULTILINE)


def headings(page: str) -> list[tuple[int, str]]:
    """Return the headings of a page with their depths."""
    found = re.findall(r"^(#+) (.+)$", prose(page), flags=re.MULTILINE)
    return [(len(marks), title) for marks, title in found]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_has_one_title_and_no_gaps_below_it(page: str) -> None:
    depths = [depth for depth, _ in headings(page)]
    assert depths[0] == 1
    assert depths.count(1) == 1
    assert all(deeper - depth <= 1 for depth, deeper in pairwise(depths))


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chapter_can_be_referred_to(chapter: str) -> None:
    assert re.search(r"^\([a-z0-9-]+\)=\n+# ", BOOK.text(chapter), flags=re.MULTILINE)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_parameters_come_first_and_are_literals(chapter: str) -> None:
    notebook = parse(BOOK.text(chapter))
    assert "parameters" in tags(code(notebook)[0])
    defaults = parameters(notebook)
    assert defaults == {"preset": "smoke", "seed": 0, "overrides": {}}


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chapter_has_one_table_of_sizes(chapter: str) -> None:
    cells = code(parse(BOOK.text(chapter)))
    assert sum(cell.source.count("run.choose(") for cell in cells) <= 1


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chapter_starts_under_its_own_name(chapter: str) -> None:
    second = " ".join(code(parse(BOOK.text(chapter)))[1].source.split())
    given = "preset=preset, seed=seed, overrides=overrides"
    assert re.search(rf'book.start\( ?"{chapter}", {given} ?\)', second)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_code_reaches_for_nothing_outside(chapter: str) -> None:
    for number, cell in enumerate(code(parse(BOOK.text(chapter))), start=1):
        for pattern, what in FORBIDDEN.items():
            found = re.search(pattern, cell.source, flags=re.MULTILINE)
            assert not found, (
                f"{chapter}, code cell {number}: {found and found[0]}: {what}"
            )


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_no_output_is_exempt_from_comparison(chapter: str) -> None:
    text = BOOK.text(chapter).lower()
    assert not re.search(r"nbval|remove-stderr", text)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_jupytext_would_write_the_same_file(chapter: str) -> None:
    text = BOOK.text(chapter)
    again = jupytext.writes(jupytext.reads(text, fmt="md:myst"), fmt="md:myst")
    versions = r"^\s*(format_version|jupytext_version): .*\n"
    assert re.sub(versions, "", again, flags=re.MULTILINE) == text


@pytest.mark.parametrize("chapter", TOLD)
def test_a_chapter_that_retells_a_post_keeps_its_promises(chapter: str) -> None:
    titles = " ".join(title.lower() for _, title in headings(chapter))
    for section in ("where the post and the numbers part", "exercises"):
        assert section in titles
    text = BOOK.text(chapter)
    assert re.search(r"\]\(#[a-z]+\d{4}[a-z]*\)", text)
    exercises = re.findall(r"\{exercise\}.*?\n:label: (\S+)", text, flags=re.DOTALL)
    assert exercises
    assert set(exercises) == set(re.findall(r"\{solution\} (\S+)", text))


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_name_that_the_prose_uses_is_bound_once(chapter: str) -> None:
    # JupyterLab shows what a name is when the paragraph runs, the book what it is last.
    assert not lesson.rebound(parse(BOOK.text(chapter)))


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_what_the_prose_uses_is_not_changed_below_it(chapter: str) -> None:
    assert not lesson.unsteady(parse(BOOK.text(chapter)))


@pytest.mark.parametrize(
    "source",
    ["n.append(2)", "n['a'] = 2", "n.x[0] = 2", "n += 1", "del n[0]", "n.x.sort()"],
)
def test_a_change_in_place_is_seen(source: str) -> None:
    assert [*lesson.changed(f"if True:\n    {source}")] == ["n"]
    assert not [*lesson.changed(f"def f(n):\n    {source}")]


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_paragraph_uses_no_name_that_is_bound_below_it(chapter: str) -> None:
    # JupyterLab evaluates a paragraph when it runs, in its turn.
    assert not lesson.ahead(parse(BOOK.text(chapter)))


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_claims_are_named_by_their_ids(chapter: str) -> None:
    assert len(claims_of(BOOK, chapter)) == BOOK.text(chapter).count("run.claim(")


@pytest.mark.parametrize("page", PAGES)
def test_no_line_of_prose_is_taken_for_a_comment(page: str) -> None:
    assert not re.search(r"^%", prose(page), flags=re.MULTILINE)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_reads_in_jupyterlab(page: str) -> None:
    # There, a role without words of its own shows the name of its target, and other
    # pages are found by their files alone: [words](page.md).
    bare = r"\{ref\}`[^`<]+`|\{(?:doc|cite|numref|glue)[^}]*\}`[^`]*`"
    assert not re.findall(bare, BOOK.text(page))
    assert not re.findall(r"hide-input|hide-cell", BOOK.text(page))
    assert not re.findall(r"\\(?:E|Normal|KL|argmin)\b", prose(page))  # no macros there
    assert "{eval}" not in told(BOOK.text(page), {})  # as one that is broken over lines


LONG = (
    "autoencoders/ancestors",
    "autoencoders/scale",
    "typicality",
)
"""Pages that do not keep to the measures of a lesson yet, until they are rebuilt."""


@pytest.mark.parametrize("chapter", sorted({*CHAPTERS} - {*LONG}))
def test_a_page_is_a_lesson(chapter: str) -> None:
    notebook = parse(BOOK.text(chapter))
    found = lesson.counts(BOOK.text(chapter), notebook)
    assert found.lines <= 1_250
    assert found.longest <= 30
    assert found.folded <= found.visible
    assert found.words >= 3 * found.visible
    assert len(claims_of(BOOK, chapter)) <= 12


def test_code_cells_are_linted_and_formatted() -> None:
    script = Path(__file__).with_name("lint_chapters.py")
    done = subprocess.run(
        [sys.executable, str(script)], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
