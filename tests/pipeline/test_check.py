"""Fresh numbers against recorded ones: each kind has its own tolerance."""

import math
from collections.abc import Callable
from typing import Any

import pytest
from pipeline_book import chapter, claim

from gendiff.book import results
from gendiff.book.__main__ import main
from gendiff.book.check import compare, coverage
from gendiff.book.layout import Book
from gendiff.book.sweep import over_seeds

Make = Callable[..., Book]


def result(*claims: dict[str, Any], seed: int = 0, key: str = "k") -> results.Results:
    """Return results that hold some claims."""
    about = {"chapter": "good", "preset": "smoke", "seeds": [seed], "key": key}
    picked = [results.claim(each) for each in claims]
    return about | {"claims": picked, "systems": [], "provenance": {}}


def grave(then: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """Return the grave differences between two measurements."""
    return [text for text, bad in compare(result(then), result(now)) if bad]


@pytest.mark.parametrize(
    ("kind", "old", "new", "spread", "agrees"),
    [
        ("exact", 1.0, 1.0 + 5e-7, None, True),
        ("exact", 1.0, 1.0 + 5e-6, None, False),
        ("exact", 3e-16, 8e-16, None, True),
        ("exact", 1.0, 1.01, 0.1, False),
        ("exact", 1.0, -1.0, None, False),
        ("exact", -1e-12, 1e-12, None, True),
        ("trained", 1.0, -1.0, None, False),
        ("trained", -1.0, 1.0, 0.1, False),
        ("trained", -1.0, -1.04, None, True),
        ("exact", math.inf, -math.inf, None, False),
        ("exact", math.inf, math.inf, None, True),
        ("exact", math.nan, math.nan, None, True),
        ("exact", math.nan, 1.0, None, False),
        ("trained", 1.0, 1.04, None, True),
        ("trained", 1.0, 1.08, None, False),
        ("trained", 1.0, 1.30, 0.1, True),
        ("trained", 1.0, 1.50, 0.1, False),
        ("timing", 1.0, 50.0, None, True),
        ("published", 1.0, 50.0, None, True),
    ],
)
def test_tolerance_goes_by_kind(
    kind: str,
    old: float,
    new: float,
    spread: float | None,
    agrees: bool,  # noqa: FBT001
) -> None:
    said = {"claim": kind, "spread": {"error": spread}}
    then, now = claim(value=old, **said), claim(value=new, **said)
    assert bool(grave(then, now)) != agrees


def test_a_changed_verdict_is_told() -> None:
    (text,) = grave(claim("holds"), claim("fails"))
    assert text == "claim A-C02 was recorded as 'holds' and is 'fails' now"


def test_the_verdict_of_a_timing_may_change() -> None:
    assert not grave(claim("holds", claim="timing"), claim("fails", claim="timing"))


def test_on_another_processor_numbers_may_move_and_verdicts_may_not() -> None:
    then, now = result(claim("holds", value=1.0)), result(claim("fails", value=2.0))
    then["provenance"], now["provenance"] = {"machine": "A"}, {"machine": "B"}
    (verdict, grave_verdict), (number, grave_number) = compare(then, now)
    assert "'holds'" in verdict
    assert grave_verdict
    assert number.endswith("; on A")
    assert not grave_number


def test_a_quantity_on_one_side_is_told() -> None:
    assert grave(claim(), claim(measured={"other": 1.0}, spread={"other": None}))


def test_a_claim_that_disappeared_is_grave_and_a_new_one_is_not() -> None:
    assert list(compare(result(claim()), result())) == [
        ("claim A-C02 is recorded and no longer measured", True)
    ]
    assert list(compare(result(), result(claim()))) == [
        ("claim A-C02 is not recorded yet", False)
    ]


def test_another_key_alone_is_a_remark() -> None:
    then, now = result(claim(), key="old"), result(claim(), key="new")
    assert [bad for _, bad in compare(then, now)] == [False]


@pytest.mark.parametrize(
    ("words", "ci", "status"),
    [([], "", 0), ([], "true", 1), (["--strict"], "", 1)],
)
def test_a_changed_verdict_fails_in_ci_and_warns_a_reader(
    make: Make,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    ci: str,
    status: int,
) -> None:
    monkeypatch.setenv("CI", ci)
    book = make(good=chapter("1"))
    results.save(book.recorded("good", "smoke"), result(claim("holds")))
    results.save(book.results("good", "smoke"), result(claim("fails")))
    assert main(["check", "--preset", "smoke", *words]) == status
    assert "DIFFERS good: claim A-C02 was recorded as" in capsys.readouterr().out


def test_open_claims_are_told_and_a_claim_on_two_pages_is_grave(make: Make) -> None:
    book = make(good=chapter("1"), **{"good/part": chapter("1")})
    row = "post: autoencoders, text: t, kind: exact, criterion: c"
    ledger = book.root / "book" / "ledger"
    ledger.mkdir()
    (ledger / "good.yml").write_text(
        f"claims: [{{id: A-C02, {row}}}, {{id: A-C03, {row}}}]"
    )
    for page in ("good", "good/part"):
        results.save(book.results(page, "smoke"), result(claim()))
    assert list(coverage(book, "good", "smoke")) == [
        ("claims without a verdict yet: A-C03", False),
        ("claim A-C02 is judged on 2 pages", True),
    ]
    assert list(coverage(book, "good/part", "smoke")) == []


def test_a_sweep_adds_the_spread_over_seeds() -> None:
    runs = [
        result(claim(value=value), seed=s) for s, value in enumerate([1.0, 2.0, 3.0])
    ]
    swept = over_seeds(runs)
    (one,) = swept["claims"]
    assert (one["measured"], one["spread"], one["n"]) == (
        {"error": 1.0},
        {"error": 1.0},
        3,
    )
    assert swept["seeds"] == [0, 1, 2]


def test_a_sweep_keeps_a_spread_from_inside_the_run_and_tells_split_verdicts() -> None:
    own = {"spread": {"error": 0.25}, "n": 5}
    runs = [result(claim("holds", **own)), result(claim("fails", **own), seed=1)]
    (one,) = over_seeds(runs)["claims"]
    assert (one["spread"], one["n"]) == ({"error": 0.25}, 5)
    assert one["verdicts"] == ["fails", "holds"]


def test_recording_keeps_a_spread_that_only_a_sweep_has(make: Make) -> None:
    book = make(good=chapter("1"))
    swept = over_seeds(
        [result(claim(value=v), seed=s) for s, v in enumerate([1.0, 2.0])]
    )
    results.save(book.recorded("good", "smoke"), swept)
    results.save(book.results("good", "smoke"), result(claim(value=1.1)))
    assert main(["record", "--preset", "smoke"]) == 0
    kept = results.read(book.recorded("good", "smoke"))
    assert kept is not None
    assert kept["claims"][0]["measured"] == {"error": 1.1}
    assert kept["claims"][0]["spread"]["error"] == pytest.approx(0.5**0.5)


def test_recording_what_was_not_run_is_refused(
    make: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    make(good=chapter("1"))
    assert main(["record", "--preset", "smoke"]) == 2
    assert "has no results for 'smoke'; run it first" in capsys.readouterr().err
