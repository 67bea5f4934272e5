import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin

from gendiff.book import appendices, cells, claims, ledger

NAMES = ["ledger", "systems", "errata", "provenance"]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    source = ledger.root() / "book" / "ledger"
    shutil.copytree(source, tmp_path / "book" / "ledger")
    return tmp_path


def result(verdict: str = "holds", **changes: Any) -> dict[str, Any]:
    claim: dict[str, Any] = {
        "id": "A-C02",
        "kind": "exact",
        "verdict": verdict,
        "measured": {"KS | distance $d$": 0.00341, "steps": 1000},
        "spread": {"KS | distance $d$": 0.0001, "steps": None},
        "n": 3,
        "criterion": "x",
        "condition": "$a | b$" if verdict == "qualified" else None,
        "anchor": "claim-a-c02",
    }
    return {
        "chapter": "autoencoders",
        "preset": "cpu",
        "seeds": [0],
        "key": "k",
        "claims": [claim | changes],
        "systems": [
            {"id": "A-S05", "evidence": ["A-C02", "fig-x"], "anchor": "system-a-s05"}
        ],
        "errata": [
            {"id": "E09", "printed": "s", "computed": -0.25, "anchor": "erratum-e09"}
        ],
        "figures": [
            {"id": "fig-x", "anchor": "fig-x"},
            {"id": "A-F01", "anchor": "fig-x"},
        ],
        "series": {},
        "provenance": {
            "commit": "0123456789abcdef",
            "machine": "2 cores",
            "versions": {"torch": "2.13.0"},
            "precision": "float32",
            "seconds": 41.25,
        },
    }


def put(root: Path, where: str, name: str, content: dict[str, Any]) -> None:
    path = root / where / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), "utf-8")


def text(name: str, root: Path) -> str:
    return getattr(appendices, name)(root)


def parsed(markdown: str) -> str:
    parser = MarkdownIt("commonmark", {"html": True}).enable("table")
    return parser.use(dollarmath_plugin).render(markdown)


def check_tables(markdown: str) -> None:
    """Every row of every table has as many cells as its head, and math stays math."""
    html = parsed(markdown)
    for table in re.findall(r"<table>.*?</table>", html, flags=re.DOTALL):
        heads = table.count("<th>")
        for row in re.findall(r"<tr>(.*?)</tr>", table, flags=re.DOTALL)[1:]:
            assert row.count("<td") == heads, row
            assert row.strip().endswith("</td>"), row
    lines = [line for line in markdown.splitlines() if line.startswith("| ")]
    for line in lines:
        assert len(re.findall(r"(?<!\\)\|", line)) == line.count(" | ") + 2, line
    assert "$" not in re.sub(r"<[^>]+>", "", html)
    assert "| " not in re.sub(r"<[^>]*>.*?</[^>]*>", "", html)


@pytest.mark.parametrize("name", NAMES)
def test_pages_without_results(root: Path, name: str) -> None:
    page = text(name, root)
    check_tables(page)
    assert len(page) < 500_000
    if name == "ledger":
        assert page.count("not yet measured |") >= 263
        assert "| **all** | 0 | 0 | 0 | 0 | 263 | 263 |" in page
    if name == "provenance":
        assert page == "No results are recorded yet."


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("verdict", claims.WORDS)
def test_pages_with_some_results(root: Path, name: str, verdict: str) -> None:
    put(root, "book/results", "autoencoders/cpu", result(verdict))
    check_tables(text(name, root))


def test_every_row_stands_in_a_page(root: Path) -> None:
    pages = "".join(text(name, root) for name in NAMES)
    for row in ledger.rows():
        assert row.id in pages


def test_ledger_links_values_and_verdict(root: Path) -> None:
    put(root, "book/results", "autoencoders/ancestors/cpu", result())
    page = text("ledger", root)
    assert '<a href="autoencoders/ancestors.html#claim-a-c02">A-C02</a>' in page
    assert "*cpu*<br>KS \\| distance $d$: 0.00341 ± 0.00010<br>steps: 1000" in page
    assert '<span class="gd-word gd-holds">✓ holds</span>' in page
    assert "| **all** | 1 | 0 | 0 | 0 | 262 | 263 |" in page


def test_a_qualified_verdict_names_its_condition(root: Path) -> None:
    put(root, "book/results", "autoencoders/cpu", result("qualified"))
    assert r"holds with a qualification</span> $a \| b$" in text("ledger", root)


def test_fresh_results_stand_before_recorded_ones(root: Path) -> None:
    put(root, "book/results", "autoencoders/cpu", result("holds"))
    put(root, "_build/results", "autoencoders/cpu", result("fails"))
    put(root, "book/results", "autoencoders/gpu", result("holds"))
    page = text("ledger", root)
    row = next(line for line in page.splitlines() if 'id="ledger-a-c02"' in line)
    assert "✗ does not hold</span> gpu: holds." in row


def test_the_first_preset_that_decides_gives_the_verdict(root: Path) -> None:
    put(root, "book/results", "autoencoders/cpu", result("undecided"))
    put(root, "book/results", "autoencoders/smoke", result("fails"))
    put(root, "book/results", "autoencoders/gpu", result("holds"))
    page = text("ledger", root)
    row = next(line for line in page.splitlines() if 'id="ledger-a-c02"' in line)
    assert "✓ holds</span> (gpu)" in row


def test_smoke_values_say_so(root: Path) -> None:
    put(root, "_build/results", "autoencoders/smoke", result())
    assert "| *smoke*<br>KS" in text("ledger", root)


def test_systems_lead_to_their_evidence(root: Path) -> None:
    put(root, "book/results", "autoencoders/cpu", result())
    page = text("systems", root)
    assert "1 of 31 systems shown." in page
    assert '<a href="autoencoders.html#claim-a-c02">A-C02</a>, ' in page
    assert '<a href="autoencoders.html#fig-x">fig-x</a>' in page


def test_errata_show_what_was_computed(root: Path) -> None:
    put(root, "book/results", "autoencoders/cpu", result())
    page = text("errata", root)
    assert "printed s, computed −0.25" in page
    assert '<a href="autoencoders.html#erratum-e09">E09</a>' in page


def test_provenance_lists_runs(root: Path) -> None:
    put(root, "book/results", "autoencoders/cpu", result())
    put(root, "book/results", "autoencoders/gpu", {"provenance": None})
    page = text("provenance", root)
    assert "`0123456789ab`" in page
    assert "torch 2.13.0" in page
    check_tables(page)


def test_a_broken_results_file_is_named(root: Path) -> None:
    path = root / "book" / "results" / "x" / "cpu.json"
    path.parent.mkdir(parents=True)
    path.write_text("{")
    with pytest.raises(ValueError, match=r"cpu.json is no results file"):
        appendices.ledger(root)


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
