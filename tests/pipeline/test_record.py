"""Time: which criterion stood before which number, on ledgers made up for it."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from fake import (
    GAIN,
    GAINS,
    NAME,
    forget,
    page,
    raw,
    recorded,
    rows,
    run,
    swept,
    verdict,
)
from pipeline_book import chapter

from gendiff.book import record, results
from gendiff.book.__main__ import main
from gendiff.book.layout import Book

Make = Callable[..., Book]
MOVED = GAIN | {"above": 0.5}
CONDITION = {"says": "for large ones", "parts": [{"quantity": "large", "below": 0.0}]}


@pytest.fixture
def book(make: Make) -> Book:
    """Return a book of one page and one claim."""
    found = make(good=chapter(page()))
    rows(found, {})
    return found


def test_a_criterion_that_stood_before_its_number_is_stated(book: Book) -> None:
    swept(book)
    recorded(book)
    found = verdict(book)
    assert (found.word, found.status, found.seeds) == ("holds", "stated", 3)


def test_recording_twice_changes_nothing(book: Book) -> None:
    swept(book)
    recorded(book)
    before = raw(book)
    recorded(book)
    assert raw(book) == before
    forget(book)
    recorded(book)
    assert raw(book) == before


def test_a_run_recorded_before_its_sweep_leaves_the_criterion_first(book: Book) -> None:
    recorded(book)
    assert verdict(book).word == "undecided"
    swept(book)
    recorded(book)
    assert verdict(book).status == "stated"


@pytest.mark.parametrize(
    "change",
    [
        {"parts": [MOVED]},
        {"parts": [GAIN, {"quantity": "large", "below": 0.0}]},
        {"parts": [GAIN | {"kind": "exact"}]},
        {"text": "Guidance gains nothing."},
        {"controls": ["untrained weights"]},
        {"scope": "exists"},
        {"requires": CONDITION},
        {"kind": "exact"},
    ],
)
def test_whatever_moves_after_the_number_makes_a_verdict_explored(
    book: Book, change: dict[str, Any]
) -> None:
    swept(book)
    recorded(book)
    rows(book, change)
    assert verdict(book).status in ("explored", None)  # already before it is recorded
    assert verdict(book).counts == "undecided"
    forget(book)
    recorded(book)
    assert raw(book)[NAME]["status"] == "explored"
    assert verdict(book).counts == "undecided"


def test_a_part_that_is_dropped_after_the_number_counts_too(book: Book) -> None:
    rows(book, {"parts": [GAIN, {"quantity": "large", "above": 0.0}]})
    swept(book)
    recorded(book)
    assert verdict(book).word == "fails"
    rows(book, {})
    forget(book)
    recorded(book)
    assert (verdict(book).word, verdict(book).counts) == ("holds", "undecided")


def test_fresh_seeds_confirm_what_was_explored(book: Book) -> None:
    before = swept(book)
    recorded(book)
    rows(book, {"parts": [MOVED]})
    forget(book)
    recorded(book)
    after = swept(book)
    assert not set(before) & set(after)
    recorded(book)
    found = verdict(book)
    assert (found.counts, found.status) == ("holds", "confirmed")
    assert raw(book)[NAME]["seeds"] == sorted([*before, *after])


def test_chosen_seeds_confirm_nothing(book: Book) -> None:
    swept(book, seeds=[1, 2, 3])
    recorded(book)
    assert verdict(book).status == "explored"
    rows(book, {"parts": [MOVED]})
    swept(book, seeds=[4, 5, 6])
    recorded(book)
    assert verdict(book).status == "explored"


def test_chosen_seeds_spoil_what_was_stated(book: Book) -> None:
    swept(book)
    recorded(book)
    swept(book, seeds=[1, 2, 3])
    recorded(book)
    assert verdict(book).status == "explored"


def test_a_seed_that_was_used_before_confirms_nothing(book: Book) -> None:
    seeds = swept(book)
    recorded(book)
    rows(book, {"parts": [MOVED]})
    recorded(book)
    # Back to the old criterion, whose seeds have been looked at.
    rows(book, {})
    assert swept(book) == seeds
    recorded(book)
    assert verdict(book).status == "explored"


def test_more_of_the_same_seeds_keep_a_verdict(book: Book) -> None:
    three = swept(book, gains=[0.3, 0.2, 0.25])
    recorded(book)
    assert verdict(book).word == "undecided"
    five = swept(book, gains=[0.3, 0.2, 0.25, 0.25, 0.25])
    assert five[:3] == three
    recorded(book)
    assert (verdict(book).word, verdict(book).status) == ("holds", "stated")


def test_what_an_old_sweep_proved_stands_when_another_claim_moves(make: Make) -> None:
    book = make(good=chapter(page(NAME, "G-C02")))
    names = (NAME, "G-C02")
    rows(book, {}, {"id": "G-C02"})
    swept(book, names=names)
    recorded(book, names=names)
    rows(book, {}, {"id": "G-C02", "parts": [MOVED]})
    recorded(book, names=names)
    assert verdict(book).status == "stated"
    assert verdict(book, name="G-C02").status == "explored"


@pytest.mark.parametrize(
    "change",
    [
        {"section": "Elsewhere", "text": "guidance  gains something."},
        {"pilot": "0.3 on one seed", "criterion": "The gain, in other words."},
    ],
)
def test_a_row_that_is_carried_over_is_the_same_row(
    book: Book, change: dict[str, Any]
) -> None:
    swept(book)
    recorded(book)
    before = raw(book)
    rows(book, change)
    recorded(book)
    assert raw(book) == before


def test_a_claim_that_moves_to_another_page_is_the_same_claim(make: Make) -> None:
    book = make(good=chapter(page()), other=chapter("1"))
    rows(book, {})
    swept(book)
    recorded(book)
    make(good=chapter("1"), other=chapter(page()))
    swept(book, "other")
    recorded(book, "other")
    assert verdict(book, "other").status == "stated"
    rows(book, {"parts": [MOVED]})
    forget(book, "other")
    recorded(book, "other")
    assert verdict(book, "other").status == "explored"


def test_a_claim_has_one_page(make: Make) -> None:
    book = make(good=chapter(page()), other=chapter(page()))
    rows(book, {})
    results.save(book.results("other", "cpu"), run(chapter="other"))
    with pytest.raises(ValueError, match="a claim has one page"):
        record.record(book, ["other"], "cpu")


def test_a_condition_that_is_added_after_the_number_is_explored(book: Book) -> None:
    swept(book, gains=[-g for g in GAINS])
    recorded(book)
    assert verdict(book).counts == "fails"
    large = CONDITION | {"parts": [{"quantity": "large", "above": 0.0}]}
    rows(book, {"conditions": [large]})
    found = verdict(book)
    assert (found.word, found.counts) == ("condition", "undecided")
    forget(book)
    recorded(book)
    found = verdict(book)
    assert (found.word, found.counts) == ("condition", "undecided")
    swept(book, gains=[-g for g in GAINS])
    recorded(book)
    found = verdict(book)
    assert (found.counts, found.status) == ("condition", "confirmed")


def test_a_condition_that_stood_before_is_stated(book: Book) -> None:
    large = CONDITION | {"parts": [{"quantity": "large", "above": 0.0}]}
    rows(book, {"conditions": [large]})
    swept(book, gains=[-g for g in GAINS])
    recorded(book)
    assert (verdict(book).word, verdict(book).status) == ("condition", "stated")


def test_numbers_without_a_criterion_make_every_later_one_an_explored_one(
    book: Book,
) -> None:
    rows(book, {"parts": []})
    recorded(book)
    assert raw(book)[NAME]["marks"] == []
    rows(book, {})
    recorded(book)
    assert raw(book)[NAME]["status"] == "explored"
    swept(book)
    recorded(book)
    assert verdict(book).status == "confirmed"


def test_leaving_and_coming_back_makes_nobody_forget(make: Make, book: Book) -> None:
    swept(book, gains=[-g for g in GAINS])
    recorded(book)
    assert verdict(book).word == "fails"
    make(good=chapter("1"))
    forget(book)
    recorded(book, names=())
    make(good=chapter(page()))
    rows(book, {"parts": [GAIN | {"above": -5.0}]})
    recorded(book)
    swept(book, gains=[-g for g in GAINS])
    recorded(book)
    assert verdict(book).status == "confirmed"  # fresh seeds, and it says so
    words = [each["word"] for each in raw(book)[NAME]["trials"]]
    assert words == ["fails", "holds", "holds"]  # on old seeds once, which counts not


def test_a_recorded_claim_stays_in_the_ledger(book: Book) -> None:
    recorded(book)
    rows(book, {"id": "G-C99"})
    with pytest.raises(ValueError, match="no longer has G-C01"):
        record.record(book, ["good"], "cpu")


def test_a_file_that_is_removed_makes_nobody_forget(book: Book) -> None:
    swept(book)
    recorded(book)
    book.recorded("good", "cpu").unlink()
    rows(book, {"parts": [MOVED]})
    forget(book)
    recorded(book)
    assert raw(book)[NAME]["status"] == "explored"


def test_a_number_known_at_another_preset_is_known(book: Book) -> None:
    results.save(book.results("good", "gpu"), run())
    record.record(book, ["good"], "gpu")
    swept(book)
    recorded(book)
    assert verdict(book).status == "confirmed"


def test_chosen_seeds_stay_chosen_for_a_claim_that_joins_them(make: Make) -> None:
    book = make(good=chapter(page()))
    rows(book, {}, {"id": "G-C02"})
    swept(book, seeds=[1, 2, 3])
    recorded(book)
    make(good=chapter(page(NAME, "G-C02")))
    swept(book, seeds=[1, 2, 3], names=(NAME, "G-C02"))
    recorded(book, names=(NAME, "G-C02"))
    assert verdict(book, name="G-C02").status == "explored"


def test_two_sweeps_that_contradict_each_other_decide_nothing(
    make: Make, book: Book
) -> None:
    swept(book, gains=[-g for g in GAINS])
    recorded(book)
    assert verdict(book).counts == "fails"
    # Another claim joins the page, and with it come other seeds.
    make(good=chapter(page(NAME, "G-C02")))
    rows(book, {}, {"id": "G-C02"})
    swept(book, names=(NAME, "G-C02"))
    recorded(book, names=(NAME, "G-C02"))
    found = verdict(book)
    assert found.counts == "undecided"
    assert "On other seeds it was: does not hold." in found.reasons


def test_a_criterion_that_is_withdrawn_leaves_its_verdict_behind(book: Book) -> None:
    swept(book, gains=[-g for g in GAINS])
    recorded(book)
    rows(book, {"parts": []})
    forget(book)
    recorded(book)
    found = verdict(book)
    assert found.word == "open"
    assert "withdrawn since, it was: does not hold." in found.reasons[-1]


def test_computed_numbers_are_neither_stated_nor_confirmed(book: Book) -> None:
    rows(book, {"kind": "exact"})
    seeds = record.seeds_of(book, "good", 3)
    runs = [run(1.0, seed=seed, error=None) for seed in seeds]
    sweep = record.Sweep(seeds, {NAME: [each.claims[0] for each in runs]})
    results.save(record.swept(book, "good", "cpu"), sweep)
    recorded(book)
    assert (verdict(book).word, verdict(book).status) == ("holds", "computed")


def test_the_pages_of_a_chapter_take_the_same_seeds() -> None:
    of = partial(record.seeds_of, Book.here(), count=3)
    assert of("guidance") == of("guidance/exact")
    assert not {*of("guidance")} & {*of("perspectives")}


def test_what_is_no_sweep_is_refused(book: Book) -> None:
    claim = run().claims[0]
    for seeds, runs in (([1, 2, 3], 400), ([], 3), ([1, 1, 1], 3), ([1], 1)):
        sweep = record.Sweep(seeds, {NAME: [claim] * runs})
        results.save(record.swept(book, "good", "cpu"), sweep)
        with pytest.raises(ValueError, match="not as many runs"):
            recorded(book)
    sweep = record.Sweep([1, 2, 3], {NAME: [claim] * 3}, {"devices": ["cuda"]})
    results.save(record.swept(book, "good", "cpu"), sweep)
    with pytest.raises(ValueError, match="ran on cuda"):
        recorded(book)


def test_seeds_are_not_taken_back(book: Book) -> None:
    swept(book, gains=[1.0] * 2 + [1.1] * 3)
    recorded(book)
    swept(book)
    with pytest.raises(ValueError, match="--count 5"):
        recorded(book)


def test_a_claim_in_a_loop_is_refused_and_one_in_a_comment_is_none(make: Make) -> None:
    book = make(good=chapter("for name in NAMES:\n    run.claim(name, {})"))
    with pytest.raises(ValueError, match="write the id itself"):
        record.of_page(book, "good")
    book = make(good=chapter('# run.claim("G-C77", {})\n%matplotlib inline\n1'))
    assert record.of_page(book, "good") == []


def test_what_the_ledger_asks_for_now_must_have_been_measured(book: Book) -> None:
    results.save(book.results("good", "cpu"), run())
    rows(book, {"parts": [GAIN | {"quantity": "another gain"}]})
    with pytest.raises(ValueError, match="the ledger asks for another gain"):
        record.record(book, ["good"], "cpu")


def test_only_what_ran_is_recorded(book: Book) -> None:
    with pytest.raises(ValueError, match="run it first"):
        record.record(book, ["good"], "cpu")


def test_an_accelerators_digits_are_not_recorded_for_a_processors_preset(
    book: Book,
) -> None:
    fresh = run()
    fresh.provenance["device"] = "cuda"
    results.save(book.results("good", "cpu"), fresh)
    with pytest.raises(ValueError, match="--device cpu"):
        record.record(book, ["good"], "cpu")


def test_the_command_names_what_it_wrote(
    book: Book, capsys: pytest.CaptureFixture[str]
) -> None:
    results.save(book.results("good", "cpu"), run())
    assert main(["record", "good"]) == 0
    assert "recorded book/results/good/cpu.json" in capsys.readouterr().out
