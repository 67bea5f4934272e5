"""Toys: the parameters are the ones promised, and samples follow them."""

import math
from collections.abc import Callable

import pytest
import torch

from gendiff.data import toys
from gendiff.exact import GaussianMixture
from gendiff.types import level
from gendiff.views import jacobian


def seed(value: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(value)


@pytest.mark.parametrize("make", [toys.ring, toys.grid25, toys.moons, toys.digits64])
def test_scale_is_half(make: Callable[[], GaussianMixture]) -> None:
    mixture = make()
    mean = mixture.weights @ mixture.means
    torch.testing.assert_close(mean, torch.zeros_like(mean), atol=1e-9, rtol=0)
    square = mixture.weights @ mixture.means.square() + torch.einsum(
        "k,kii->i", mixture.weights, mixture.covariances
    )
    assert square.mean().sqrt().item() == pytest.approx(0.5, rel=0.02)


def test_two_bumps_has_the_known_moments() -> None:
    moments = toys.two_bumps().moments()
    # 0.3 * (-2) + 0.7 * 1; 0.3 * 0.5 + 0.7 * 0.2 + 0.21 * 3 ** 2
    assert moments.mean.item() == pytest.approx(0.1)
    assert moments.covariance.item() == pytest.approx(2.18)


def test_ring_is_equidistant() -> None:
    means = toys.ring(8).means
    torch.testing.assert_close(
        means.norm(dim=1), torch.full((8,), math.sqrt(0.5), dtype=torch.float64)
    )
    gaps = (means - means.roll(1, 0)).norm(dim=1)
    torch.testing.assert_close(gaps, gaps[:1].expand(8))


def test_grid25_has_the_benchmark_parameters() -> None:
    mixture = toys.grid25()
    assert mixture.means.shape == (25, 2)
    assert mixture.means.max().item() == pytest.approx(math.sqrt(0.5))
    torch.testing.assert_close(
        mixture.covariances[3], 9e-4 * torch.eye(2, dtype=torch.float64)
    )


def test_moons_interleave() -> None:
    means = toys.moons(32).means
    assert means.shape == (64, 2)
    upper, lower = means.split(32)
    # The two moons map to each other when turned by half a circle about the mean.
    torch.testing.assert_close(upper.flip(0), -lower.flip(0))
    assert upper[:, 1].max() > lower[:, 1].max()


def test_digits64_is_a_mixture_of_digits() -> None:
    mixture = toys.digits64()
    assert mixture.means.shape == (30, 64)
    assert mixture.weights.sum().item() == pytest.approx(1)
    assert torch.linalg.eigvalsh(mixture.covariances).min() >= 4e-3 * 0.999
    # Three components a digit, and digits are equally frequent to a few per cent.
    classes = mixture.weights.reshape(10, 3).sum(dim=1)
    torch.testing.assert_close(
        classes, torch.full_like(classes, 0.1), atol=4e-3, rtol=0
    )
    assert toys.digits64() is mixture


def test_swiss_roll_winds_and_has_the_scale() -> None:
    points = toys.swiss_roll(20_000, generator=seed())
    assert points.shape == (20_000, 2)
    assert points.square().mean().sqrt().item() == pytest.approx(0.5, rel=0.02)
    # Without noise, the radius grows in proportion to the angle wound.
    radius = toys.swiss_roll(5000, generator=seed(), std=0.0).norm(dim=1)
    assert (radius.max() / radius.min()).item() == pytest.approx(3, rel=0.01)


def test_digits_first_made_under_inference_mode_serve_all_modes() -> None:
    with torch.inference_mode():
        digits = toys.digits64(1, floor=0.05)
    assert toys.digits64(1, floor=0.05) is digits
    assert not digits.means.is_inference()
    x = torch.zeros(1, 64, dtype=torch.float64)
    assert jacobian(digits, x, level(0.5)).isfinite().all()
