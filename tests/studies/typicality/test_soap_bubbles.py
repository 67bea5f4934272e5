"""Gaussians and spheres, in a dimension where everything is known."""

import math

import numpy as np
import pytest
import torch

from gendiff.studies.typicality import soap_bubbles
from gendiff.typicality import StandardGaussian

X = np.linspace(0, 6, 4_001)


def squares(n: int, k: int) -> torch.Tensor:
    return soap_bubbles.squared_lengths(n, k, 500, torch.Generator().manual_seed(0))


def test_squared_lengths_have_the_chi_square_moments() -> None:
    found = squares(20_000, 8)
    assert found.shape == (20_000,)
    assert float(found.mean()) == pytest.approx(8, abs=0.15)
    assert float(found.var()) == pytest.approx(16, abs=0.8)


def test_in_three_dimensions_a_coordinate_is_uniform() -> None:
    # Archimedes; a normal one is furthest from it where their densities are equal.
    uniform = np.minimum((1 + X / math.sqrt(3)) / 2, 1)
    normal = 0.5 * (1 + np.vectorize(math.erf)(X / math.sqrt(2)))
    known = float(np.abs(uniform - normal).max())
    assert soap_bubbles.coordinate_gap(3, X) == pytest.approx(known, abs=1e-12)


def test_coordinates_become_normal_as_one_over_the_dimension() -> None:
    ratio = soap_bubbles.coordinate_gap(100, X) / soap_bubbles.coordinate_gap(1000, X)
    assert ratio == pytest.approx(10, rel=0.02)
    assert soap_bubbles.coordinate_gap(1, X) == pytest.approx(0.34134, abs=1e-5)


def test_the_annulus_has_the_width_that_was_asked_for() -> None:
    width = torch.tensor([0.5, 2.0, 4.0], dtype=torch.float64)
    low, high = StandardGaussian(100).annulus(soap_bubbles.spanning(width, 100))
    assert torch.allclose(high - low, width)


def test_a_spike_holds_a_hundredth_of_the_mass_near_the_mode() -> None:
    r2 = squares(1_000, 8)
    surprisal, top = soap_bubbles.spiked(r2, 8, 10)
    plain = StandardGaussian(8).surprisal_at(r2.sqrt())
    assert torch.allclose(surprisal[10:], plain[10:] - math.log(0.99))
    # In the ball: 0.01 N(0, 0.01^2) in each of eight dimensions.
    inside = plain[:10] - math.log(0.01) + 8 * math.log(0.01)
    assert torch.allclose(surprisal[:10], inside)
    assert top == float(inside.max())
