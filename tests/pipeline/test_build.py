"""What ran is rendered: a page that failed has its outputs, and a box that says why."""

import re
import shutil
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_output
from pipeline_book import DESCRIBED, IMAGE, chapter, claim, figure

from gendiff.book import build, rendering
from gendiff.book.__main__ import main
from gendiff.book.evidence import MIME
from gendiff.book.execute import Plan
from gendiff.book.layout import Book
from gendiff.book.notebooks import code, parse

Make = Callable[..., Book]

ROOT = Path(__file__).parents[2]
FRAME = (
    *("_config.yml", "book/_ext", "book/_static"),
    *("book/references.bib", "gendiff/book/blocks.css"),
)
"""What a site needs besides its chapters."""
NAMED: dict[str, object] = DESCRIBED | {"id": "fig-late", "name": "fig-late"}
TEXTS = {
    "good": chapter("print('a good', 'output')"),
    "broken": chapter(
        "print('before', 'it')",
        "{}['`lacking`']",
        "print('beyond', 'it')",
        figure(NAMED),
    ),
    "never": chapter("print('never', 'run')"),
    "refers": "# Refers\n\nSee {numref}`fig-late`.\n",
}


def frame(book: Book) -> None:
    """Give a book what a site needs."""
    for name in FRAME:
        source, target = ROOT / name, book.root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if source.is_dir() else shutil.copy2)(source, target)


def put(
    book: Book, name: str, *outputs: Any, failed: bool = False, **about: Any
) -> Path:
    """Write the notebook that a run of a chapter leaves, with outputs at its end."""
    done = parse(book.text(name))
    for count, cell in enumerate(code(done), start=1):
        cell.execution_count = count
    code(done)[-1].outputs = list(outputs)
    provenance = {"versions": {}, "seconds": 1.0, "machine": "m", "commit": "c"}
    done.metadata["gendiff"] = {
        "chapter": name,
        "key": next(build.keys(book, name, "smoke")),
        "preset": "smoke",
        "seed": 0,
        "provenance": provenance | {"precision": "float32"},
    } | about
    path = (book.failed if failed else book.executed)(name, "smoke")
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(done, path)
    return path


def rows(book: Book, name: str) -> None:
    """Give a chapter a ledger of one claim."""
    row = "{id: A-C02, post: autoencoders, text: t, kind: exact, criterion: c}"
    ledger = book.root / "book" / "ledger"
    ledger.mkdir(exist_ok=True)
    (ledger / f"{name}.yml").write_text(f"claims: [{row}]")


