import re
from pathlib import Path

import pytest
import yaml

from gendiff.book import ledger
from gendiff.book.rows import Claim, Erratum, Figure, Formula, System

COUNTS = {Claim: 286, System: 277, Formula: 135, Figure: 57, Erratum: 38}
PATTERN = {
    Claim: r"[AGPLTW]-[CN]\d\d",
    System: r"[AGPLTW]-S\d\d",
    Formula: r"[AGPLTW]-M\d\d",
    Figure: r"[AGPLTW]-F\d\d",
    Erratum: r"E\d\d",
}
LETTER = dict(zip(ledger.CHAPTERS, "AGPLTW", strict=True))


@pytest.mark.parametrize("table", COUNTS)
def test_the_whole_road_is_in_the_ledger(table: type) -> None:
    rows = [row for row in ledger.rows() if type(row) is table]
    assert len(rows) == COUNTS[table]
    assert all(re.fullmatch(PATTERN[table], row.id) for row in rows)


def test_rows_are_numbered_through_and_stand_in_their_chapter() -> None:
    for chapter in ledger.load():
        old = [row for row in chapter.claims if row.since is None]
        tables = {
            "C": old,
            "N": chapter.claims[len(old) :],  # methods newer than the posts come last
            "S": chapter.systems,
            "M": chapter.formulas,
            "F": chapter.figures,
        }
        for letter, rows in tables.items():
            assert [row.id for row in rows] == [
                f"{LETTER[chapter.name]}-{letter}{k:02}"
                for k in range(1, len(rows) + 1)
            ]
    errata = sorted(row.id for row in ledger.rows() if isinstance(row, Erratum))
    assert errata == [f"E{k:02}" for k in range(1, 39)]


def test_every_claim_has_a_text_and_a_criterion() -> None:
    for row in ledger.rows():
        if isinstance(row, Claim):
            assert len(row.text) > 15, row.id
            assert len(row.criterion) >= 25, row.id
            assert row.criterion.endswith((".", ".)")), row.id


def test_texts_speak_of_the_posts_and_not_of_their_own_making() -> None:
    folder = ledger.root() / "book" / "ledger"
    text = "".join(path.read_text("utf-8") for path in folder.glob("*.yml"))
    for word in (
        r"seed 0",
        r"\b00\d…",
        r"inventory",
        r"our run",
        r"library loss",
        r"crawl",
        r"extraction of",
        r"\b(GMM|GRF|SHAPES|PHOTO|CHAIN|TXT|NOTE|EXT)\b",
    ):
        assert not re.search(word, text), word


def test_formulas_are_closed() -> None:
    for row in ledger.rows():
        for name in row.__dataclass_fields__:
            text = str(getattr(row, name))
            assert text.count("$") % 2 == 0, (row.id, name)
            for formula in re.findall(r"\$([^$]*)\$", text):
                assert formula.count("{") == formula.count("}"), (row.id, formula)


def test_find_names_the_nearest() -> None:
    assert ledger.find("E09", Erratum).post == "autoencoders"
    with pytest.raises(ValueError, match=r"no erratum 'E9'; nearest: .*E09"):
        ledger.find("E9", Erratum)
    with pytest.raises(ValueError, match=r"no claim 'a-c01'; nearest: A-C01"):
        ledger.claim("a-c01")


def test_root_is_found_above_the_package_or_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GENDIFF_ROOT", raising=False)
    monkeypatch.chdir(tmp_path)
    assert (ledger.root() / "pyproject.toml").exists()
    (tmp_path / "book" / "ledger").mkdir(parents=True)
    monkeypatch.setenv("GENDIFF_ROOT", str(tmp_path))
    assert ledger.root() == tmp_path
    monkeypatch.setenv("GENDIFF_ROOT", str(tmp_path / "nowhere"))
    with pytest.raises(ValueError, match=r"no book/ledger in .*nowhere.*GENDIFF_ROOT"):
        ledger.root()


ROW = {
    "id": "X-C01",
    "post": "guidance",
    "text": "A text.",
    "kind": "exact",
    "criterion": "A criterion.",
}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "guessed"}, r"row X-C01: Invalid enum value 'guessed' .*\$\.kind"),
        ({"post": "unknown"}, r"Invalid enum value 'unknown' .*\$\.post"),
        ({"numbers": 3}, r"Expected `str`, got `int` .*\$\.numbers"),
        ({"thought": "x"}, "row X-C01: there is no field thought"),
        ({"parts": [{"quantity": "q"}]}, "exactly one of above, below, within"),
        (
            {"parts": [{"quantity": "q", "above": 0, "beneath": 1}]},
            "there is no field beneath",
        ),
        ({"kind": "identity"}, "an identity has a test"),
    ],
)
def test_a_malformed_row_is_named(
    tmp_path: Path, change: dict[str, object], message: str
) -> None:
    path = tmp_path / "x.yml"
    path.write_text(yaml.safe_dump({"claims": [ROW | change]}), "utf-8")
    with pytest.raises(ValueError, match=message):
        ledger.read(path)


def test_missing_fields_and_tables_are_named(tmp_path: Path) -> None:
    path = tmp_path / "x.yml"
    path.write_text(yaml.safe_dump({"claims": [{"id": "X-C01"}]}), "utf-8")
    with pytest.raises(ValueError, match=r"X-C01: .*missing required field"):
        ledger.read(path)
    path.write_text(yaml.safe_dump({"clams": []}), "utf-8")
    with pytest.raises(ValueError, match="must hold the tables claims, systems"):
        ledger.read(path)


def test_ids_are_unique(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "book" / "ledger"
    folder.mkdir(parents=True)
    for name in ledger.CHAPTERS:
        (folder / f"{name}.yml").write_text(yaml.safe_dump({"claims": [ROW]}), "utf-8")
    monkeypatch.setenv("GENDIFF_ROOT", str(tmp_path))
    with pytest.raises(ValueError, match="id X-C01 stands twice"):
        ledger.load()
