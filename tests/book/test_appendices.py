"""Appendices: every row stands somewhere, tables hold, numbers are recorded."""

import json
import re
import shutil
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin

from gendiff.book import appendices, cells, ledger, results
from gendiff.book.evidence import Measured, Number
from gendiff.book.record import Recorded, Sweep
from gendiff.book.results import Results, Shown
from gendiff.book.rows import Claim, Erratum, System
from gendiff.book.verdict import Standing, Status

NAMES = ["ledger", "identities", "systems", "errata", "provenance", "compared"]
JUDGED = next(
    row
    for row in ledger.rows()
    if isinstance(row, Claim)
    and row.parts
    and not (row.controls or row.requires or row.equal or row.conditions)
)
"""A claim that nothing but its parts decides."""
MADE = {
    "commit": "0123456789abcdef",
    "machine": "2 cores",
    "versions": {"torch": "2.13.0"},
    "precision": "float32",
    "seconds": 41.25,
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    source = ledger.root() / "book" / "ledger"
    shutil.copytree(source, tmp_path / "book" / "ledger")
    (tmp_path / "book" / "index.md").write_text("# Index")
    (tmp_path / "_toc.yml").write_text("root: book/index")
    return tmp_path


def put(
    root: Path,
    page: str = "autoencoders",
    *,
    far: float = 1.0,
    status: Status = "stated",
    preset: str = "cpu",
    sweep: bool = True,
) -> None:
    """Record a page whose claim is met (far = 1) or missed (far = -1) by a lot."""
    numbers = {
        part.quantity: Number(
            part.of + (0 if far > 0 else 3 * part.margin)
            if part.relation == "within"
            else part.margin + (1 if part.relation == "above" else -1) * far,
            0.001,
            5,
            "draws",
        )
        for part in JUDGED.parts
    }
    control = {"labels | shuffled": {"a | b at $x$": Number(0.1, 0.1)}}
    numbers["a | b at $x$"] = Number(0.5, 0.01)
    claim = Measured(JUDGED.id, numbers, controls=control, anchor="claim-it")
    shown = [Shown("fig-x", "fig-x"), Shown("A-F01", "fig-x")]
    run = Results(page, preset, 0, "k", dict(MADE), [claim], shown)
    found = Sweep([5, 6, 7], {JUDGED.id: [claim] * 3}, {"machines": ["2 cores"]})
    standing = {JUDGED.id: Standing(sorted(JUDGED.marks()), status)}
    folder = root / "book" / "results"
    results.save(folder / "standing.json", standing)
    path = folder / page / f"{preset}.json"
    results.save(path, Recorded(run, found if sweep else None))
    cell = ["```{code-cell} ipython3", f'run.claim("{JUDGED.id}", {{}})', "```", ""]
    source = root / "book" / f"{page}.md"
    source.parent.mkdir(exist_ok=True)
    source.write_text("\n".join(cell))
    toc = {"root": "book/index", "chapters": [{"file": f"book/{page}"}]}
    (root / "_toc.yml").write_text(json.dumps(toc))


def text(name: str, root: Path) -> str:
    return getattr(appendices, name)(root)


def row_of(name: str, root: Path) -> str:
    page = text("ledger", root)
    anchor = f'id="ledger-{name.lower()}"'
    return next(line for line in page.splitlines() if anchor in line)


def check_tables(markdown: str) -> None:
    """Every row of every table has as many cells as its head, and math stays math."""
    prose = re.sub(r"```.*?```", "", markdown, flags=re.DOTALL)
    parser = MarkdownIt("commonmark", {"html": True}).enable("table")
    html = parser.use(dollarmath_plugin).render(prose)
    for table in re.findall(r"<table>.*?</table>", html, flags=re.DOTALL):
        heads = table.count("<th>")
        for row in re.findall(r"<tr>(.*?)</tr>", table, flags=re.DOTALL)[1:]:
            assert row.count("<td") == heads, row
            assert row.strip().endswith("</td>"), row
    lines = [line for line in prose.splitlines() if line.startswith("| ")]
    for line in lines:
        assert len(re.findall(r"(?<!\\)\|", line)) == line.count(" | ") + 2, line
    assert "$" not in re.sub(r"<[^>]+>", "", html)
    assert not re.search(r"^\| ", html, re.MULTILINE)


@pytest.mark.parametrize("name", NAMES)
def test_pages_without_results(root: Path, name: str) -> None:
    page = text(name, root)
    check_tables(page)
    assert len(page) < 500_000
    if name == "ledger":
        assert "| holds | 0 | 0 | 0 | 0 | 0 | 0 | 0 |" in page
        assert "| **all** | 22 | 48 | 48 | 34 | 50 | 70 | 272 |" in page
    if name == "provenance":
        assert page.strip() == "No results are recorded yet."


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("far", [1.0, -1.0])
def test_pages_with_some_results(root: Path, name: str, far: float) -> None:
    put(root, far=far)
    check_tables(text(name, root))


def test_every_row_stands_in_a_page(root: Path) -> None:
    pages = "".join(text(name, root) for name in NAMES)
    for row in ledger.rows():
        assert row.id in pages


def test_every_test_that_the_ledger_names_is_there(root: Path) -> None:
    page = text("identities", root)
    for row in ledger.rows():
        if isinstance(row, Claim) and row.test:
            name = row.test.partition("::")[2]
            assert f"({name})=" in page
            assert f"def {name}(" in page


def test_links_to_tests_lead_to_labels_of_the_page_that_shows_them(root: Path) -> None:
    labels = re.findall(r"^\((\w+)\)=$", text("identities", root), re.MULTILINE)
    assert len(set(labels)) == len(labels)
    anchors = {label.replace("_", "-") for label in labels}  # as Sphinx makes them
    pages = {name: text(name, root) for name in NAMES}
    links = {
        name: set(re.findall(r"identities\.html#([^\"]+)", page))
        for name, page in pages.items()
    }
    assert {
        name: each - anchors for name, each in links.items() if each - anchors
    } == {}
    assert links["identities"]
    assert links["errata"] - links["identities"]
    assert links["systems"] - links["identities"]


def test_every_piece_of_evidence_is_a_row_a_figure_or_a_test() -> None:
    known = {row.id for row in ledger.rows()}
    for row in ledger.rows():
        names = (
            row.evidence
            if isinstance(row, System)
            else row.by
            if isinstance(row, Erratum)
            else ()
        )
        for name in names:
            assert name in known or name.startswith("fig-") or cells.source(name), name


@pytest.mark.parametrize(
    ("far", "status", "shown"),
    [
        (1.0, "stated", "✓ holds"),
        (1.0, "confirmed", "✓ holds"),
        (1.0, "explored", "? explored: holds"),
        (-1.0, "stated", "✗ does not hold"),
    ],
)
def test_the_ledger_shows_numbers_over_seeds_and_the_verdict(
    root: Path, far: float, status: Status, shown: str
) -> None:
    put(root, "autoencoders/ancestors", far=far, status=status)
    row = row_of(JUDGED.id, root)
    assert f'<a href="autoencoders/ancestors.html#claim-it">{JUDGED.id}</a>' in row
    assert "*3 root seeds*" in row
    assert r"a \| b at $x$: 0.500 ± 0.010" in row
    assert r"*Control, labels \| shuffled:*" in row
    if JUDGED.scope != "exists" or far > 0:
        assert shown in row


def test_an_explored_verdict_is_counted_as_none(root: Path) -> None:
    put(root, status="explored")
    assert "| undecided | 1 | 0 | 0 | 0 | 0 | 0 | 1 |" in text("ledger", root)
    put(root, status="stated")
    assert "| holds | 1 | 0 | 0 | 0 | 0 | 0 | 1 |" in text("ledger", root)


def test_a_run_at_scale_stands_beside_without_a_verdict(root: Path) -> None:
    put(root)
    put(root, preset="gpu", far=-1.0, sweep=False)
    row = row_of(JUDGED.id, root)
    assert "✓ holds" in row
    assert "*gpu:*" in row


def test_one_run_decides_no_experiment(root: Path) -> None:
    put(root, sweep=False)
    row = row_of(JUDGED.id, root)
    if JUDGED.kind == "experiment":
        assert "undecided" in row
    assert "*1 root seed*" in row


def test_systems_lead_to_their_evidence(root: Path) -> None:
    put(root)
    page = text("systems", root)
    assert re.search(r"\d+ of 31 systems shown\.", page)
    assert '<a href="autoencoders.html#fig-x">fig-x</a>' in page


def test_errata_lead_to_what_settles_them(root: Path) -> None:
    page = text("errata", root)
    assert '<a href="identities.html#test-' in page


def test_provenance_lists_runs_and_sweeps(root: Path) -> None:
    put(root)
    page = text("provenance", root)
    assert "`0123456789ab`" in page
    assert "torch 2.13.0" in page
    assert "seeds 5, 6, 7" in page
    check_tables(page)


def test_a_broken_results_file_is_named(root: Path) -> None:
    path = root / "book" / "results" / "x" / "cpu.json"
    path.parent.mkdir(parents=True)
    path.write_text("{")
    with pytest.raises(ValueError, match=r"cpu.json does not hold recorded"):
        appendices.ledger(root)


def test_the_source_of_a_test_is_whole() -> None:
    name = "tests/formulas/test_autoencoders.py"
    whole = Path(ledger.root(), name).read_text("utf-8")
    first = re.search(r"^def (test_\w+)", whole, re.MULTILINE)
    assert first is not None
    found = cells.source(f"{name}::{first[1]}")
    assert found.count("\ndef ") + found.startswith("def ") == 1
    compile(found, name, "exec")
    with pytest.raises(ValueError, match="there is no test"):
        cells.source(f"{name}::test_nothing")
    with pytest.raises(ValueError, match="write tests/formulas"):
        cells.source("G-C01")


@pytest.mark.parametrize(
    ("given", "cell"),
    [
        ("a | b", r"a \| b"),
        ("a < b", "a &lt; b"),
        ("$a<b$", "$a<b$"),
        ("costs 5$", r"costs 5\$"),
        ("[x](y)", r"\[x](y)"),
    ],
)
def test_cells_hold_no_accidental_markup(given: str, cell: str) -> None:
    assert cells.text(given) == cell
