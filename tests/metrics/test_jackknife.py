"""The jackknife: exact for a mean, right for a variance, careful with bad input."""

import math

import pytest
import torch
from torch import Tensor

from gendiff.metrics import jackknife
from gendiff.metrics.jackknife import Estimate

DRAWN = torch.randn(
    6_000, generator=torch.Generator().manual_seed(1), dtype=torch.float64
)


def test_of_a_mean_it_is_the_textbook_error() -> None:
    some = DRAWN[:50]
    found = jackknife(lambda i: float(some[i].mean()), 50, groups=50)
    assert found.value == pytest.approx(float(some.mean()), rel=1e-12)
    assert found.error == pytest.approx(float(some.std()) / math.sqrt(50), rel=1e-12)


def test_of_a_variance_it_agrees_with_repetition() -> None:
    def variance(of: Tensor) -> Estimate:
        return jackknife(lambda i: float(of[i].var()), len(of))

    found = [variance(part) for part in DRAWN.split(200)]
    spread = torch.tensor([each.value for each in found]).std()
    told = torch.tensor([each.error for each in found]).mean()
    assert told == pytest.approx(float(spread), rel=0.3)


def test_differences_of_samples_that_belong_together_are_sharper() -> None:
    one, other = DRAWN[:300], DRAWN[:300] + 0.01

    def apart(i: Tensor) -> float:
        return float(other[i].mean() - one[i].mean())

    found = jackknife(apart, 300)
    assert found.error < 1e-12
    assert found.value == pytest.approx(0.01)
    assert (found.n, found.of) == (300, "samples")


@pytest.mark.parametrize(("n", "groups"), [(10, 1), (10, 11), (0, 2)])
def test_groups_that_make_no_sense_are_refused(n: int, groups: int) -> None:
    with pytest.raises(ValueError, match="groups"):
        jackknife(lambda i: float(len(i)), n, groups=groups)
