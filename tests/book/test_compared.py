"""What benchmarks found: kept whole, losses first, gaps shown as gaps."""

from datetime import date
from pathlib import Path

import msgspec
import pytest

from gendiff.book import appendices, compared
from gendiff.book.compared import Measure, Ratio, Table
from gendiff.book.layout import Book


def measure(*values: float) -> Measure:
    ratios = [Ratio(f"at {v}", v, v / 2, 2 * v, "3 noise seeds") for v in values]
    rows: dict[str, list[float | None]] = {"ours": [1.25, None], "a | b": [3.0, 4.0]}
    table = Table("Errors <of> two", ["calls", "5", "10"], rows, "{:.1f}")
    when = date(2026, 1, 2)
    return Measure("A sentence.", [table], ratios, when, "abc", "2 cores", {"x": "1"})


def test_benchmarks_are_kept_beside_each_other(tmp_path: Path) -> None:
    book = Book(tmp_path)
    assert compared.read(book) == {}
    first, second = measure(0.5, 2.0), measure(3.0)
    compared.write(book, "training", first)
    compared.write(book, "accuracy", second)
    assert compared.read(book) == {"accuracy": second, "training": first}
    compared.write(book, "training", second)
    assert compared.read(book)["training"] == second


def test_losses_are_what_is_above_one_the_worst_first() -> None:
    found = measure(0.9, 1.1, 3.0, 1.0).losses()
    assert [ratio.value for ratio in found] == [3.0, 1.1]


def test_what_could_not_be_run_is_a_gap() -> None:
    rows = measure().tables[0].written()
    assert rows == [["ours", "1.2", "–"], ["a | b", "3.0", "4.0"]]


def test_the_page_begins_with_losses(tmp_path: Path) -> None:
    assert appendices.compared(tmp_path).strip() == "No comparison is recorded yet."
    compared.write(Book(tmp_path), "accuracy", measure(0.5, 2.0))
    page = appendices.compared(tmp_path)
    lost = page[: page.index(appendices.MEASURES["accuracy"], page.index("at 2.0"))]
    assert "| at 2.0 | 2.00 | 1.00 to 4.00 |" in page
    assert "at 0.5" not in lost
    assert "a \\| b" in page
    assert "2026-01-02" in page
    without = msgspec.structs.replace(measure(0.5), unmatched=["at 5 calls"])
    compared.write(Book(tmp_path), "accuracy", without)
    assert "| at 5 calls | ours cannot be run" in appendices.compared(tmp_path)
    compared.write(Book(tmp_path), "accuracy", measure(0.5))
    assert "Nowhere" in appendices.compared(tmp_path)


def test_a_file_that_is_something_else_is_refused(tmp_path: Path) -> None:
    path = compared.write(Book(tmp_path), "accuracy", measure(0.5))
    path.write_text("[]")
    with pytest.raises(ValueError, match="object"):
        compared.read(Book(tmp_path))
