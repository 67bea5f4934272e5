"""Flow and Fokker-Planck on a line, where the answer is a Gaussian's."""

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from gendiff.exact import GaussianMixture, Isotropic
from gendiff.guidance import Tempered
from gendiff.studies.guidance.line_distributions import column, moments
from gendiff.studies.guidance.line_samplers import (
    carried,
    flow_map,
    fokker_planck,
    upwind,
)
from gendiff.types import level

Array = NDArray[np.float64]
HIGH = 80.0
flow = partial(flow_map, points=201, steps=200, high=HIGH)
distribution = partial(fokker_planck, cells=301, steps=300, high=HIGH)
NORMAL = Isotropic(torch.tensor(1.0).double(), 0.5)


def scaled(gamma: float) -> Callable[[Array, float], Array]:
    def score(x: Array, sigma: float) -> Array:
        return gamma * NORMAL.score(column(x), level(sigma))[:, 0].numpy()

    return score


def test_the_flow_carries_a_gaussian_home() -> None:
    z, x = flow(NORMAL, center=1.0, scale=0.5)
    mean, variance, density = carried(z, x)
    assert (mean, variance) == pytest.approx((1.0, 0.25), rel=1e-3)
    inner = np.abs(z) < 2
    exact = np.exp(-(((x - 1) / 0.5) ** 2) / 2) / (0.5 * np.sqrt(2 * np.pi))
    assert np.allclose(density[inner], exact[inner], rtol=0.01)


@pytest.mark.parametrize("noise", [0.25, 1.0, 16.0])
def test_every_amount_of_noise_keeps_an_honest_score(noise: float) -> None:
    x, density = distribution(scaled(1.0), noise=noise, center=1.0, scale=0.5)
    assert np.trapezoid(density, x) == pytest.approx(1, abs=1e-6)
    assert moments(density, x) == pytest.approx((1.0, 0.25), rel=5e-3)


def test_a_multiplied_score_ends_where_the_formulas_say() -> None:
    unit = Isotropic(torch.tensor(0.0).double(), 1.0)
    _, x = flow(Tempered(unit, 1.5))
    wide = 1 + HIGH**2
    assert carried(np.linspace(-6, 6, 201), x)[1] == pytest.approx(wide**-0.5, rel=0.01)
    points, density = distribution(lambda x, sigma: -1.5 * x / (1 + sigma**2))
    assert moments(density, points)[1] == pytest.approx(0.5, rel=0.02)


def test_with_very_much_noise_the_guided_density_is_reached() -> None:
    ends = torch.tensor([[-2.0], [2.0]]).double()
    both = GaussianMixture.isotropic(torch.full((2,), 0.5).double(), ends, 1.0)
    one = GaussianMixture.isotropic(torch.ones(1).double(), ends[1:], 1.0)

    def guided(x: Array, sigma: float) -> Array:
        at = column(x), level(sigma)
        return torch.lerp(both.score(*at), one.score(*at), 3.0)[:, 0].numpy()

    axis = np.linspace(-6, 10, 2_001)
    log_p = [m.log_density(column(axis), level(0.0)).numpy() for m in (both, one)]
    weight = np.exp(-2 * log_p[0] + 3 * log_p[1])
    promised = moments(weight / np.trapezoid(weight, axis), axis)
    near, far = (distribution(guided, noise=noise) for noise in (256.0, 0.1))
    assert moments(near[1], near[0]) == pytest.approx(promised, rel=0.02)
    assert moments(far[1], far[0])[0] > promised[0] + 0.3


def test_the_bernoulli_function() -> None:
    x = np.array([-300.0, -2.0, -1e-9, 0.0, 1e-9, 2.0])
    assert np.allclose(upwind(-x) - upwind(x), x)
    assert np.allclose(upwind(x[1:]), [2 / (1 - np.exp(-2)), 1, 1, 1, 2 / np.expm1(2)])
