"""The ancestral step of "Perspectives on diffusion", taken apart by the solvers."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from gendiff import last
from gendiff.exact import GaussianMixture
from gendiff.solvers import ancestral, euler, langevin
from gendiff.types import Noise

Stepped = Callable[[float, Noise], torch.Tensor]
DATA = GaussianMixture.isotropic(
    torch.tensor([0.8, 0.2]).double(), torch.tensor([[0.7], [-0.7]]).double(), 0.15
)
X = torch.linspace(-2, 2, 21).double()[:, None]
HIGH = 0.8
SHORT = (0.04, 0.02, 0.01, 0.005)
"""Steps in sigma."""


def whole(low: float, noise: Noise) -> torch.Tensor:
    """Return what an ancestral step makes of the points."""
    return last(ancestral(DATA, X, [HIGH, low], noise=noise))


def pull(x: torch.Tensor, low: float, noise: Noise) -> torch.Tensor:
    """Return a Langevin step of size `(high^2 - low^2) / 2`, in the library's unit."""
    size = (HIGH**2 - low**2) / 2
    return last(langevin(DATA, x, low, step=size / low**2, steps=1, noise=noise))


def parts(low: float, noise: Noise) -> torch.Tensor:
    """Return what an Euler step of the flow and a Langevin step make of them."""
    return pull(last(euler(DATA, X, [HIGH, low])), low, noise)


def alone(low: float, noise: Noise) -> torch.Tensor:
    """Return what the Langevin step alone makes of them."""
    return pull(X, low, noise)


def apart(other: Stepped, short: float) -> tuple[float, float]:
    """Return how far a step's mean and variance are from the ancestral ones."""
    low, means, variances = HIGH - short, [], []
    for step in (whole, other):
        mean = step(low, torch.zeros_like)
        means.append(mean)
        variances.append((step(low, torch.ones_like) - mean).square())
    return (
        float((means[0] - means[1]).abs().max()),
        float((variances[0] - variances[1]).abs().max()),
    )


def orders(other: Stepped) -> tuple[float, float]:
    """Return the orders, in the step, of both differences."""
    gaps = np.log([apart(other, short) for short in SHORT])
    mean, variance = np.polyfit(np.log(SHORT), gaps, 1)[0]
    return float(mean), float(variance)


def test_c06_an_ancestral_step_is_a_step_of_the_flow_and_one_of_langevin() -> None:
    assert orders(parts) == pytest.approx((2, 2), abs=0.1)


def test_c06_a_langevin_step_alone_differs_at_first_order_in_its_mean() -> None:
    assert orders(alone) == pytest.approx((1, 2), abs=0.1)


def test_c06_a_langevin_step_pulls_half_as_hard_at_equal_noise() -> None:
    low = HIGH - 1e-5
    half, full = (step(low, torch.zeros_like) - X for step in (alone, whole))
    torch.testing.assert_close(half / full, torch.full_like(X, 0.5), atol=1e-3, rtol=0)
