"""What replaces a size: in which type, under which name, and what is refused."""

import math
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gendiff import book
from gendiff.book import overrides, shared
from gendiff.book.identity import identity
from gendiff.book.run import Run
from gendiff.studies import digit_classifiers, digits
from gendiff.studies.language import readers, writers

SIZES: dict[str, Any] = {
    "samples": 840,
    "share": 0.5,
    "widths": (32, 64),
    "bounds": (0.25, math.inf),
    "kind": "late",
    "smooth": True,
    "by name": {"a third": (18, 36)},
}


def run(**changed: object) -> Run:
    return Run("guidance", "smoke", 0, changed)


def choose(changed: Mapping[str, Any]) -> SimpleNamespace:
    given = Run("guidance", "cpu", 0, changed)
    return given.choose(smoke=SIZES | {"samples": 42}, cpu=SIZES, gpu=SIZES)


@pytest.mark.parametrize(
    ("name", "given", "found"),
    [
        ("samples", 500, 500),
        ("share", 1, 1.0),
        ("share", 0.25, 0.25),
        ("widths", [8], (8,)),
        ("widths", (), ()),
        ("bounds", [1, 2, 3.5], (1.0, 2.0, 3.5)),
        ("kind", "early", "early"),
        ("smooth", False, False),
        ("by name", {"half": [24, 48], "all": [64]}, {"half": (24, 48), "all": (64,)}),
    ],
)
def test_a_value_takes_the_type_of_what_it_replaces(
    name: str, given: object, found: object
) -> None:
    chosen = vars(choose({name: given}))
    assert repr(chosen.pop(name)) == repr(found)  # 1 is no 1.0 here
    assert chosen == {k: v for k, v in SIZES.items() if k != name}


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("samples", 0.5),
        ("samples", 500.0),
        ("samples", True),
        ("samples", "500"),
        ("samples", None),
        ("samples", [500]),
        ("share", "a half"),
        ("widths", 32),
        ("widths", [8.5]),
        ("widths", [[8]]),
        ("bounds", [1, "inf"]),
        ("kind", 3),
        ("smooth", 1),
        ("by name", {"half": 24}),
        ("by name", {2: [24]}),
        ("by name", [24]),
    ],
)
def test_a_value_of_another_type_is_refused_with_the_sizes_that_there_are(
    name: str, given: object
) -> None:
    told = rf"size '{name}': .* type .*; there are samples, share, widths, bounds"
    with pytest.raises(ValueError, match=told):
        choose({name: given})


@pytest.mark.parametrize("given", [math.inf, -math.inf, math.nan, 10**400])
def test_a_number_that_is_none_is_refused(given: float) -> None:
    with pytest.raises(ValueError, match=r"size 'share': .*(finite|too large)"):
        choose({"share": given})


@pytest.mark.parametrize(
    ("name", "given"),
    [("samples", -5), ("widths", (8, -1)), ("by name", {"half": (-24, 48)})],
)
def test_a_count_below_zero_is_refused_by_the_name_of_its_size(
    name: str, given: object
) -> None:
    with pytest.raises(ValueError, match=rf"size '{name}': -\d+ is below 0"):
        choose({name: given})


def test_a_size_that_may_be_negative_stays_one() -> None:
    assert overrides.like(-3, -1) == -3
    assert overrides.like(-0.5, 0.5) == -0.5
    assert overrides.like(0, 7) == 0


def test_a_name_that_is_nearly_right_is_suggested() -> None:
    with pytest.raises(ValueError, match=r"'sample' .*; did you mean samples"):
        choose({"sample": 1})


def test_of_an_empty_sequence_nobody_knows_what_it_holds() -> None:
    assert overrides.like([1, "a"], ()) == (1, "a")


@pytest.mark.parametrize("name", ["sample", "preset", "digit.updates", "digits"])
def test_an_unknown_name_is_refused_with_the_sizes_that_there_are(name: str) -> None:
    told = rf"no size '{name}' to override; .*there are samples, .*digits\.updates"
    with pytest.raises(ValueError, match=told):
        choose({name: 1})


@pytest.mark.parametrize("given", ['{"samples": 500}', [("samples", 500)], {1: 2}, 5])
def test_start_wants_sizes_by_name(given: Any) -> None:
    with pytest.raises(ValueError, match=r"give sizes by name.*after -y"):
        book.start("guidance", overrides=given)


def test_start_hands_them_to_the_run() -> None:
    given = {"samples": 500}
    started = book.start("guidance", overrides=given)
    assert started.overrides == given
    given.clear()
    assert started.overrides == {"samples": 500}


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("500", 500),
        ("0.5", 0.5),
        ("[8, 16]", [8, 16]),
        ("(8, 16)", (8, 16)),
        ("{'a third': (18, 36)}", {"a third": (18, 36)}),
        ("late", "late"),
        ("True", True),
        ("{1, 2}", "{1, 2}"),  # no page could be given a set
        ("(", "("),
        ("", ""),
    ],
)
def test_a_word_of_the_command_line_is_a_literal_or_text(
    word: str, value: object
) -> None:
    assert overrides.parse(word) == value


def test_marks_tell_overrides_apart() -> None:
    given: list[dict[str, Any]] = [{"a": 1}, {"a": 2}, {"b": 1}, {"a": "1"}, {"a": [1]}]
    assert len({overrides.mark(each) for each in given}) == len(given)


def test_sizes_of_a_shared_model_are_addressed_with_a_dot() -> None:
    assert digits.sizes(run()) == digits.SIZES["smoke"]
    found = digits.sizes(run(**{"digits.updates": 3, "digits.widths": [8], "n": 1}))
    assert found == replace(digits.SIZES["smoke"], updates=3, widths=(8,))
    assert digit_classifiers.sizes(run(**{"digits.updates": 3})).updates == 4
    with pytest.raises(ValueError, match=r"'digits.n' .* are digits.images, digits.u"):
        digits.sizes(run(**{"digits.n": 3}))


def test_a_page_takes_only_sizes_of_models_that_it_imports(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert vars(choose({"digits.updates": 3})) == SIZES
    monkeypatch.delitem(sys.modules, "gendiff.studies.digits")
    with pytest.raises(ValueError, match=r"no size 'digits.updates' to override"):
        choose({"digits.updates": 3})


def test_every_shared_model_has_a_table_of_sizes() -> None:
    assert writers.SIZES.keys() == readers.SIZES.keys()  # which are imported so
    assert set(shared.tables()) == set(shared.MODELS.values())


def test_what_a_run_remembers_depends_on_sizes_that_it_can_depend_on() -> None:
    plain = identity(run())
    assert identity(run(samples=3)) == plain  # a function names it, or it doesn't
    assert identity(run(**{"digits.updates": 3})) != plain


def test_a_shared_model_is_kept_by_its_sizes_alone(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("GENDIFF_CACHE", str(tmp_path))
    kept = tmp_path / "memo"

    def trained(**changed: object) -> int:
        digits.model(run(**changed))
        digits.judge(run(**changed))
        digit_classifiers.clean(run(**changed))
        return len(list(kept.iterdir()))

    assert trained() == 3
    assert trained(samples=3) == 3
    assert trained(**{"digits.updates": 3}) == 4
    assert trained(**{"digit_classifiers.updates": 3}) == 5
    assert trained(**{"digits.widths": [8]}) == 6
    assert trained(**{"digits.widths": [8], "samples": 4}) == 6
