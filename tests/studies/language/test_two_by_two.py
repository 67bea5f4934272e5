"""Effects of two factors, on sets whose distances are given."""

from typing import cast

import pytest
import torch
from torch import Tensor

from gendiff.studies.guidance.digit_sets import ALL, Index, Judged
from gendiff.studies.language.two_by_two import TwoByTwo


class Known:
    """A set of which all that is known is its distance from the data."""

    def __init__(self, far: Tensor) -> None:
        self.far, self.images = far, far

    def distance(self, i: Index = ALL, /) -> float:
        """Return the mean distance of a part."""
        return float(self.far[i].mean())


def cells(*far: float, wiggle: Tensor) -> TwoByTwo:
    """Return four sets whose noises move all distances alike."""
    return TwoByTwo(*(cast("Judged", Known(each + wiggle)) for each in far))


def test_effects_are_averaged_over_the_other_factor() -> None:
    four = cells(3.0, 5.0, 2.0, 3.5, wiggle=torch.zeros(42).double())
    i = four.whole()
    assert four.first_loses(i) == pytest.approx((2.0 + 1.5) / 2 / 2.0)
    assert four.second_saves(i) == pytest.approx((1.0 + 1.5) / 2 / 2.0)
    assert four.interaction(i) == pytest.approx((1.5 - 1.0) / 2.0)
    assert four.best().distance() == 2.0


def test_what_moves_all_four_alike_leaves_little_error() -> None:
    wiggle = torch.randn(420, generator=torch.Generator().manual_seed(0)).double()
    four = cells(103.0, 105.0, 102.0, 103.5, wiggle=wiggle)
    found = four.estimate(four.first_loses)
    assert found.value == pytest.approx(1.75 / 102, rel=0.01)
    assert found.error < 1e-3
    assert found.of == "noises"
