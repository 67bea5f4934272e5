"""The price of a likelihood: what is counted, and what it buys."""

import pytest
import torch

from gendiff.exact import GaussianMixture
from gendiff.studies.perspectives import likelihood_price
from gendiff.types import level

GENERATOR = torch.Generator().manual_seed(0)
MEANS = torch.randn(2, 6, generator=GENERATOR).double()
DATA = GaussianMixture.isotropic(torch.tensor([0.5, 0.5]).double(), MEANS, 0.3)


def noise(x: torch.Tensor) -> torch.Tensor:
    """Return normal numbers."""
    return torch.randn(x.shape, generator=GENERATOR).to(x)


def test_one_probe_is_cheap_and_right_on_average() -> None:
    bumps = likelihood_price.Bumps(MEANS, 0.3)
    x = bumps.sample(60, GENERATOR)
    torch.testing.assert_close(bumps(x, level(0.7)), DATA(x, level(0.7)))
    found = likelihood_price.price(bumps, x, tolerance=1e-3, noise=noise)
    exact = DATA.log_density(x, level(0.01))
    assert float((found.by_trace - exact).abs().max()) < 0.1
    off = found.by_probe - exact
    assert float(off.mean()) == pytest.approx(0, abs=4 * float(off.std()) / 60**0.5)
    assert float(off.std()) > 0.01
    assert found.trace % 13 == 0
    assert found.probe < found.trace
    assert 0.3 < found.sample / (found.probe / 3) < 3


def test_the_error_falls_with_the_tolerance() -> None:
    x = DATA.sample(4, GENERATOR)
    rough, few = likelihood_price.error(DATA, x, tolerance=1e-3)
    fine, many = likelihood_price.error(DATA, x, tolerance=1e-7)
    assert fine < rough / 10
    assert fine < 1e-5
    assert many > few