def words(page: Path) -> str:
    """Return what a page says, without markup."""
    article = page.read_text("utf-8").partition("<article")[2].partition("</article")[0]
    return " ".join(unescape(re.sub(r"<[^>]+>", "", article)).split())


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Run two chapters of four pages, one of which fails, and render all."""
    root = tmp_path_factory.mktemp("book")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GENDIFF_CACHE", str(root / "cache"))
        (root / "book").mkdir()
        names = "".join(f"  - file: book/{name}\n" for name in TEXTS)
        (root / "_toc.yml").write_text(
            f"format: jb-book\nroot: book/index\nchapters:\n{names}"
        )
        (root / "book" / "index.md").write_text("# Index\n")
        for name, text in TEXTS.items():
            (root / "book" / f"{name}.md").write_text(text)
        book = Book(root)
        frame(book)
        patch.chdir(root)
        ran = main(["run", "good", "broken", "--preset", "smoke"])
        site = build.build(book, book.chapters(), "smoke")
        yield {"book": book, "ran": ran, "site": site}


def test_all_pages_are_rendered_and_those_that_are_not_whole_are_told(
    rendered: dict[str, Any],
) -> None:
    site: build.Site = rendered["site"]
    assert rendered["ran"] == 1
    assert all((site.page.parent / f"{name}.html").exists() for name in TEXTS)
    line = 1 + TEXTS["broken"][: TEXTS["broken"].index("{}[")].count("\n")
    broken, never = site.failed
    assert broken == (
        f"book/broken.md:{line}: code cell 3 raised KeyError: '`lacking`'; "
        "make book CHAPTERS=broken PRESET=smoke"
    )
    assert never.startswith("book/never.md was not executed in its present form")
    assert str(site).startswith(
        f"The book: {site.page.as_uri()}\n2 pages are not whole"
    )
    assert len(str(site).splitlines()) == 5
    assert "fig-late" in site.log.read_text()  # a warning, and no error
    assert (site.dangling, site.warnings) == (1, 0)
    assert "1 reference leads to a figure that is not there" in str(site)
    assert f"{site.log} lists it" in str(site)


def test_references_that_lead_nowhere_are_counted_in_whole_sentences() -> None:
    log = Path("sphinx.log")
    assert str(build.Site(Path("/i.html"), [], 8, 0, log)).endswith(
        "8 references lead to figures that are not there, since their pages have not "
        "run: sphinx.log lists them"
    )


def test_how_far_sphinx_is_goes_to_a_log_once_a_minute(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [
        "\x1b[1mreading sources... \x1b[0m[ 50%] \x1b[35mbook/index\x1b[0m\n",
        "looking for now-outdated files... none found\n",
        "writing output... [100%] book/good\n",
    ]
    rendering.follow(lines)
    assert capsys.readouterr().out == ""
    monkeypatch.setattr(rendering, "MINUTE", -1.0)
    rendering.follow(lines)
    assert capsys.readouterr().out == (
        "...     rendering, 50 % of the pages read: book/index\n"
        "...     rendering, 100 % of the pages written: book/good\n"
    )


def test_a_page_that_failed_has_what_ran_and_says_which_cell_failed_and_why(
    rendered: dict[str, Any],
) -> None:
    page = rendered["site"].page.with_name("broken.html")
    text, said = page.read_text("utf-8"), words(page)
    assert text.count("gendiff-failed") == 2
    for part in (
        "The run of this page failed",
        "book/broken.md:26: code cell 3 raised KeyError: '`lacking`'",
        "make book CHAPTERS=broken PRESET=smoke",
        "the code after it was not executed",
        "before it",
        "print('beyond', 'it')",
        "It failed here",
    ):
        assert part in said
    assert "beyond it" not in said
    assert said.index("before it") < said.index("It failed here")
    assert said.index("It failed here") < said.index("print('beyond', 'it')")
    assert re.search(r'href="[^"]*_downloads/[^"]+/broken\.ipynb"', text)
    assert "How this page was made" not in said


def test_a_page_that_never_ran_has_its_code_and_says_so(
    rendered: dict[str, Any],
) -> None:
    page = rendered["site"].page.with_name("never.html")
    assert page.read_text("utf-8").count("gendiff-failed") == 1
    said = words(page)
    assert "This page was not executed" in said
    assert "make book CHAPTERS=never PRESET=smoke" in said
    assert "print('never', 'run')" in said
    assert "never run" not in said


def test_a_whole_page_has_no_box_and_its_provenance(rendered: dict[str, Any]) -> None:
    page = rendered["site"].page.with_name("good.html")
    assert "gendiff-failed" not in page.read_text("utf-8")
    assert "a good output" in words(page)
    assert "How this page was made" in words(page)


def test_a_whole_book_takes_no_warning(rendered: dict[str, Any]) -> None:
    book: Book = rendered["book"]
    book.source("broken").write_text(chapter("1"))
    for name in ("broken", "never"):
        put(book, name)
    for _ in range(2):  # Sphinx warns of what it reads: the second time, too
        with pytest.raises(ValueError, match=r"fig-late[\s\S]*not built; see .*log"):
            build.build(book, book.chapters(), "smoke")
    shows = new_output("display_data", data={"image/png": IMAGE, MIME: NAMED})
    put(book, "never", shows)
    site = build.build(book, book.chapters(), "smoke")
    assert "fig-late" in site.page.with_name("refers.html").read_text("utf-8")
    assert (site.failed, site.dangling, site.warnings) == ([], 0, 0)
    assert "gendiff-failed" not in site.page.with_name("never.html").read_text("utf-8")


def test_a_notebook_counts_while_its_key_does(make: Make) -> None:
    book = make(good=chapter("1"))
    assert build.latest(book, "good", "smoke") is None
    failed = put(book, "good", failed=True, trouble=["it failed"], line=None)
    assert build.latest(book, "good", "smoke") == failed
    assert build.stored(book, "good", "smoke") is None
    assert build.missing(book, ["good"], "smoke") == [
        "book/good.md: it failed; make book CHAPTERS=good PRESET=smoke"
    ]
    done = put(book, "good")
    assert build.latest(book, "good", "smoke") == done
    assert build.missing(book, ["good"], "smoke") == []
    book.source("good").write_text(chapter("2"))
    assert build.latest(book, "good", "smoke") is None


def test_a_run_on_another_device_is_shown(make: Make) -> None:
    book = make(good=chapter("1"))
    key = Plan(book, "gpu", device="cuda").key(parse(book.text("good")))
    put(book, "good").rename(book.built / "one.ipynb")
    path = book.executed("good", "gpu")
    path.parent.mkdir(parents=True)
    text = (book.built / "one.ipynb").read_text()
    old = next(build.keys(book, "good", "smoke"))
    path.write_text(text.replace(old, key))
    assert build.latest(book, "good", "gpu") == path


@pytest.mark.parametrize(
    ("warning", "awaited"),
    [
        ("/b/book/x.md:10: WARNING: undefined label: 'fig-late'", True),
        ("/b/book/x.md:10: WARNING: undefined label: 'fig-la'", False),
        ("/b/book/x.md:10: WARNING: undefined label: 'fig-lacking'", False),
        ("/b/book/x.md:10: WARNING: no image 'fig-late'", False),
    ],
)
def test_only_a_figure_of_a_page_that_has_not_run_is_awaited(
    warning: str,
    awaited: bool,  # noqa: FBT001
) -> None:
    text = """See {numref}`fig-lacking`.\nrun.figure(fig, name="fig-late")"""
    assert build.awaited(warning, ["another", text]) == awaited
    assert not build.awaited(warning, [])


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"metadata": {}}'])
def test_a_broken_notebook_is_none(make: Make, text: str) -> None:
    book = make(good=chapter("1"))
    put(book, "good").write_text(text)
    assert build.latest(book, "good", "smoke") is None


def test_code_that_cannot_be_read_has_not_run(make: Make) -> None:
    book = make(good=chapter("1"))
    put(book, "good")
    book.source("good").write_text(chapter("1 +"))
    assert build.latest(book, "good", "smoke") is None


def test_validate_refuses_a_chapter_that_judges_none_of_its_claims(
    make: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    book = make(good=chapter("1"))
    rows(book, "good")
    put(book, "good")
    assert main(["validate", "--preset", "smoke"]) == 1
    assert "no claim is measured, of 1 that the ledger" in capsys.readouterr().err
    judged = new_output("display_data", data={MIME: claim()})
    put(book, "good", judged)
    assert main(["validate", "--preset", "smoke"]) == 0


def test_run_refuses_a_chapter_that_judges_none_of_its_claims(
    make: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    book = make(good=chapter("1"))
    rows(book, "good")
    assert main(["run", "--preset", "smoke"]) == 1
    assert "no claim is measured, of 1 that the ledger" in capsys.readouterr().out
    assert build.latest(book, "good", "smoke") == book.failed("good", "smoke")
