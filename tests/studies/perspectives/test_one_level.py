"""Errors at one level stand in their tenths, and even points have the right answer."""

import math

import numpy as np
import pytest
import torch

from gendiff.exact import GaussianMixture
from gendiff.levels import among
from gendiff.objectives import clean_weight
from gendiff.studies.perspectives import one_level
from gendiff.types import level

WEIGHTS, MEANS = torch.tensor([0.8, 0.2]), torch.tensor([[0.75, 0.75], [-0.75, -0.75]])
DATA = GaussianMixture.isotropic(WEIGHTS, MEANS, 0.15)


def test_a_square_is_even() -> None:
    points = one_level.square(1.5, 5)
    assert points.shape == (25, 2)
    assert set(points[:, 0].tolist()) == {-1.5, -0.75, 0.0, 0.75, 1.5}


def test_errors_are_sorted_by_density() -> None:
    # Wrong by three levels, in both coordinates, where the density is low; right else.
    sigma, points = level(0.3), one_level.square(1.2, 20)
    bound = DATA.log_density(points, sigma).quantile(0.1)

    def denoise(x: torch.Tensor, s: torch.Tensor) -> torch.Tensor:
        thin = DATA.log_density(x, s) <= bound
        return DATA(x, s) + 3 * s * thin[:, None]

    found = one_level.tenths(DATA, denoise, sigma, points)
    assert found[0] == pytest.approx(3 * math.sqrt(2), rel=1e-4)
    assert float(found[1:].max()) < 1e-5


def test_distortion_is_that_of_draws() -> None:
    generator = torch.Generator().manual_seed(0)
    draws = DATA.sample(200_000, generator)[:, 0].double().numpy()
    noisy = draws + 0.5 * np.random.default_rng(1).normal(size=len(draws))
    at = np.linspace(-2, 2, 401)
    gap = [abs((draws <= a).mean() - (noisy <= a).mean()) for a in at]
    assert one_level.distortion(DATA, 0.5) == pytest.approx(max(gap), abs=0.005)
    assert one_level.distortion(DATA, 0.0) == pytest.approx(0, abs=1e-12)


def test_the_posterior_has_its_mean_and_covariance() -> None:
    x, sigma = torch.tensor([[-0.1, 0.0]]), torch.tensor([0.6])
    n, generator = 100_000, torch.Generator().manual_seed(0)
    drawn = one_level.posterior(DATA, x.expand(n, 2), sigma.expand(n), generator)
    mean, covariance = DATA(x, sigma)[0], DATA.posterior_covariance(x, sigma)[0]
    torch.testing.assert_close(drawn.mean(0), mean, atol=0.01, rtol=0)
    torch.testing.assert_close(drawn.T.cov(), covariance, atol=0.01, rtol=0)


def test_evenly_spread_points_have_the_exact_denoiser_for_minimiser() -> None:
    batch = (torch.empty(100_000, 2),)
    loss = one_level.Evenly(DATA, 1.2, among([0.4]), clean_weight)

    def mean_loss(shift: float) -> float:
        def model(x: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
            assert -1.2 <= float(x.min()) < -1.19 < 1.19 < float(x.max()) <= 1.2
            return DATA(x, sigma) + shift

        generator = torch.Generator().manual_seed(0)
        return float(loss(model, batch, generator).mean())

    # A parabola about zero, of curvature one.
    assert mean_loss(0.1) - mean_loss(0.0) == pytest.approx(0.01, abs=1e-3)
    assert mean_loss(-0.1) - mean_loss(0.0) == pytest.approx(0.01, abs=1e-3)


def test_distances_to_real_sets_are_means() -> None:
    sets = torch.stack([torch.zeros(4, 2), torch.ones(4, 2)])
    real = one_level.RealSets(sets)
    assert real.away(sets[0]) == pytest.approx(real.floor() / 2)
    # A shift by (1, 1) has the sliced distance |v| / sqrt(d), about, on 32 directions.
    assert real.floor() == pytest.approx(1, abs=0.2)
