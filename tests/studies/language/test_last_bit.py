"""Races on a grid are won as seldom as the sum over the grid says."""

import math

import pytest
import torch

from gendiff.studies.language import last_bit


def test_a_rare_token_wins_as_seldom_as_the_sum_says() -> None:
    chance = torch.Generator().manual_seed(0)
    for c in (0.25, 1.0, 3.0):
        expected = c / math.expm1(c)
        races = 1_000_000
        error = math.sqrt(expected * 2**8 * c / races)  # of a count of rare events
        found = last_bit.raced(c, 8, races, chance)
        # 2 % are those of a chance of 1/2**8 that isn't nearly 0.
        assert found == pytest.approx(expected, abs=4 * error + 0.02 * expected)


def test_a_run_of_many_steps_nears_the_integral() -> None:
    chance = torch.Generator().manual_seed(0)
    found = last_bit.whole(3.0, 10, 12, 200_000, chance)
    points = (torch.arange(1000).double() + 0.5) / 1000 * 3
    integral = float((points / points.expm1()).mean())
    assert last_bit.debye(3.0) == pytest.approx(integral, abs=1e-4)
    # Twelve steps end at c, the integral's points are between.
    steps = [3 * k / 12 for k in range(1, 13)]
    exact = sum(c / math.expm1(c) for c in steps) / 12
    assert found == pytest.approx(exact, abs=0.05)
