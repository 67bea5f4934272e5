"""Verdicts of an untrained judge, on images whose neighbours are known."""

import numpy as np
import pytest
import torch
from torch import Tensor

from gendiff.data import glyphs
from gendiff.studies.digits import SIDE, Judge
from gendiff.studies.guidance.digit_verdicts import gain, hits, judgement, opinion

REAL = glyphs(150, generator=torch.Generator().manual_seed(0), size=SIDE)


@pytest.fixture(name="judge")
def untrained() -> Judge:
    torch.manual_seed(0)
    return Judge((8, 16)).eval().requires_grad_(requires_grad=False)


def test_real_images_are_at_no_distance_from_themselves(judge: Judge) -> None:
    found = judgement(judge, REAL)(REAL.images, REAL.labels)
    assert np.abs(found.far).max() < 1e-3
    assert np.abs(found.anywhere).max() < 1e-3


def test_another_label_asks_for_other_neighbours(judge: Judge) -> None:
    other = (REAL.labels + 1) % 10
    found = judgement(judge, REAL)(REAL.images, other)
    features = judge.features(REAL.images)
    for i in range(5):
        own = features[REAL.labels == other[i]]
        nearest = float((own - features[i]).norm(dim=1).min())
        assert found.far[i] == pytest.approx(nearest, abs=1e-4)
    assert (found.anywhere <= found.far + 1e-9).all()
    assert found.strangeness.value < found.distance.value


def test_acceptance_is_the_share_that_the_judge_names(judge: Judge) -> None:
    named = judge.label(REAL.images).argmax(1)
    found = judgement(judge, REAL)(REAL.images, named)
    assert found.acceptance.value == 1
    assert (found.sure >= 0.1).all()


def test_a_gain_knows_that_equal_columns_are_not_certain() -> None:
    ones = np.ones(20)
    assert gain(ones, ones).value == 0
    assert gain(ones, ones).error == 1 / 20
    pairs = np.array([1.0, 0.0, 1.0, 1.0]), np.array([0.0, 0.0, 1.0, 0.0])
    assert gain(*pairs).value == 0.5


def test_an_opinion_is_the_probability_of_the_label() -> None:
    def classify(x: Tensor, sigma: Tensor) -> Tensor:
        assert float(sigma) == pytest.approx(0.05)
        return torch.tensor([[0.0, 2.0, 1.0]]).expand(len(x), 3)

    found = opinion(classify, REAL.images[:2], torch.tensor([1, 2]))
    weights = np.exp([2.0, 1.0])
    assert np.allclose(found, weights / (1 + weights.sum()))


def test_hits_are_counted_level_by_image() -> None:
    seen, eps = [], torch.ones_like(REAL.images)

    def classify(x: Tensor, sigma: Tensor) -> Tensor:
        seen.append((float(sigma), float((x - REAL.images).mean())))
        guess = REAL.labels if float(sigma) < 1 else (REAL.labels + 1) % 10
        return torch.nn.functional.one_hot(guess, 10).float()

    found = hits(classify, REAL, eps, (0.5, 2.0))
    assert np.array_equal(found, np.stack([np.ones(150), np.zeros(150)]))
    assert np.allclose(seen, [(0.5, 0.5), (2.0, 2.0)], atol=1e-6)
