"""Wasserstein distances against closed forms and scipy."""

import math

import pytest
import torch
from hypothesis import given, strategies as st
from scipy import stats

from gendiff.metrics import sliced_wasserstein, wasserstein

VALUES = st.lists(st.floats(-5, 5), min_size=1, max_size=12)


def seed(value: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(value)


def quantiles(n: int) -> torch.Tensor:
    """Return a perfectly spread sample of the standard normal."""
    p = (torch.arange(n, dtype=torch.float64) + 0.5) / n
    return torch.special.ndtri(p)[:, None]


@given(VALUES, VALUES)
def test_agrees_with_the_optimal_plan(x: list[float], y: list[float]) -> None:
    # Repeating points until both samples have n * m of them changes nothing.
    a = torch.tensor(x, dtype=torch.float64).repeat(len(y)).sort().values
    b = torch.tensor(y, dtype=torch.float64).repeat(len(x)).sort().values
    expected = (a - b).square().mean().sqrt()
    found = wasserstein(torch.tensor(x)[:, None].double(), torch.tensor(y)[:, None])
    torch.testing.assert_close(found, expected[None], atol=1e-6, rtol=1e-6)


def test_gaussians_have_their_known_distance() -> None:
    # W2(N(0, 1), N(m, s^2))^2 = m^2 + (s - 1)^2.
    z = quantiles(20_000)
    for mean, std in [(0.7, 1.0), (0.0, 2.0), (1.0, 0.5)]:
        found = wasserstein(z, mean + std * z).item()
        assert found == pytest.approx(math.hypot(mean, std - 1), rel=1e-3)


def test_one_distance_a_coordinate() -> None:
    x = torch.randn(50, 3, generator=seed(), dtype=torch.float64)
    shift = torch.tensor([0.0, 1.0, -2.0], dtype=torch.float64)
    torch.testing.assert_close(wasserstein(x, x + shift), shift.abs())


def test_sliced_shift_is_shared_among_dimensions() -> None:
    x = torch.randn(200, 16, generator=seed())
    shift = torch.zeros(16)
    shift[3] = 2.0
    found = sliced_wasserstein(x, x + shift, projections=4000, generator=seed(1))
    assert found == pytest.approx(2 / 4, rel=0.05)


def test_sliced_scale_of_round_gaussians() -> None:
    # Every projection has W2 = |s - 1|, whatever the dimension.
    x = torch.randn(20_000, 5, generator=seed())
    y = 1.5 * torch.randn(20_000, 5, generator=seed(1))
    found = sliced_wasserstein(x, y, generator=seed(2))
    assert found == pytest.approx(0.5, rel=0.03)


def test_sliced_does_not_see_order_and_is_symmetric() -> None:
    x = torch.randn(60, 1, 4, 4, generator=seed())
    y = torch.randn(45, 1, 4, 4, generator=seed(1))
    there = sliced_wasserstein(x, y, generator=seed(2))
    assert sliced_wasserstein(y, x.flip(0), generator=seed(2)) == pytest.approx(there)
    assert sliced_wasserstein(x, x.flip(0), generator=seed(2)) == pytest.approx(0)


def test_order_two_is_at_least_order_one() -> None:
    x = torch.randn(100, 1, generator=seed())
    y = 1 + torch.randn(70, 1, generator=seed(1)).exp()
    first = stats.wasserstein_distance(x[:, 0], y[:, 0])
    assert wasserstein(x, y).item() >= first
