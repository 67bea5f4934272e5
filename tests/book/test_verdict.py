"""Verdicts, and the ways in which somebody might get one past the rules."""

from collections.abc import Sequence
from typing import Any

import pytest

from gendiff.book.criteria import Condition, Part
from gendiff.book.evidence import Measured, Number
from gendiff.book.rows import Claim
from gendiff.book.verdict import Judgement, Standing, judge

GAIN = Part("gain", above=0.0)


def row(**more: Any) -> Claim:
    """Return a claim with one part, changed as asked."""
    plain: dict[str, Any] = {
        "id": "G-C01",
        "post": "guidance",
        "text": "Guidance gains something.",
        "kind": "experiment",
        "criterion": "What is gained is above nothing.",
        "parts": (GAIN,),
        "equal": (),
    }
    return Claim(**plain | more)


def runs(
    gains: Sequence[float], error: float | None = 0.1, **more: Any
) -> list[Measured]:
    """Return a run for every gain."""
    return [Measured("G-C01", {"gain": Number(g, error)}, **more) for g in gains]


def judged(row: Claim, of: list[Measured], status: str = "stated") -> Judgement:
    """Return the verdict where the record knows the row as it is."""
    conditions = {each.mark(row.kind): status for each in row.conditions}
    standing = Standing(sorted(row.marks()), status, conditions)  # type: ignore[arg-type]
    return judge(row, of, standing)


@pytest.mark.parametrize(
    ("gains", "word"),
    [
        ([1.0, 1.1, 1.2], "holds"),
        ([-1.0, -1.1, -1.2], "fails"),
        ([0.1, 0.0, 0.2], "undecided"),
        ([0.3, 0.2, 0.25], "undecided"),  # between three and five errors of three seeds
        ([0.3, 0.2, 0.25, 0.25, 0.25], "holds"),  # what five seeds decide
    ],
)
def test_seeds_decide(gains: list[float], word: str) -> None:
    assert judged(row(), runs(gains)).word == word


def test_one_seed_and_two_decide_nothing() -> None:
    for gains in ([9.0], [9.0, 9.0]):
        found = judged(row(), runs(gains))
        assert found.word == "undecided"
        assert "of the 3 root seeds that it takes" in " ".join(found.reasons)


def test_sampled_numbers_without_an_error_decide_nothing() -> None:
    found = judged(row(), runs([8.0, 8.0, 8.0], error=None))
    assert found.word == "undecided"
    assert "the seeds do not reach it" in " ".join(found.reasons)


def test_what_is_exact_needs_no_error_unless_it_moves() -> None:
    exact = row(kind="exact", equal=None)
    assert judged(exact, runs([0.5] * 3, error=None)).word == "holds"
    assert judged(exact, runs([-0.5] * 3, error=None)).word == "fails"
    assert judged(exact, runs([0.0] * 3, error=None)).word == "fails"
    # A sampled number called exact is judged as what it is, and one run is none.
    assert judged(exact, runs([0.5], error=None)).word == "undecided"
    assert judged(exact, runs([0.5] * 3, error=0.2)).word == "undecided"
    assert judged(exact, runs([0.5, 0.1, 0.9], error=None)).word == "undecided"


def test_sameness_is_shown_and_not_merely_unrefuted() -> None:
    same = row(parts=(Part("gain", within=0.5),))
    assert judged(same, runs([0.01, -0.01, 0.0], error=0.05)).word == "holds"
    assert judged(same, runs([0.01, -0.01, 0.0], error=0.5)).word == "undecided"
    assert judged(same, runs([2.0, 2.1, 1.9], error=0.05)).word == "fails"


def test_every_part_is_asked_for() -> None:
    both = row(parts=(GAIN, Part("cost", below=1.1)))
    of = [
        Measured("G-C01", {"gain": Number(1.0, 0.01), "cost": Number(2.0, 0.01)})
        for _ in range(3)
    ]
    found = judged(both, of)
    assert found.word == "fails"
    assert "cost" in " ".join(found.reasons)
    assert "gain" not in " ".join(found.reasons)
    lacking = judged(both, runs([1.0, 1.0, 1.0]))
    assert lacking.word == "undecided"
    assert "not measured by every run" in " ".join(lacking.reasons)


