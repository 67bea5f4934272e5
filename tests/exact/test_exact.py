"""Closed forms against autograd, quadrature, brute force and each other."""

import math

import numpy as np
import pytest
import torch
from scipy import stats
from torch import Tensor

from gendiff.exact import Empirical, Field, Gaussian, GaussianMixture, Isotropic
from gendiff.testing import check_denoiser
from gendiff.types import level

RNG = torch.Generator().manual_seed(0)


def covariances(k: int, d: int) -> Tensor:
    a = torch.randn(k, d, d, generator=RNG, dtype=torch.float64)
    return a @ a.mT / d + 0.05 * torch.eye(d, dtype=torch.float64)


GAUSSIAN = Gaussian(
    torch.tensor([0.4, -1.0, 2.0], dtype=torch.float64), covariances(1, 3)[0]
)
MIXTURE = GaussianMixture(
    torch.tensor([0.2, 0.5, 0.3], dtype=torch.float64),
    2 * torch.randn(3, 3, generator=RNG, dtype=torch.float64),
    covariances(3, 3),
)
EMPIRICAL = Empirical(MIXTURE.sample(50, RNG), chunk=7)
ROUND = Isotropic(torch.full((3,), 0.3, dtype=torch.float64), 0.8)
POINTS = 2 * torch.randn(20, 3, generator=RNG, dtype=torch.float64)


def field(*shape: int) -> Field:
    power = torch.rand(shape, generator=RNG, dtype=torch.float64) + 0.1
    axes = list(range(len(shape)))
    mirrored = power.flip(axes).roll([1] * len(axes), axes)
    return Field((power + mirrored) / 2, torch.tensor(0.3, dtype=torch.float64))


EXACT = {
    "gaussian": GAUSSIAN,
    "mixture": MIXTURE,
    "empirical": EMPIRICAL,
    "round": ROUND,
}


