import math
from functools import partial

import pytest
import torch
from torch import Tensor

from gendiff.exact import Field, Gaussian, GaussianMixture, Isotropic
from gendiff.likelihood import bits_per_dim, log_density, log_density_estimate
from gendiff.noise import seeded
from gendiff.record import Counted
from gendiff.types import level

RNG = torch.Generator().manual_seed(0)


def mixture(d: int) -> GaussianMixture:
    a = 0.3 * torch.randn(3, d, d, generator=RNG, dtype=torch.float64)
    covariances = a @ a.mT + 0.02 * torch.eye(d, dtype=torch.float64)
    means = torch.randn(3, d, generator=RNG, dtype=torch.float64)
    return GaussianMixture(
        torch.tensor([0.3, 0.3, 0.4], dtype=torch.float64), means, covariances
    )


def noisy(exact: GaussianMixture, n: int, low: float) -> Tensor:
    x = exact.sample(n, RNG)
    return x + low * torch.randn(x.shape, generator=RNG, dtype=x.dtype)


@pytest.mark.parametrize("d", [1, 2, 5])
def test_density_of_a_mixture(d: int) -> None:
    exact, low = mixture(d), 0.05
    x = noisy(exact, 16, low)
    counted = Counted(exact)
    got = log_density(counted, x, gaussian=exact.moments(), low=low, tolerance=1e-7)
    torch.testing.assert_close(got, exact.log_density(x, level(low)), rtol=0, atol=1e-5)
    assert counted.nfe < 300


def test_companion_need_not_fit() -> None:
    exact, low = mixture(2), 0.05
    x = noisy(exact, 8, low)
    solve = partial(log_density, exact, x, low=low, high=1e6, tolerance=1e-7)
    wide = solve(gaussian=Isotropic(torch.zeros(2, dtype=torch.float64), 1.7))
    torch.testing.assert_close(
        wide, exact.log_density(x, level(low)), rtol=0, atol=1e-4
    )


def test_estimate_is_unbiased_and_knows_its_error() -> None:
    exact, low, n = mixture(4), 0.1, 64
    x = noisy(exact, n, low)
    estimate = log_density_estimate(
        exact, x, gaussian=exact.moments(), low=low, probes=8, noise=seeded(RNG)
    )
    scores = (estimate.value - exact.log_density(x, level(low))) / estimate.error
    # Student's t with 7 degrees of freedom: mean 0, variance 7/5.
    assert abs(float(scores.mean())) < 4 * math.sqrt(1.4 / n)
    assert 0.5 < float(scores.var()) < 3.5


def test_probes_are_signs_so_that_one_dimension_leaves_nothing_open() -> None:
    exact, low = mixture(1), 0.1
    x = noisy(exact, 8, low)
    # A companion that doesn't fit, so that there is a trace to estimate.
    blind = Isotropic(torch.zeros(1, dtype=torch.float64), 0.7)
    estimate = log_density_estimate(
        exact, x, gaussian=blind, low=low, probes=4, noise=seeded(RNG)
    )
    assert float(estimate.error.max()) < 1e-12
    wanted = log_density(exact, x, gaussian=blind, low=low)
    torch.testing.assert_close(estimate.value, wanted, rtol=0, atol=1e-3)


def test_gaussian_companion_removes_the_probes_variance() -> None:
    a = torch.tensor([[0.5, 0.3], [0.3, 0.4]], dtype=torch.float64)
    exact = Gaussian(torch.tensor([1.0, -2.0], dtype=torch.float64), a)
    x = exact.sample(8, RNG)
    known = log_density_estimate(exact, x, gaussian=exact, low=0.1, noise=seeded(RNG))
    assert float(known.error.max()) < 1e-12
    torch.testing.assert_close(known.value, exact.log_density(x, level(0.1)))
    blind = log_density_estimate(
        exact, x, gaussian=Isotropic(exact.mean, 0.7), low=0.1, noise=seeded(RNG)
    )
    assert float(blind.error.mean()) > 0.1


def test_images_need_no_flattening() -> None:
    power = torch.rand(4, 4, generator=RNG, dtype=torch.float64) + 0.2
    power = (power + power.flip(0, 1).roll((1, 1), (0, 1))) / 2
    exact = Field(power, torch.zeros((), dtype=torch.float64))
    x = exact.sample(3, RNG, channels=1)
    companion = Isotropic(torch.zeros(1, 4, 4, dtype=torch.float64), 0.8)
    got = log_density(exact, x, gaussian=companion, low=0.1, tolerance=1e-6)
    torch.testing.assert_close(got, exact.log_density(x, level(0.1)), rtol=0, atol=1e-3)


def test_bits_per_dim() -> None:
    # A uniform density over [-1, 1] in 256 bins is 8 bits a dimension.
    nats = torch.tensor([-3 * math.log(2.0)])
    bits = bits_per_dim(nats, dims=3, bin_width=2 / 256)
    assert float(bits) == pytest.approx(8.0)


def test_bad_arguments_are_named() -> None:
    exact = mixture(2)
    x = exact.sample(2, RNG)
    with pytest.raises(ValueError, match="low"):
        log_density(exact, x, gaussian=exact.moments(), low=0.0)
    with pytest.raises(ValueError, match="probes"):
        log_density_estimate(exact, x, gaussian=exact.moments(), low=0.1, probes=1)
    with pytest.raises(ValueError, match="bin_width"):
        bits_per_dim(torch.zeros(1), dims=1, bin_width=0.0)