def test_one_failure_does_not_refute_that_there_is_a_case() -> None:
    found = judged(row(scope="exists"), runs([-1.0, -1.1, -1.2]))
    assert found.word == "undecided"
    parts = (GAIN, Part("gain on moons", above=0.0))
    always = row(scope="always", cases=("digits", "moons"), parts=parts)
    both = [
        Measured("G-C01", {**r.numbers, "gain on moons": Number(1.0, 0.01)})
        for r in runs([-1.0, -1.1, -1.2])
    ]
    assert judged(always, both).word == "fails"


def test_an_antecedent_that_is_not_met_decides_nothing() -> None:
    good = row(requires=Condition("a good model", (Part("precision", above=0.6),)))
    for precision, word in ((0.9, "holds"), (0.2, "undecided"), (0.6, "undecided")):
        of = [
            Measured(
                "G-C01", {"gain": Number(g, 0.1), "precision": Number(precision, 0.01)}
            )
            for g in (1.0, 1.1, 1.2)
        ]
        assert judged(good, of).word == word


def test_a_condition_asks_for_its_own_parts() -> None:
    under = row(conditions=(Condition("for large ones", (Part("large", above=0.0),)),))
    of = [
        Measured("G-C01", {"gain": Number(-g, 0.1), "large": Number(g, 0.1)})
        for g in (1.0, 1.1, 1.2)
    ]
    found = judged(under, of)
    assert found.word == "condition"
    assert "for large ones" in " ".join(found.reasons)
    worse = [Measured("G-C01", {**r.numbers, "large": Number(-1.0, 0.1)}) for r in of]
    assert judged(under, worse).word == "fails"


def cost(guided: float, plain: float) -> dict[str, Any]:
    """Return what two sides spent."""
    return {"cost": {"calls": {"guided": guided, "plain": plain}}}


def test_unequal_cost_decides_nothing() -> None:
    calls = row(equal=("calls",))
    doubled = {"doubled": {"gain": Number(1.1, 0.1)}}
    good = [
        *runs([1.0], **cost(48, 48), **doubled),
        *runs([1.1, 1.2], **cost(48, 48), **doubled),
    ]
    assert judged(calls, good).word == "holds"
    bad = runs([1.0, 1.1, 1.2], **cost(24, 12), **doubled)
    assert "unequal calls" in " ".join(judged(calls, bad).reasons)
    assert judged(calls, bad).word == "undecided"
    one = [*good[:2], *bad[:1]]
    assert judged(calls, one).word == "undecided"
    assert judged(calls, runs([1.0, 1.1, 1.2], **doubled)).word == "undecided"
    undeclared = row(equal=())
    assert judged(undeclared, bad).word == "undecided"
    alone = {"cost": {"calls": {"guided": 48}}}
    assert judged(calls, runs([1.0, 1.1, 1.2], **alone, **doubled)).word == "undecided"


def test_a_solver_that_has_not_converged_decides_nothing() -> None:
    calls = row(equal=("calls",))
    found = judged(calls, runs([1.0, 1.1, 1.2], **cost(48, 48)))
    assert "Nothing shows that the solver has converged" in " ".join(found.reasons)
    same = [
        Measured("G-C01", r.numbers, doubled=r.numbers, **cost(48, 48))
        for r in runs([1.0, 1.1, 1.2])
    ]
    assert judged(calls, same).word == "undecided"  # nobody doubled anything
    wild = [
        Measured("G-C01", r.numbers, doubled={"gain": Number(d)}, **cost(48, 48))
        for r, d in zip(runs([1.0, 1.1, 1.2]), (0.1, 2.0, 1.2), strict=True)
    ]
    assert judged(calls, wild).word == "undecided"
    far = runs([1.0, 1.1, 1.2], **cost(48, 48), doubled={"gain": Number(0.5, 0.1)})
    assert judged(calls, far).word == "undecided"
    assert "twice the calls" in " ".join(judged(calls, far).reasons)


