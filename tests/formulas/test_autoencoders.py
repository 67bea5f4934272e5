"""Every formula of "Diffusion models are autoencoders", by another route.

The mixture is 0.3 N(-2, 0.5) + 0.7 N(1, 0.2), variances second. Expected values are
computed with numpy and scipy from the definitions, not with the library's closed forms.
"""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy import integrate, stats

from gendiff.data import two_bumps
from gendiff.frames import DATA, NOISE
from gendiff.objectives import clean_weight, noise_weight, target_weight
from gendiff.types import level
from gendiff.views import noise, posterior_covariance, score

MIXTURE = two_bumps()
AT = np.linspace(-3.5, 2.5, 13)
PARTS = ((0.3, -2.0, 0.5), (0.7, 1.0, 0.2))


def density(x: NDArray[np.float64], sigma: float) -> NDArray[np.float64]:
    """Return the density of the mixture plus noise."""
    return sum(w * stats.norm(m, np.sqrt(v + sigma**2)).pdf(x) for w, m, v in PARTS)


LATTICE = np.linspace(-9, 9, 36_001)


def posterior_moment(x: float, sigma: float, power: int) -> float:
    """Return `E[x0^power | x]` by summation, which converges fast for Gaussians."""
    joint = density(LATTICE, 0.0) * np.exp(-((x - LATTICE) ** 2) / (2 * sigma**2))
    return float((LATTICE**power * joint).sum() / joint.sum())


def column(x: NDArray[np.float64]) -> torch.Tensor:
    return torch.tensor(x, dtype=torch.float64)[:, None]


@pytest.mark.parametrize("sigma", [0.1, 0.5, 2.0])
def test_m01_score_is_the_slope_of_the_log_density(sigma: float) -> None:
    h = 1e-6
    slope = (np.log(density(AT + h, sigma)) - np.log(density(AT - h, sigma))) / (2 * h)
    got = MIXTURE.score(column(AT), level(sigma))[:, 0]
    np.testing.assert_allclose(got, slope, rtol=1e-6, atol=1e-6)


def test_m02_input_and_parameter_gradients_have_opposite_signs() -> None:
    x, mean, variance = 1.3, 0.4, 0.7
    values = torch.tensor([x, mean], dtype=torch.float64, requires_grad=True)
    log_p = -((values[0] - values[1]) ** 2) / (2 * variance)
    by_input, by_mean = torch.autograd.grad(log_p, values)[0].tolist()
    assert by_input == pytest.approx(-(x - mean) / variance, abs=1e-12)
    assert by_mean == pytest.approx((x - mean) / variance, abs=1e-12)


def test_m03_noise_adds_its_variance() -> None:
    x = np.linspace(-40, 40, 400_001)
    for sigma in (0.5, 1.0, 3.0):
        p = np.exp(MIXTURE.log_density(column(x), level(sigma)).numpy())
        mean = integrate.trapezoid(p * x, x)
        variance = integrate.trapezoid(p * (x - mean) ** 2, x)
        clean_mean = sum(w * m for w, m, _ in PARTS)
        clean = sum(w * (v + (m - clean_mean) ** 2) for w, m, v in PARTS)
        assert variance == pytest.approx(clean + sigma**2, abs=1e-8)


def test_m04_minimiser_is_minus_variance_times_the_score() -> None:
    # E09 of the ledger: the predictor of eps_t is not the score.
    for x in AT[::3]:
        expected_noise = x - posterior_moment(float(x), 0.5, 1)
        ratio = expected_noise / float(MIXTURE.score(column(np.array([x])), level(0.5)))
        assert ratio == pytest.approx(-0.25, abs=1e-6)


def test_m05_pairs_must_be_drawn_together() -> None:
    # E23: the integrand depends on x and x_t; averaged over x_t alone it is another.
    x0 = np.array([-1.0, 1.0])
    joint = stats.norm(x0[:, None], 0.5)
    grid = np.linspace(-6, 6, 20_001)
    p = joint.pdf(grid) / 2
    best = (p * x0[:, None]).sum(0) / p.sum(0)
    together = integrate.trapezoid((p * (best - x0[:, None]) ** 2).sum(0), grid)
    marginal = p.sum(0)
    apart = np.mean(
        [integrate.trapezoid(marginal * (best - value) ** 2, grid) for value in x0]
    )
    assert together == pytest.approx(0.069, abs=1e-3)
    assert apart == pytest.approx(1.93, abs=1e-2)


@pytest.mark.parametrize("sigma", [0.1, 0.5, 2.0])
def test_m06_tweedie(sigma: float) -> None:
    for x in AT[::3]:
        mean = posterior_moment(float(x), sigma, 1)
        at = column(np.array([x]))
        tweedie = float(at + sigma**2 * MIXTURE.score(at, level(sigma)))
        assert mean == pytest.approx(tweedie, abs=1e-8)
        assert mean == pytest.approx(float(MIXTURE(at, level(sigma))), abs=1e-8)


def test_m07_residual_connection_turns_noise_into_minus_clean() -> None:
    at, sigma = column(AT), level(0.7)
    eps_t = 0.7 * noise(MIXTURE, at, sigma)
    torch.testing.assert_close(eps_t - at, -MIXTURE(at, sigma), rtol=0, atol=1e-12)


