"""The blur of a prediction: proportional to the noise for the power of photographs."""

import numpy as np
import pytest
import torch

from gendiff.studies.guidance.blur import SIDE, blur, exponent_of


def test_half_the_amplitude_is_left_where_it_was_asked_for() -> None:
    asked = np.geomspace(24, 8, 3)
    sigma, wavelength = blur(2.0, asked, torch.Generator().manual_seed(0))
    assert wavelength == pytest.approx(SIDE / asked, rel=0.05)
    assert exponent_of(sigma, wavelength).value == pytest.approx(1, abs=0.05)


def test_the_exponent_is_a_slope_on_logarithmic_axes() -> None:
    sigma = np.geomspace(1, 10, 5)
    found = exponent_of(sigma, 3 * sigma**0.5)
    assert found.value == pytest.approx(0.5)
    assert found.error == pytest.approx(0, abs=1e-9)
