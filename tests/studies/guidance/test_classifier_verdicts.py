"""Verdicts of an untrained judge, on images whose neighbours are known."""

import numpy as np
import pytest
import torch
from torch import Tensor

from gendiff.data import glyphs
from gendiff.guidance.classifier import Classify
from gendiff.studies.digits import SIDE, Judge
from gendiff.studies.guidance import classifier_verdicts as verdicts
from gendiff.studies.guidance.digit_sets import Judged, Ruler

REAL = glyphs(150, generator=torch.Generator().manual_seed(0), size=SIDE)
CPU = torch.device("cpu")


@pytest.fixture(name="judge")
def untrained() -> Judge:
    torch.manual_seed(0)
    return Judge((8, 16)).eval().requires_grad_(requires_grad=False)


def among(judge: Judge, labels: Tensor = REAL.labels) -> Judged:
    return Ruler(judge, REAL).judged(REAL.images[: len(labels)], labels)


def test_real_images_are_no_strangers(judge: Judge) -> None:
    assert np.abs(verdicts.strangeness(among(judge))).max() < 1e-3
    moved = Ruler(judge, REAL).judged(REAL.images.flip(2), REAL.labels)
    assert verdicts.strangeness(moved).mean() > 0


def test_what_the_judge_names_is_accepted(judge: Judge) -> None:
    named = judge.label(REAL.images).argmax(1)
    assert verdicts.accepted(among(judge, named)).mean() == 1
    assert verdicts.accepted(among(judge, (named + 1) % 10)).mean() == 0
    assert (verdicts.sure(among(judge, named)) >= 0.1).all()


def test_sizes_and_places_are_the_judge_s_own(judge: Judge) -> None:
    found = verdicts.factors(judge, torch.cat([REAL.images] * 2))
    assert found.shape == (300, 3)
    assert torch.allclose(found[:150], judge(REAL.images)[2], atol=1e-5)


def test_a_gain_knows_that_equal_columns_are_not_certain() -> None:
    ones = np.ones(20)
    assert verdicts.gain(ones, ones).value == 0
    assert verdicts.gain(ones, ones).error == 1 / 20
    pairs = np.array([1.0, 0.0, 1.0, 1.0]), np.array([0.0, 0.0, 1.0, 0.0])
    assert verdicts.gain(*pairs).value == 0.5


def test_an_opinion_is_the_probability_of_the_label(judge: Judge) -> None:
    def classify(x: Tensor, sigma: Tensor) -> Tensor:
        assert float(sigma) == pytest.approx(0.05)
        return torch.tensor([[0.0, 2.0, 1.0]]).expand(len(x), 3)

    found = verdicts.opinion(classify, among(judge, torch.tensor([1, 2])))
    weights = np.exp([2.0, 1.0])
    assert np.allclose(found, weights / (1 + weights.sum()))


def test_only_a_sure_guide_that_the_judge_contradicts_is_fooled(judge: Judge) -> None:
    found = among(judge, torch.tensor([1, 1, 2]))
    assert (verdicts.sure(found) < 0.5).all()

    def certain(x: Tensor, sigma: Tensor) -> Tensor:
        del sigma
        return torch.tensor([[0.0, 9.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 9.0]])[
            : len(x)
        ]

    assert np.array_equal(verdicts.fooled(certain, found), [1.0, 0.0, 1.0])


def test_a_guide_that_the_judge_agrees_with_is_not_fooled(judge: Judge) -> None:
    judge.net.last.weight.mul_(1e4)  # it is sure of what it names
    named = judge.label(REAL.images).argmax(1)
    found = among(judge, named)
    assert verdicts.sure(found).mean() > 0.9

    def certain(x: Tensor, sigma: Tensor) -> Tensor:
        del sigma
        return 99 * torch.eye(10)[named[: len(x)]]

    guide = verdicts.fooled(certain, found)
    assert guide.sum() == (verdicts.sure(found) < 0.5).sum()
    assert guide.mean() < 0.1


def test_a_guide_is_alone_where_its_twin_does_not_follow(judge: Judge) -> None:
    found = among(judge, torch.tensor([1, 1, 2]))

    def sure_of(*digits: int) -> Classify:
        logits = 9 * torch.eye(10)[list(digits)]
        return lambda x, sigma: logits[: len(x)] + 0 * sigma

    guide, twin = sure_of(1, 1, 1), sure_of(1, 0, 1)
    assert np.array_equal(verdicts.alone(guide, twin, found), [0.0, 1.0, 0.0])
    assert np.array_equal(verdicts.alone(twin, guide, found), [0.0, 0.0, 0.0])


def test_hits_are_counted_level_by_image() -> None:
    seen, eps = [], torch.ones_like(REAL.images)

    def classify(x: Tensor, sigma: Tensor) -> Tensor:
        seen.append((float(sigma), float((x - REAL.images).mean())))
        guess = REAL.labels if float(sigma) < 1 else (REAL.labels + 1) % 10
        return torch.nn.functional.one_hot(guess, 10).float()

    found = verdicts.hits(classify, REAL, eps, (0.5, 2.0), CPU)
    assert np.array_equal(found, np.stack([np.ones(150), np.zeros(150)]))
    assert np.allclose(seen, [(0.5, 0.5), (2.0, 2.0)], atol=1e-6)


def test_sides_are_compared_once_more_with_twice_the_calls(judge: Judge) -> None:
    named = judge.label(REAL.images).argmax(1)
    ruler = Ruler(judge, REAL)
    right, wrong = (ruler.judged(REAL.images, named + k) for k in (0, 1))
    sides = verdicts.Sides(more=(right, right), less=(wrong, right))
    assert sides.gained(verdicts.accepted).value == 1
    found = sides.claimed(
        "gained",
        verdicts.accepted,
        calls=96,
        controls={"sure": sides.gained(verdicts.sure)},
        beside={"more": 1.0},
    )
    assert found["measured"]["gained"].value == 1
    assert found["measured"]["more"] == 1
    assert 0 < found["controls"]["sure"]["gained"].value < 1
    assert found["cost"] == {"calls": {"more": 96, "less": 96}}
    assert found["doubled"]["gained"].value == 0
    trained = sides.claimed("gained", verdicts.accepted, calls=96, training={"a": 1.0})
    assert trained["cost"]["training"] == {"a": 1.0}
    mirrored = verdicts.Sides(more=sides.less, less=sides.more)
    both = sides.claimed("up", verdicts.accepted, calls=96, also={"down": mirrored})
    assert {q: e.value for q, e in both["measured"].items()} == {"up": 1, "down": -1}
    assert {*both["doubled"]} == {"up", "down"}


def test_columns_have_a_mean_for_every_scale(judge: Judge) -> None:
    named = judge.label(REAL.images).argmax(1)
    spent = {"few": {1.0: among(judge, named), 10.0: among(judge, (named + 1) % 10)}}
    found = verdicts.by_scale(spent, verdicts.accepted)
    assert {s: e.value for s, e in found["few"].items()} == {1.0: 1, 10.0: 0}
