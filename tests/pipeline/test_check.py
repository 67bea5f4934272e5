"""Fresh numbers against recorded ones: what breaks a check, and what is a remark."""

from collections.abc import Callable
from typing import Any

import pytest
from fake import NAME, page, recorded, rows, run, swept
from pipeline_book import chapter

from gendiff.book import record, results
from gendiff.book.__main__ import main
from gendiff.book.check import check, compare
from gendiff.book.layout import Book
from gendiff.book.record import Recorded

Make = Callable[..., Book]


@pytest.fixture
def book(make: Make) -> Book:
    """Return a book whose one claim holds, with gains of 1.0, 1.1 and 1.2."""
    found = make(good=chapter(page()))
    rows(found, {})
    swept(found)
    recorded(found)
    return found


def findings(book: Book, **fresh: Any) -> list[tuple[str, bool]]:
    """Return what a fresh run differs in, and whether it is grave."""
    old = results.read(book.recorded("good", "cpu"), Recorded)
    return list(compare(old, run(**fresh), record.rows_of(book)))


def test_numbers_that_agree_leave_nothing_to_say(book: Book) -> None:
    assert findings(book, gain=1.05) == []


@pytest.mark.parametrize("machine", ["two cores", "another"])
def test_a_part_decided_the_opposite_way_is_grave_everywhere(
    book: Book, machine: str
) -> None:
    found = findings(book, gain=-1.0, machine=machine)
    assert any("comes out the other way" in text and bad for text, bad in found)


def test_the_opposite_way_takes_three_of_its_own_errors(book: Book) -> None:
    found = findings(book, gain=-0.2, machine="another")
    assert not any(bad for _, bad in found)
    assert any("further apart" in text for text, _ in found)


def test_four_spreads_of_the_sweep_are_the_limit_on_the_same_machine(
    book: Book,
) -> None:
    # sd over seeds is 0.1, and so are the errors within; the recorded run found 1.0
    assert findings(book, gain=1.0 + 0.39) == []
    (*_, (text, bad)) = findings(book, gain=1.0 + 0.41)
    assert bad
    assert "further apart than 0.4" in text
    assert not any(bad for _, bad in findings(book, gain=1.6, machine="another"))


def test_another_seed_makes_differences_remarks(book: Book) -> None:
    found = findings(book, gain=1.6, seed=1)
    assert found
    assert not any(bad for _, bad in found)


def test_exact_numbers_agree_to_rounding(make: Make) -> None:
    book = make(good=chapter(page()))
    rows(book, {"kind": "exact"})
    seeds = record.seeds_of(book, "good", 3)
    runs = [run(1.0, seed=seed, error=None).claims[0] for seed in seeds]
    sweep = record.Sweep(seeds, {NAME: runs}, {"machines": ["two cores"]})
    results.save(record.swept(book, "good", "cpu"), sweep)
    recorded(book)
    assert findings(book, gain=1.0 + 5e-7, error=None) == []
    assert any(bad for _, bad in findings(book, gain=1.0 + 5e-6, error=None))
    assert any("other way" in text for text, _ in findings(book, gain=-1.0, error=None))


@pytest.mark.parametrize("kind", ["timing", "published", "opinion"])
def test_times_and_what_nothing_judges_are_never_compared(
    make: Make, kind: str
) -> None:
    book = make(good=chapter(page()))
    rows(book, {"kind": kind, "parts": []})
    results.save(book.results("good", "cpu"), run(1.0))
    record.record(book, ["good"], "cpu")
    assert findings(book, gain=-50.0) == []


def test_a_number_without_an_error_is_judged_by_that_of_a_seed(book: Book) -> None:
    found = findings(book, gain=-0.1, error=None, machine="another")
    assert not any(bad for _, bad in found)


def test_what_a_part_asks_for_must_be_there(book: Book) -> None:
    old = results.read(book.recorded("good", "cpu"), Recorded)
    fresh = run(1.1, machine="another")
    del fresh.claims[0].numbers["gain"]
    found = list(compare(old, fresh, record.rows_of(book)))
    assert ("claim G-C01: 'gain' is asked for and not measured", True) in found


def test_claims_that_come_and_go(book: Book) -> None:
    found = findings(book, names=("G-C02",))
    assert ("claim G-C01 is recorded and no longer measured", True) in found
    assert ("claim G-C02 is not recorded yet", False) in found
    # A row that left the ledger, or became an identity, may leave its page.
    rows(book, {"id": "G-C03"})
    gone = [bad for text, bad in findings(book, names=()) if NAME in text]
    assert gone == [False]


def test_a_key_that_changed_is_told_when_the_numbers_agree(book: Book) -> None:
    (found,) = findings(book, gain=1.05, key="other")
    assert found == ("recorded with an earlier library, the numbers agree", False)


def test_nothing_recorded_and_nothing_run() -> None:
    (missing,) = compare(None, run(), {})
    assert missing[1] is False
    assert "nothing is recorded yet" in missing[0]
    assert list(compare(None, run(names=()), {})) == []
    assert next(iter(compare(None, None, {})))[1] is True


def test_a_claim_on_two_pages_is_grave(make: Make) -> None:
    book = make(good=chapter(page()), other=chapter(page()))
    rows(book, {})
    results.save(book.results("good", "smoke"), run())
    found = [f for f in check(book, ["good"], "smoke") if f.grave]
    assert [f.text for f in found] == ["claim G-C01 is measured on good, other"]


def test_the_command_is_strict_under_ci(
    book: Book, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    results.save(book.results("good", "cpu"), run(-1.0))
    monkeypatch.delenv("CI", raising=False)
    assert main(["check", "good"]) == 0
    assert "These are warnings here" in capsys.readouterr().out
    monkeypatch.setenv("CI", "true")
    assert main(["check", "good"]) == 1
    assert main(["check", "good", "--strict"]) == 1
