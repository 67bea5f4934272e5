"""Hinges of Gaussian fields, whose corners follow from their power law."""

import math

import pytest
import torch

from gendiff.data import power_law
from gendiff.exact import Field
from gendiff.studies.perspectives import hinges


@pytest.mark.parametrize("exponent", [2.0, 3.0])
def test_the_corner_moves_with_minus_two_over_the_exponent(exponent: float) -> None:
    side = 128
    power = power_law(side, side, exponent=exponent)
    field = Field(power, torch.zeros((), dtype=torch.float64))
    generator = torch.Generator().manual_seed(0)
    images = field.sample(16, generator, channels=1)
    low, high = (hinges.hinge(images, s, generator) for s in (0.7, 1.4))
    measured = math.log2(high.corner / low.corner)
    assert measured == pytest.approx(-2 / exponent, abs=0.1)
    equal = float(power[0, 1] / 1.4**2) ** (1 / exponent)  # S is the noise's power
    assert high.corner == pytest.approx(equal, rel=0.1)
    above, below, clean = high.slopes()
    assert abs(above) < 0.3
    assert below / clean == pytest.approx(1, abs=0.15)


def test_real_frequencies_are_less_in_magnitude_only() -> None:
    generator = torch.Generator().manual_seed(0)
    magnitude, power, least = hinges.evenness(32, 20_000, 0.0, generator)
    expected = math.sqrt(2 / math.pi) / (math.sqrt(math.pi) / 2)
    assert magnitude == pytest.approx(expected, abs=0.02)
    assert power == pytest.approx(1, abs=0.04)
    assert least == pytest.approx(1, abs=0.03)
    assert hinges.evenness(32, 2_000, 1.0, generator)[1] == pytest.approx(8, abs=1)


def test_a_ratio_that_never_crosses_is_refused() -> None:
    f = torch.arange(1, 5).double()
    with pytest.raises(ValueError, match="never through"):
        hinges.crossing(f, torch.ones(4).double(), 2.0)
    assert hinges.crossing(f, 8 / f, 2.83) == pytest.approx(8 / 2.83)