@pytest.mark.parametrize("name", EXACT)
@pytest.mark.parametrize("sigma", [0.3, 1.0, 8.0])
def test_score_and_tweedie(name: str, sigma: float) -> None:
    exact, at = EXACT[name], level(sigma)
    x = POINTS.clone().requires_grad_()
    (slope,) = torch.autograd.grad(exact.log_density(x, at).sum(), x)
    torch.testing.assert_close(exact.score(POINTS, at), slope, rtol=1e-8, atol=1e-8)
    tweedie = POINTS + sigma**2 * slope
    torch.testing.assert_close(exact(POINTS, at), tweedie, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("name", EXACT)
def test_conforms(name: str) -> None:
    x = torch.randn(5, 3, generator=RNG, dtype=torch.float64)
    if name == "empirical":  # at low noise it answers with its examples
        x = EMPIRICAL.data[:5]
        assert torch.equal(EMPIRICAL(x, level(0.0)), x)
        return
    check_denoiser(EXACT[name], x)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("name", EXACT)
def test_finite_from_no_noise_to_almost_all(name: str, dtype: torch.dtype) -> None:
    exact = EXACT[name]
    for sigma in (0.0, 1e-6, 1e-3, 1.0, 1e4):
        for scale in (1.0, 1e3):
            x = (scale * POINTS).to(dtype)
            assert exact(x, level(sigma)).isfinite().all(), (sigma, scale)
            assert exact(x, level(sigma)).dtype == dtype
            if name != "empirical" or sigma >= 1e-3:
                assert exact.score(x, level(sigma)).isfinite().all()


def test_gaussian_density_against_scipy() -> None:
    noisy = GAUSSIAN.covariance.numpy() + 0.49 * np.eye(3)
    expected = stats.multivariate_normal(GAUSSIAN.mean.numpy(), noisy).logpdf(POINTS)
    got = GAUSSIAN.log_density(POINTS, level(0.7))
    np.testing.assert_allclose(got, expected, rtol=1e-10)


def test_mixture_density_against_scipy() -> None:
    parts = [
        float(w) * stats.multivariate_normal(m, c + 0.49 * np.eye(3)).pdf(POINTS)
        for w, m, c in zip(
            MIXTURE.weights,
            MIXTURE.means.numpy(),
            MIXTURE.covariances.numpy(),
            strict=True,
        )
    ]
    got = MIXTURE.log_density(POINTS, level(0.7))
    np.testing.assert_allclose(got, np.log(sum(parts)), rtol=1e-10)


def test_posterior_by_quadrature() -> None:
    # The 1-D mixture 0.3 N(-2, 0.5) + 0.7 N(1, 0.2), variances second, at one point.
    mixture = GaussianMixture(
        torch.tensor([0.3, 0.7], dtype=torch.float64),
        torch.tensor([[-2.0], [1.0]], dtype=torch.float64),
        torch.tensor([[[0.5]], [[0.2]]], dtype=torch.float64),
    )
    x0 = np.linspace(-12, 12, 200_001)
    prior = 0.3 * stats.norm(-2, 0.5**0.5).pdf(x0) + 0.7 * stats.norm(1, 0.2**0.5).pdf(
        x0
    )
    weight = prior * stats.norm(x0, 0.9).pdf(-0.4)
    weight /= weight.sum()
    mean = weight @ x0
    at, x = level(0.9), torch.tensor([[-0.4]], dtype=torch.float64)
    assert float(mixture(x, at)) == pytest.approx(mean, abs=1e-9)
    variance = float(mixture.posterior_covariance(x, at))
    assert variance == pytest.approx(weight @ (x0 - mean) ** 2, abs=1e-9)


def test_mixture_of_one_is_the_gaussian() -> None:
    one = GaussianMixture(
        torch.ones(1, dtype=torch.float64),
        GAUSSIAN.mean[None],
        GAUSSIAN.covariance[None],
    )
    at = level(0.6)
    torch.testing.assert_close(one(POINTS, at), GAUSSIAN(POINTS, at))
    torch.testing.assert_close(
        one.posterior_covariance(POINTS, at)[0], GAUSSIAN.posterior_covariance(at)
    )


def test_empirical_is_a_mixture_of_spikes() -> None:
    spikes = GaussianMixture.isotropic(
        torch.full((50,), 1 / 50, dtype=torch.float64), EMPIRICAL.data, 1e-6
    )
    at = level(0.5)
    torch.testing.assert_close(EMPIRICAL(POINTS, at), spikes(POINTS, at))
    torch.testing.assert_close(
        EMPIRICAL.log_density(POINTS, at), spikes.log_density(POINTS, at)
    )
    distance, index = EMPIRICAL.nearest(POINTS)
    brute = torch.cdist(POINTS, EMPIRICAL.data)
    torch.testing.assert_close(distance, brute.min(1).values)
    assert torch.equal(index, brute.min(1).indices)


@pytest.mark.parametrize("shape", [(9,), (8, 8), (6, 9), (4, 5, 6)])
def test_field_is_a_gaussian_with_circulant_covariance(shape: tuple[int, ...]) -> None:
    exact = field(*shape)
    d = math.prod(shape)
    x = torch.randn(3, *shape, generator=RNG, dtype=torch.float64)
    torch.testing.assert_close(exact.unrotate(exact.rotate(x)), x)
    # The covariance of a stationary field is the inverse transform of its power.
    kernel = torch.fft.ifftn(exact.power).real
    sites = torch.cartesian_prod(*[torch.arange(n) for n in shape]).reshape(d, -1)
    lags = (sites[:, None] - sites[None]) % torch.tensor(shape)
    dense = Gaussian(
        torch.full((d,), 0.3, dtype=torch.float64), kernel[tuple(lags.unbind(-1))]
    )
    at = level(0.4)
    flat = x.flatten(1)
    torch.testing.assert_close(exact(x, at).flatten(1), dense(flat, at))
    torch.testing.assert_close(exact.log_density(x, at), dense.log_density(flat, at))
    torch.testing.assert_close(exact.score(x, at).flatten(1), dense.score(flat, at))


def test_field_samples_have_the_power() -> None:
    exact = field(6, 8)
    x = exact.sample(20_000, RNG) - 0.3
    power = torch.fft.fft2(x, norm="ortho").abs().square().mean(0)
    error = exact.power * math.sqrt(2 / 20_000)  # a real frequency's standard error
    assert ((power - exact.power).abs() < 5 * error).all()
    assert exact.sample(2, RNG, channels=3).shape == (2, 3, 6, 8)


@pytest.mark.parametrize("name", ["gaussian", "mixture"])
def test_samples_have_the_moments(name: str) -> None:
    n = 40_000
    x = EXACT[name].sample(n, RNG)
    target = GAUSSIAN if name == "gaussian" else MIXTURE.moments()
    assert (x.mean(0) - target.mean).abs().max() < 5 * math.sqrt(4 / n)
    spread = torch.cov(x.T) - target.covariance
    assert spread.abs().max() < 5 * float(target.covariance.max()) * math.sqrt(3 / n)


def test_flow_keeps_the_marginal() -> None:
    # A point's quantile is kept, and there and back is nothing.
    x = POINTS
    there = GAUSSIAN.flow(x, 5.0, 0.2)
    torch.testing.assert_close(GAUSSIAN.flow(there, 0.2, 5.0), x)
    now, after = (
        GAUSSIAN.log_density(*args) for args in ((x, level(5.0)), (there, level(0.2)))
    )
    volume = ((GAUSSIAN.variances + 0.04) / (GAUSSIAN.variances + 25)).log().sum() / 2
    torch.testing.assert_close(after, now - volume)


def test_bad_parameters_are_named() -> None:
    eye = torch.eye(2)
    with pytest.raises(ValueError, match="sum to 1"):
        GaussianMixture.isotropic(torch.tensor([0.5, 0.6]), torch.zeros(2, 2), 1.0)
    with pytest.raises(ValueError, match="eigenvalue"):
        Gaussian(torch.zeros(2), torch.diag(torch.tensor([1.0, -1.0])))
    with pytest.raises(ValueError, match="symmetric"):
        Gaussian(torch.zeros(2), eye + torch.tensor([[0.0, 0.5], [0.0, 0.0]]))
    with pytest.raises(ValueError, match="std"):
        Isotropic(torch.zeros(2), -1.0)
    with pytest.raises(ValueError, match="at least one"):
        Empirical(torch.zeros(0, 2))
    with pytest.raises(ValueError, match="symmetric"):
        Field(torch.arange(8.0), torch.tensor(0.0))
    with pytest.raises(ValueError, match="negative"):
        Field(-torch.ones(8), torch.tensor(0.0))


def test_a_spread_is_measured_without_the_axes() -> None:
    generator = torch.Generator().manual_seed(5)
    variances = torch.logspace(1, -3, 12, dtype=torch.float64)
    axes = torch.linalg.qr(torch.randn(12, 12, generator=generator).double()).Q
    mean = torch.linspace(-1, 1, 12, dtype=torch.float64)
    data = Gaussian(mean, axes * variances @ axes.mT).sample(20_000, generator)
    found = Isotropic.measured(data.reshape(-1, 3, 4))
    expected = float(variances.square().mean()) ** 0.25
    assert found.std == pytest.approx(expected, rel=0.03)
    torch.testing.assert_close(found.mean.flatten(), mean, rtol=0, atol=0.1)
    round_ = Isotropic(mean, 0.3).sample(5_000, generator)
    assert Isotropic.measured(round_).std == pytest.approx(0.3, rel=0.02)
    with pytest.raises(ValueError, match="1 example"):
        Isotropic.measured(data[:1])
    with pytest.raises(ValueError, match=r"std is 0\.0"):
        Isotropic.measured(torch.ones(5, 2))
