"""Parameters that one family needs for what another one reaches."""

import math

import torch

from gendiff.studies.perspectives.sizes import Sized, best, gap, over

NOISE = 0.1 * torch.randn(100, generator=torch.Generator().manual_seed(0))
NOISE -= NOISE.mean()
FAMILY = [Sized(10, NOISE + 3), Sized(100, NOISE + 2), Sized(1000, NOISE + 1)]


def test_between_two_sizes_logarithms_are_interpolated() -> None:
    found = over(Sized(500, NOISE + 1.5), FAMILY)
    assert math.isclose(found.value, 500 / math.sqrt(100 * 1000), rel_tol=1e-5)
    assert math.isclose(over(Sized(100, NOISE + 2), FAMILY).value, 1, rel_tol=1e-9)


def test_nothing_is_extrapolated() -> None:
    assert math.isclose(over(Sized(500, NOISE), FAMILY).value, 0.5, rel_tol=1e-5)
    assert math.isclose(over(Sized(500, NOISE + 9), FAMILY).value, 50, rel_tol=1e-5)


def test_a_larger_model_that_is_worse_does_not_count() -> None:
    worse = [*FAMILY[:2], Sized(300, NOISE + 5), FAMILY[2]]
    assert over(Sized(100, NOISE + 2), worse).value >= 1 / 3


def test_the_best_and_how_much_it_is_ahead() -> None:
    assert best(FAMILY) is FAMILY[2]
    found = gap(FAMILY, FAMILY[0])
    assert math.isclose(float(found.value), -2, rel_tol=1e-5)
    assert found.error < 1e-6