def controlled(gains: Sequence[float], controls: Sequence[float], error: float) -> Any:
    """Return the verdict on gains with a control for each."""
    of = [
        Measured(
            "G-C01",
            {"gain": Number(g, 0.1)},
            controls={"labels shuffled": {"gain": Number(c, error)}},
        )
        for g, c in zip(gains, controls, strict=True)
    ]
    return judged(row(), of)


GAINS = (1.0, 1.1, 1.25)


def test_a_control_that_fails_is_shown() -> None:
    found = controlled(GAINS, (0.1, -0.1, 0.02), 0.1)
    assert found.word == "holds"
    assert found.controls["labels shuffled"]["gain"].value == pytest.approx(0.02 / 3)


@pytest.mark.parametrize(
    ("controls", "error"),
    [
        ([g - 5 for g in GAINS], 0.1),  # the measurement, shifted
        ([0.3 - g for g in GAINS], 0.1),  # turned round and shifted
        ([-2 * g for g in GAINS], 0.1),  # scaled
        ([0.2, 0.2, 0.2], 0.1),  # a constant with an invented error
        ((0.0, 0.0, 0.0), 0.0),  # a set against itself
        ((1e-4, -2e-4, 1e-4), 1e-4),  # the same, jittered
        ([-g for g in GAINS], 0.1),  # the mirror image
        ([1e-3 - g for g in GAINS], 0.1),  # the same, jittered
        ([g + 1e-3 for g in GAINS], 0.1),  # the measurement itself
    ],
)
def test_a_control_that_cannot_come_out_otherwise_is_none(
    controls: Sequence[float], error: float
) -> None:
    found = controlled(GAINS, controls, error)
    assert found.word == "undecided"
    assert "decides nothing here" in " ".join(found.reasons)


def test_one_seed_shows_of_no_control_that_it_stands_still() -> None:
    found = controlled(GAINS[:1], [0.2], 0.1)
    assert "decides nothing here" not in " ".join(found.reasons)


def test_a_control_that_passes_takes_the_verdict_away() -> None:
    found = controlled(GAINS, (0.9, 1.2, 1.4), 0.1)
    assert found.word == "undecided"
    assert "meets the criterion as well" in " ".join(found.reasons)


def test_a_control_that_the_ledger_names_must_be_there() -> None:
    named = row(controls=("labels shuffled",))
    found = judged(named, runs(GAINS))
    assert found.word == "undecided"
    assert "*labels shuffled* is missing" in found.reasons[0]
    other = runs(GAINS, controls={"untrained": {"gain": Number(0.0, 0.1)}})
    assert judged(named, other).word == "undecided"


def test_a_control_must_meet_every_part_of_its_quantity_to_pass() -> None:
    interval = row(parts=(Part("gain", above=0.5), Part("gain", below=2.0)))
    of = [
        Measured(
            "G-C01",
            {"gain": Number(g, 0.05)},
            controls={"untrained": {"gain": Number(c, 0.1)}},
        )
        for g, c in zip(GAINS, (0.1, -0.1, 0.02), strict=True)
    ]
    assert judged(interval, of).word == "holds"


def test_a_condition_has_its_controls_too() -> None:
    under = row(conditions=(Condition("for large ones", (Part("large", above=0.0),)),))
    of = [
        Measured(
            "G-C01",
            {"gain": Number(-g, 0.1), "large": Number(g, 0.1)},
            controls={"untrained": {"large": Number(c, 0.1)}},
        )
        for g, c in zip(GAINS, (1.2, 0.9, 1.4), strict=True)
    ]
    assert judged(under, of).word == "fails"