def test_m08_the_three_errors() -> None:
    # |eps_t' - eps_t|^2 = |x' - x|^2 = sigma^2 |eps' - eps|^2: so uniform weight on
    # standardised noise is 1 / sigma^2 on the clean error (E10).
    sigma = torch.tensor([0.05, 0.5, 5.0], dtype=torch.float64)
    clean = column(np.array([0.3, -1.0, 2.0]))
    eps = column(np.array([1.2, -0.4, 0.1]))
    x_t = clean + sigma[:, None] * eps
    guess = MIXTURE(x_t, sigma)
    clean_error = (guess - clean).square()[:, 0]
    added = ((x_t - guess) - sigma[:, None] * eps).square()[:, 0]
    unit = ((x_t - guess) / sigma[:, None] - eps).square()[:, 0]
    torch.testing.assert_close(added, clean_error)
    torch.testing.assert_close(unit, noise_weight(sigma) * clean_error)
    torch.testing.assert_close(clean_weight(sigma), torch.ones_like(sigma))
    # The loss of Ho et al. over the printed one: 400 at 0.05, and 0.04 at 5.
    ends = unit[[0, 2]] / clean_error[[0, 2]]
    assert ends.tolist() == pytest.approx([400, 0.04])
    torch.testing.assert_close(target_weight(NOISE)(sigma), noise_weight(sigma))
    torch.testing.assert_close(target_weight(DATA)(sigma), clean_weight(sigma))


@pytest.mark.parametrize("sigma", [0.3, 1.0])
def test_m11_jacobian_is_posterior_covariance_over_variance(sigma: float) -> None:
    for x in AT[::4]:
        first, second = (posterior_moment(float(x), sigma, k) for k in (1, 2))
        got = float(posterior_covariance(MIXTURE, column(np.array([x])), level(sigma)))
        assert got == pytest.approx(second - first**2, abs=1e-8)
        h = 1e-5
        ends = [
            float(MIXTURE(column(np.array([x + d])), level(sigma))) for d in (h, -h)
        ]
        assert got / sigma**2 == pytest.approx((ends[0] - ends[1]) / (2 * h), abs=1e-8)


def test_score_view_agrees() -> None:
    at, sigma = column(AT), level(0.5)
    got, exact = score(MIXTURE, at, sigma), MIXTURE.score(at, sigma)
    torch.testing.assert_close(got, exact, rtol=1e-10, atol=1e-10)


def test_c03_minimisers_are_each_others_conversion() -> None:
    rng = np.random.default_rng(0)
    clean = rng.choice([-1.0, 1.0], 400) + 0.2 * rng.standard_normal(400)
    noise_added = 0.5 * rng.standard_normal(400)
    x_t = clean + noise_added
    bumps = np.stack([np.exp(-((x_t - c) ** 2)) for c in (-2, -1, 0, 1, 2)], axis=1)

    def least_squares(
        features: NDArray[np.float64], target: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        return features @ np.linalg.lstsq(features, target, rcond=None)[0]

    def apart(features: NDArray[np.float64]) -> float:
        """Return how far the best noise and the best clean signal are from x_t."""
        whole = least_squares(features, noise_added) + least_squares(features, clean)
        return float(np.abs(whole - x_t).max())

    carries_input = np.column_stack([x_t, bumps])
    assert apart(carries_input) < 1e-10
    assert apart(bumps) > 0.01, "without the input among the features they differ"
    # And the losses are equal, not only their minimisers.
    guess = least_squares(bumps, clean)
    np.testing.assert_allclose(
        ((x_t - guess) - noise_added) ** 2, (guess - clean) ** 2, atol=1e-12
    )
    # The exact minimisers, each by summation over the joint density.
    for x in AT[::3]:
        joint = density(LATTICE, 0.0) * np.exp(-((x - LATTICE) ** 2) / (2 * 0.5**2))
        best_noise = ((x - LATTICE) * joint).sum() / joint.sum()
        library = 0.5 * float(noise(MIXTURE, column(np.array([x])), level(0.5)))
        assert library == pytest.approx(best_noise, abs=1e-8)
        assert x - posterior_moment(float(x), 0.5, 1) == pytest.approx(best_noise)


@pytest.mark.parametrize("sigma", [0.1, 0.5, 2.0])
def test_c16_a_step_along_the_score_removes_noise(sigma: float) -> None:
    # Nodes of a quadrature for the noise, a lattice for the clean signal.
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    clean, spacing = np.linspace(-6, 5, 1_101, retstep=True)
    joint = density(clean, 0.0)[:, None] * spacing * weights / weights.sum()
    eps_t = np.broadcast_to(sigma * nodes, joint.shape)
    x_t = clean[:, None] + eps_t
    h = 1e-5
    ahead, behind = (np.log(density(x_t + d, sigma)) for d in (h, -h))
    slope = (ahead - behind) / (2 * h)
    step = sigma**2 * slope
    got = MIXTURE.score(column(x_t.ravel()), level(sigma))[:, 0].numpy()
    np.testing.assert_allclose(sigma**2 * got, step.ravel(), rtol=1e-4, atol=1e-6)
    length = (joint * step**2).sum()
    before = (joint * eps_t**2).sum()
    after = (joint * (eps_t + step) ** 2).sum()
    assert before == pytest.approx(sigma**2, rel=1e-6)
    assert (joint * step * -eps_t).sum() == pytest.approx(length, rel=1e-4)
    assert before - after == pytest.approx(length, rel=1e-4)
    assert after < before
    backwards = (joint * (eps_t - step) ** 2).sum()
    assert backwards > before, "a step the other way adds as much and more"
