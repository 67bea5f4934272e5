"""Parts: where a quantity must lie, and the marks that tell a moved margin."""

import pytest
from hypothesis import given, strategies as st

from gendiff.book.criteria import Condition, Part, normal, root_seeds

NUMBER = st.floats(-1e6, 1e6)


@given(NUMBER, NUMBER)
def test_the_right_side_is_positive(value: float, margin: float) -> None:
    assert (Part("q", above=margin).beyond(value) > 0) == (value - margin > 0)
    assert Part("q", below=margin).beyond(value) == -Part("q", above=margin).beyond(
        value
    )


def test_sameness_is_a_distance_from_what_it_is_the_same_as() -> None:
    part = Part("q", within=0.03, of=0.5)
    assert part.beyond(0.52) == pytest.approx(0.01)
    assert part.beyond(0.48) == pytest.approx(0.01)
    assert part.beyond(0.6) == pytest.approx(-0.07)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "exactly one"),
        ({"above": 0.0, "below": 1.0}, "exactly one"),
        ({"within": 0.0}, "margin above 0"),
        ({"above": 1.0, "of": 2.0}, "belongs to within"),
    ],
)
def test_what_is_no_part_is_refused(given: dict[str, float], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        Part("q", **given)
    with pytest.raises(ValueError, match="names a quantity"):
        Part(" ", above=0.0)


def test_a_condition_can_be_false() -> None:
    with pytest.raises(ValueError, match="at least one part"):
        Condition("on Mondays", ())
    with pytest.raises(ValueError, match="needs words"):
        Condition(" ", (Part("q", above=0.0),))


def test_layout_and_capitals_leave_no_mark() -> None:
    a = Part("Gain at equal  calls", above=0.0)
    b = Part("gain at\nequal calls", above=0.0)
    assert a.mark("experiment") == b.mark("experiment")
    assert normal(" A \n b ") == "a b"


@pytest.mark.parametrize(
    "other",
    [
        Part("gain", above=0.1),
        Part("gain", below=0.0),
        Part("loss", above=0.0),
        Part("gain", above=0.0, kind="exact"),
        Part("gain", within=0.1),
    ],
)
def test_whatever_a_verdict_depends_on_leaves_a_mark(other: Part) -> None:
    assert Part("gain", above=0.0).mark("experiment") != other.mark("experiment")


def test_a_part_with_the_rows_kind_has_the_same_mark_said_or_not() -> None:
    plain, said = Part("gain", above=0.0), Part("gain", above=0.0, kind="exact")
    assert plain.mark("exact") == said.mark("exact")


def test_a_condition_is_marked_by_its_words_and_its_parts() -> None:
    parts = (Part("gain", above=0.0), Part("loss", below=1.0))
    marks = {
        Condition("on photographs", parts).mark("experiment"),
        Condition("On  photographs", parts[::-1]).mark("experiment"),
    }
    assert len(marks) == 1
    assert Condition("on digits", parts).mark("experiment") not in marks
    assert Condition("on photographs", parts[:1]).mark("experiment") not in marks


def test_seeds_follow_from_page_and_criteria() -> None:
    seeds = root_seeds("guidance", ["b", "a"], 5)
    assert seeds == root_seeds("guidance", ["a", "b"], 5)
    assert root_seeds("guidance", ["a", "b"], 3) == seeds[:3]
    assert len(set(seeds)) == 5
    assert all(0 <= seed < 2**31 for seed in seeds)
    assert not set(seeds) & set(root_seeds("guidance", ["a", "c"], 5))
    assert not set(seeds) & set(root_seeds("guidance/exact", ["a", "b"], 5))
    with pytest.raises(ValueError, match="at least 1"):
        root_seeds("guidance", [], 0)