def test_two_quantities_of_one_name_are_refused_and_infinite_margins_too() -> None:
    with pytest.raises(ValueError, match="finite"):
        Part("gain", above=float("inf"))
    with pytest.raises(ValueError, match="finite"):
        Part("gain", within=0.1, of=float("nan"))


def test_a_control_that_a_run_lacks_is_none() -> None:
    of = runs(GAINS, controls={"untrained": {"gain": Number(0.0, 0.1)}})
    of[2] = runs([1.2])[0]
    assert judged(row(), of).word == "undecided"


def test_an_explored_verdict_counts_as_none() -> None:
    found = judged(row(), runs([1.0, 1.1, 1.2]), "explored")
    assert (found.word, found.counts) == ("holds", "undecided")
    assert found.words == "explored: holds"
    assert judged(row(), runs([1.0, 1.1, 1.2]), "confirmed").counts == "holds"
    assert judge(row(), runs([1.0, 1.1, 1.2]), None).counts == "undecided"


def test_a_criterion_that_moved_since_the_record_counts_as_none() -> None:
    old = row(parts=(Part("gain", above=2.0),))
    standing = Standing(sorted(old.marks()), "stated")
    assert judge(row(), runs([1.0, 1.1, 1.2]), standing).status == "explored"


def test_a_verdict_under_a_condition_is_worth_the_worse_of_the_two() -> None:
    condition = Condition("for large ones", (Part("large", above=0.0),))
    under = row(conditions=(condition,))
    of = [
        Measured("G-C01", {"gain": Number(-g, 0.1), "large": Number(g, 0.1)})
        for g in (1.0, 1.1, 1.2)
    ]
    marks = sorted(under.marks())
    mark = condition.mark("experiment")
    for was, status in (("stated", "stated"), ("confirmed", "confirmed")):
        standing = Standing(marks, "stated", {mark: was})  # type: ignore[dict-item]
        assert judge(under, of, standing).status == status
    assert judge(under, of, Standing(marks, "stated")).status == "explored"


@pytest.mark.parametrize("kind", ["identity", "published", "opinion"])
def test_what_numbers_do_not_judge_has_no_verdict(kind: str) -> None:
    test = {"test": "tests/formulas/test_x.py::test_y"} if kind == "identity" else {}
    plain = row(kind=kind, parts=(), equal=None, **test)
    assert judge(plain, runs([1.0, 1.1, 1.2]), None).word == "open"


def test_without_parts_a_row_says_what_would_decide_it() -> None:
    found = judge(row(parts=(), decided_by="A fair trial."), runs([1.0]), None)
    assert found.word == "open"
    assert "A fair trial." in found.reasons[0]
    plain = judge(row(parts=()), [], None)
    assert (plain.word, plain.reasons) == ("unmeasured", [])  # its criterion says it
    assert judge(row(), [], None).word == "unmeasured"
    elsewhere = judge(row(parts=(), same_as="A-C10"), runs([1.0]), None)
    assert elsewhere.reasons == ["Judged at A-C10."]


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"equal": None}, "cost equally"),
        ({"kind": "opinion"}, "not judged by numbers"),
        ({"kind": "identity"}, "not judged by numbers"),
        ({"kind": "identity", "parts": ()}, "an identity has a test"),
        ({"test": "tests/formulas/test_x.py::test_y"}, "only an identity"),
        ({"scope": "always"}, "at least two cases"),
        ({"scope": "always", "cases": ("digits", "digits")}, "at least two cases"),
        ({"scope": "always", "cases": ("digits", "moons")}, "a part for each case"),
        ({"parts": (Part("q", above=0.0, kind="timing"),)}, "a row of timings"),
        ({"same_as": "A-C10"}, "drop its parts"),
        (
            {"parts": (), "conditions": (Condition("so", (GAIN,)),)},
            "conditions without parts",
        ),
    ],
)
def test_rows_that_contradict_themselves_are_refused(
    more: dict[str, Any], told: str
) -> None:
    with pytest.raises(ValueError, match=told):
        row(**more)
