"""Densities on a line: integrals that are known."""

import math

import numpy as np
import pytest
import torch

from gendiff.exact import GaussianMixture
from gendiff.studies.guidance import line_distributions as distributions


def gaussian(mean: float, std: float) -> GaussianMixture:
    one = torch.ones(1).double()
    return GaussianMixture.isotropic(one, mean * one[:, None], std)


def test_a_normalised_density_has_its_moments() -> None:
    density = distributions.normalised(
        distributions.log_density(gaussian(1.5, 0.7)) + 40
    )
    assert np.trapezoid(density, distributions.LINE) == pytest.approx(1)
    assert distributions.moments(density) == pytest.approx((1.5, 0.49))


def test_noise_adds_to_the_variance() -> None:
    density = np.exp(distributions.log_density(gaussian(0.5, 0.6), sigma=0.8))
    assert distributions.moments(density) == pytest.approx((0.5, 1.0))


def test_the_distance_of_two_gaussians() -> None:
    one, other = (
        np.exp(distributions.log_density(gaussian(m, 1.0))) for m in (-0.5, 0.5)
    )
    exact = math.erf(0.5 / math.sqrt(2))
    assert distributions.distance(one, other) == pytest.approx(exact, rel=1e-5)
    assert distributions.distance(one, one) == 0


def test_noise_can_be_added_to_any_density() -> None:
    axis = np.linspace(-20, 20, 4_001)
    clean, noisy = (
        np.exp(distributions.log_density(gaussian(0.5, 0.6), axis, sigma=sigma))
        for sigma in (0.0, 0.8)
    )
    assert np.allclose(distributions.noised(clean, 0.8, axis), noisy, atol=1e-6)


def test_half_of_the_mass_is_below_the_mean() -> None:
    density = np.exp(distributions.log_density(gaussian(1.0, 0.5)))
    assert distributions.mass_below(1.0, density) == pytest.approx(0.5, abs=0.01)
    assert distributions.mass_below(13.0, density) == pytest.approx(1)
