"""Weights on octaves of noise: DDPM's clock, areas, and the likelihood's flat line."""

import math

import numpy as np
import pytest
import torch
from scipy import integrate

from gendiff.clocks import COSINE, LOG, Clock
from gendiff.data import two_bumps
from gendiff.grids import from_betas
from gendiff.levels import log_normal, uniform
from gendiff.objectives import clean_weight, likelihood_weight, noise_weight
from gendiff.studies.language import octaves
from gendiff.types import level

SPAN = {"low": 0.01, "high": 100.0}
TIMES = torch.tensor([1e-6, 0.001, 0.01, 0.1, 0.5, 1.0], dtype=torch.float64)


def test_the_linear_clock_is_the_integral_of_its_rate() -> None:
    def rate(t: float) -> float:
        return 0.1 + 19.9 * t

    spent = [float(integrate.quad(rate, 0, float(t))[0]) for t in TIMES]
    levels = torch.tensor([math.sqrt(math.expm1(b)) for b in spent]).double()
    assert torch.allclose(octaves.LINEAR.inverse(TIMES), levels, rtol=1e-6)
    assert torch.allclose(octaves.LINEAR.forward(levels), TIMES, rtol=1e-6)


def test_the_linear_clock_is_ddpms_table_in_the_limit() -> None:
    table = from_betas(torch.linspace(1e-4, 0.02, 1000, dtype=torch.float64))
    halfway = table[len(table) // 2]
    time = torch.tensor([0.5], dtype=torch.float64)
    assert float(octaves.LINEAR.inverse(time)) == pytest.approx(halfway, rel=0.02)


def test_its_rate_is_its_derivative() -> None:
    sigma = octaves.LINEAR.inverse(TIMES[1:]).requires_grad_()
    (slope,) = torch.autograd.grad(octaves.LINEAR.forward(sigma).sum(), sigma)
    assert torch.allclose(octaves.LINEAR.rate(sigma), slope, rtol=1e-9)


def test_the_likelihood_weighs_the_noise_at_even_times_as_is_known() -> None:
    sigma = octaves.LINEAR.inverse(TIMES[1:])
    found = 2 / (sigma * octaves.LINEAR.rate(sigma))  # g^2 / sigma^2 is twice ours
    assert found.tolist() == pytest.approx([1091, 150, 20.2, 10.9, 20.0], rel=5e-3)


@pytest.mark.parametrize("clock", [LOG, COSINE, octaves.LINEAR])
def test_the_weight_of_the_likelihood_is_flat_whatever_the_density(
    clock: Clock,
) -> None:
    density = uniform(clock, **SPAN)
    sigma = torch.logspace(-1.9, 1.9, 7, dtype=torch.float64)
    flat = octaves.on_noise(density, likelihood_weight(density), sigma)
    assert torch.allclose(flat, torch.ones(7).double())
    assert octaves.below(density, likelihood_weight(density), 0.1) == pytest.approx(
        0.25, abs=1e-4
    )


def test_parts_are_known_in_closed_form() -> None:
    even, cosine = uniform(LOG, **SPAN), uniform(COSINE, **SPAN)
    angle = [math.atan(s) for s in (0.01, 0.1, 100.0)]
    part = (angle[1] - angle[0]) / (angle[2] - angle[0])
    assert octaves.below(cosine, noise_weight, 0.1) == pytest.approx(part, rel=1e-4)
    # The error of the clean signal weighs sigma^2 on the noise.
    part = (0.1**2 - 0.01**2) / (100.0**2 - 0.01**2)
    assert octaves.below(even, clean_weight, 0.1) == pytest.approx(part, rel=1e-4)


def test_counting_agrees_with_integrating() -> None:
    for density in (uniform(octaves.LINEAR, **SPAN), log_normal(-1.2, 1.2)):
        found = octaves.counted(density, 0.1, 40_000, torch.Generator().manual_seed(0))
        exact = octaves.below(density, noise_weight, 0.1, low=1e-6, high=1e6)
        assert abs(found.value - exact) < 4 * found.error


def test_m02_the_bound_is_an_area_under_the_error_of_the_noise() -> None:
    data, entropy, left = two_bumps(), [], []
    axis = np.linspace(math.log(0.01), math.log(100), 401)
    for s in np.exp(axis).tolist():
        x = (9 + 7 * s) * torch.linspace(-1, 1, 2_001, dtype=torch.float64)[:, None]
        log_p = data.log_density(x, level(s))
        weight = log_p.exp() * (x[1, 0] - x[0, 0])
        entropy.append(-float(weight @ log_p))
        mmse = data.posterior_covariance(x, level(s))[:, 0, 0]
        left.append(float(weight @ mmse) / s**2)
    area = float(np.trapezoid(left, axis))
    assert area == pytest.approx(entropy[0] - entropy[-1] + math.log(1e4), abs=2e-5)
    # And with the last level taken for Gaussian, the entropy of the data is known.
    assert entropy[0] == pytest.approx(1.35135, abs=1e-3)
