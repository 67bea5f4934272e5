"""The formulas of "Guidance" and "The geometry of guidance", by another route.

The two classes are N(-2, 1) and N(2, 1), equally likely, unless a test says otherwise.
Expected values come from the definitions by numpy and scipy, not from the library's
closed forms. Autoregressive models are in `test_guidance_tokens`.
"""

import math

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy import integrate, stats
from scipy.special import expit

from gendiff.data import two_bumps
from gendiff.exact import Field, GaussianMixture, Isotropic
from gendiff.frames import DATA, FLOW, NOISE, Frame
from gendiff.grids import geometric
from gendiff.guidance import (
    ClassifierGuidance,
    Contrast,
    Labelled,
    Tempered,
    UniversalGuidance,
)
from gendiff.guidance.classifier import likelihood_score
from gendiff.noise import seeded
from gendiff.record import last
from gendiff.solvers import euler, heun, multistep
from gendiff.types import Denoiser, level
from gendiff.views import jacobian, score, velocity

Array = NDArray[np.float64]
CLASSES = GaussianMixture.isotropic(
    torch.tensor([0.5, 0.5]).double(), torch.tensor([[-2.0], [2.0]]).double(), 1.0
)
WANTED = Isotropic(torch.tensor(2.0).double(), 1.0)
AT = np.linspace(-4.5, 4.5, 13)
LATTICE = np.linspace(-30, 30, 60_001)


def column(x: Array) -> torch.Tensor:
    return torch.tensor(x, dtype=torch.float64)[:, None]


def density(x: Array, sigma: float = 0.0) -> Array:
    """Return the density of both classes plus noise."""
    return (wanted(x, sigma) + stats.norm(-2, math.hypot(1, sigma)).pdf(x)) / 2


def wanted(x: Array, sigma: float = 0.0) -> Array:
    """Return the density of the wanted class plus noise."""
    return stats.norm(2, math.hypot(1, sigma)).pdf(x)


def posterior(x: Array, sigma: float = 0.0) -> Array:
    """Return the probability of the wanted class."""
    return wanted(x, sigma) / (2 * density(x, sigma))


def slope(values: Array, h: float) -> Array:
    """Return central differences of values on points `h` apart, three for each."""
    return (values[2] - values[0]) / (2 * h)


def around(h: float = 1e-5) -> Array:
    return np.stack([AT - h, AT, AT + h])


def likelihood(n: int = len(AT)) -> Labelled:
    def classify(x: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
        return CLASSES.responsibilities(x, sigma).log()

    return Labelled(classify, torch.ones(n).long())


@pytest.mark.parametrize("power", [-20, 0, 20])
def test_m01_the_score_does_not_see_the_normaliser(power: int) -> None:
    h = 1e-5
    log_density = np.log(density(around(h))) + power * math.log(10)
    got = CLASSES.score(column(AT), level(0.0))[:, 0]
    np.testing.assert_allclose(got, slope(log_density, h), atol=1e-8)


@pytest.mark.parametrize("variance", [0.0, 0.25, 4.0, 100.0])
def test_m02_and_m05_bayes_in_scores(variance: float) -> None:
    x, sigma = column(AT), level(math.sqrt(variance))
    classifier = likelihood_score(likelihood(), x, sigma)
    conditional = -(x - 2) / (1 + variance)
    total = CLASSES.score(x, sigma) + classifier
    torch.testing.assert_close(total, conditional, rtol=0, atol=1e-12)
    difference = conditional - CLASSES.score(x, sigma)
    torch.testing.assert_close(difference, classifier, rtol=0, atol=1e-12)


@pytest.mark.parametrize("scale", [0.0, 0.5, 1.0, 3.0, 10.0])
@pytest.mark.parametrize("sigma", [0.3, 1.7])
def test_m03_and_m18_the_scale_is_a_power_of_the_posterior(
    scale: float, sigma: float
) -> None:
    h = 1e-5
    both = np.log(density(around(h), sigma)) + scale * np.log(
        posterior(around(h), sigma)
    )
    guide = ClassifierGuidance(CLASSES, likelihood(), scale)
    got = score(guide, column(AT), level(sigma))[:, 0]
    np.testing.assert_allclose(got, slope(both, h), atol=1e-7)


def tilted(scale: float, sigma: float = 0.0) -> Array:
    """Return `p(x) p(y | x)^scale`, normalised on the lattice."""
    weight = density(LATTICE, sigma) * posterior(LATTICE, sigma) ** scale
    return weight / integrate.trapezoid(weight, LATTICE)


def moments(p: Array) -> tuple[float, float]:
    mean = integrate.trapezoid(p * LATTICE, LATTICE)
    return float(mean), float(integrate.trapezoid(p * (LATTICE - mean) ** 2, LATTICE))


def test_m04_and_m19_the_scale_is_an_inverse_temperature() -> None:
    # E05 of the ledger: a high scale sharpens, as a low temperature does.
    p = density(LATTICE)
    doubt = [
        float(integrate.trapezoid(tilted(g) * (1 - posterior(LATTICE)), LATTICE))
        for g in (0, 1, 2, 4, 8)
    ]
    assert doubt == sorted(doubt, reverse=True)
    assert tilted(0.0) == pytest.approx(p, abs=1e-12)
    assert tilted(1.0) == pytest.approx(wanted(LATTICE), abs=1e-12)
    for scale, odds in ((1, 9), (3, 729)):
        assert (0.9 / 0.1) ** scale == pytest.approx(odds)
        where = [np.abs(posterior(LATTICE) - share).argmin() for share in (0.9, 0.1)]
        high, low = (tilted(scale)[k] / p[k] for k in where)
        assert high / low == pytest.approx(odds, rel=0.05)  # the lattice is coarse


def test_c05_a_scale_is_a_power_of_the_odds_and_raises_the_mean_log_posterior() -> None:
    # d/dγ E[log p(y|x)] = Var[log p(y|x)] >= 0 for any classes; the doubt may rise.
    log_posterior = np.log(posterior(LATTICE))
    means, variances = {}, {}
    for g in (0.5, 1.0, 1.001, 3.0):
        weight = tilted(g)
        mean = float(integrate.trapezoid(weight * log_posterior, LATTICE))
        means[g] = mean
        variances[g] = float(
            integrate.trapezoid(weight * (log_posterior - mean) ** 2, LATTICE)
        )
    assert means[0.5] < means[1.0] < means[3.0]
    slope = (means[1.001] - means[1.0]) / 0.001
    assert slope == pytest.approx(variances[1.0], rel=1e-2)
    seen = np.minimum(tilted(3.0), density(LATTICE)) > 1e-100
    gain = np.log(tilted(3.0)[seen] / density(LATTICE)[seen])
    assert np.ptp(gain - 3 * log_posterior[seen]) < 1e-9


@pytest.mark.parametrize("scale", [-1.0, 0.3, 1.0, 4.0])
def test_m06_barycentric_weights_are_powers_of_densities(scale: float) -> None:
    h, sigma = 1e-5, 0.8
    powers = (1 - scale) * np.log(density(around(h), sigma))
    powers = powers + scale * np.log(wanted(around(h), sigma))
    guide = Contrast(WANTED, CLASSES, scale)
    got = score(guide, column(AT), level(sigma))[:, 0]
    np.testing.assert_allclose(got, slope(powers, h), atol=1e-7)


def normal_quantiles(n: int, variance: float) -> torch.Tensor:
    """Return points that stand for a Gaussian, evenly spaced in probability."""
    shares = (np.arange(n) + 0.5) / n
    return column(stats.norm(0, math.sqrt(variance)).ppf(shares))


def test_m12_guided_sampling_misses_the_guided_density() -> None:
    # E20: what each sampler makes of the scale 3, and what was asked for.
    assert moments(tilted(3.0)) == pytest.approx((2.102, 0.834), abs=1e-3)
    guide = Contrast(WANTED, CLASSES, 3.0)
    high = 80.0
    start = normal_quantiles(2_000, 5 + high**2)
    flow = last(heun(guide, start, geometric(300, low=1e-3, high=high)))
    assert float(flow.mean()) == pytest.approx(3.00, abs=0.01)
    assert float(flow.var()) == pytest.approx(0.38, abs=0.01)
    generator = torch.Generator().manual_seed(0)
    start = normal_quantiles(16_000, 5 + high**2)
    noise = seeded(generator)
    grid = geometric(800, low=1e-2, high=high)
    reverse = last(euler(guide, start, grid, eta=1.0, noise=noise))
    assert float(reverse.mean()) == pytest.approx(2.48, abs=0.03)
    assert float(reverse.var()) == pytest.approx(0.75, abs=0.03)


def test_m12_langevin_without_noise_reaches_it() -> None:
    rng, step = np.random.default_rng(0), 0.02
    x = rng.normal(2, 1, 20_000)
    for _ in range(400):
        both, one = 2 * np.tanh(2 * x) - x, 2 - x
        x = (
            x
            + step * (3 * one - 2 * both)
            + math.sqrt(2 * step) * rng.normal(size=len(x))
        )
    assert x.mean() == pytest.approx(2.102, abs=0.03)
    assert x.var() == pytest.approx(0.834, abs=0.04)


def test_m13_powers_of_noisy_densities_are_no_noisy_powers() -> None:
    # E18: for one density the score times 3 is that of its cube ...
    h = 1e-5
    cubed = 3 * slope(np.log(density(around(h))), h)
    got = (Tempered(CLASSES, 3.0)(column(AT), level(0.5)) - column(AT))[:, 0] / 0.25
    np.testing.assert_allclose(
        got, 3 * slope(np.log(density(around(h), 0.5)), h), atol=1e-7
    )
    np.testing.assert_allclose(
        3 * CLASSES.score(column(AT), level(0.0))[:, 0], cubed, atol=1e-7
    )
    # ... and noise does not commute with the cube.
    sigma = 2.0
    power = density(LATTICE) ** 3
    power = power / integrate.trapezoid(power, LATTICE)
    gap = LATTICE[1] - LATTICE[0]
    kernel = stats.norm(0, sigma).pdf(LATTICE) * gap
    noisy_power = np.fft.irfft(
        np.fft.rfft(power, 2**17) * np.fft.rfft(kernel, 2**17), 2**17
    )[30_000 : 30_000 + len(LATTICE)]
    power_noisy = density(LATTICE, sigma) ** 3
    power_noisy = power_noisy / integrate.trapezoid(power_noisy, LATTICE)
    distance = integrate.trapezoid(np.abs(noisy_power - power_noisy), LATTICE) / 2
    assert noisy_power.sum() * gap == pytest.approx(1, abs=1e-6)
    assert distance > 0.1


@pytest.mark.parametrize("sigma", [0.4, 1.0, 5.0])
def test_m16_tweedie(sigma: float) -> None:
    for x in AT[::3]:
        joint = density(LATTICE) * np.exp(-((x - LATTICE) ** 2) / (2 * sigma**2))
        mean = (joint * LATTICE).sum() / joint.sum()
        h = 1e-5
        log_p = np.log(density(np.array([x - h, x, x + h]), sigma))
        assert x + sigma**2 * float(slope(log_p, h)) == pytest.approx(mean, abs=1e-6)
        # Variance-preserving: x_t = a x0 + s eps, and sigma = s / a.
        a = 1 / math.hypot(1, sigma)
        s, x_t = sigma * a, a * x
        score_t = float(slope(log_p, h)) / a  # the density of x_t is one of x / a
        assert (x_t + s**2 * score_t) / a == pytest.approx(mean, abs=1e-6)


def test_m17_predicted_noise_is_scaled_before_it_is_subtracted() -> None:
    # E06: in the process of DDPM neither plain subtraction gives the clean signal.
    a, s, x0, eps = 0.454, 0.891, 0.4, -1.2
    x = a * x0 + s * eps
    assert (x - s * eps) / a == pytest.approx(0.400, abs=1e-12)
    assert x - eps == pytest.approx(0.312, abs=1e-3)
    assert x - s * eps == pytest.approx(0.182, abs=1e-3)


def test_m20_the_posterior_is_a_ratio_of_densities() -> None:
    ratio = wanted(LATTICE[20_000:40_000]) / density(LATTICE[20_000:40_000])
    constant = posterior(LATTICE[20_000:40_000]) / ratio
    assert constant == pytest.approx(0.5, abs=1e-12)


@pytest.mark.parametrize("scale", [0.0, 1.0, 2.5, 8.0])
def test_m21_guided_predictions_are_predictions_of_the_guided_score(
    scale: float,
) -> None:
    sigma = 1.7
    x = column(AT)
    score_u = CLASSES.score(x, level(sigma))
    score_c = -(x - 2) / (1 + sigma**2)
    expected = x + sigma**2 * (score_u + scale * (score_c - score_u))
    got = Contrast(WANTED, CLASSES, scale)(x, level(sigma))
    torch.testing.assert_close(got, expected, rtol=0, atol=1e-10)


def test_m22_dimensions_of_a_small_image() -> None:
    assert torch.zeros(3, 64, 64).numel() == 12_288


def conditioned(a_next: float, a: float) -> tuple[float, float, float]:
    """Return how x_next depends on x0 and x, and its variance, from the joint.

    Given x0, x_next and x are Gaussian; `a` are the cumulated alphas.
    """
    variance_next, variance = 1 - a_next, 1 - a
    kept = math.sqrt(a / a_next)
    covariance = kept * variance_next
    on_x = covariance / variance
    on_x0 = math.sqrt(a_next) - on_x * math.sqrt(a)
    return on_x0, on_x, variance_next - covariance**2 / variance


def test_m23_variance_of_ddpm_s_noise() -> None:
    a_next, a = 0.7, 0.6
    beta = 1 - a / a_next
    assert beta == pytest.approx(0.142857, abs=1e-6)
    formula = (1 - a_next) / (1 - a) * beta
    assert formula == pytest.approx(0.107143, abs=1e-6)
    assert conditioned(a_next, a)[2] == pytest.approx(formula, abs=1e-12)
    # The library's ancestral step adds the same, in coordinates that don't shrink.
    sigma, sigma_next = (math.sqrt((1 - v) / v) for v in (a, a_next))
    data, zero = Isotropic(torch.zeros(()).double(), 1.0), torch.zeros(1, 1).double()
    steps = [
        euler(data, zero, [sigma, sigma_next], eta=1.0, noise=noise)
        for noise in (torch.zeros_like, torch.ones_like)
    ]
    ends = [last(step) for step in steps]
    added = float(ends[1] - ends[0]) * math.sqrt(a_next)
    assert added**2 == pytest.approx(formula, abs=1e-9)


def test_m24_a_power_of_the_likelihood_is_no_tempered_classifier() -> None:
    # E21: the logits times 3 make another classifier, with another gradient.
    a, x, scale, h = 1.3, 0.4, 3.0, 1e-6
    at = np.array([x - h, x, x + h])
    power = float(slope(scale * np.log(expit(a * at)), h))
    tempered = float(slope(np.log(expit(scale * a * at)), h))
    assert power == pytest.approx(1.454, abs=1e-3)
    assert tempered == pytest.approx(0.677, abs=1e-3)

    def logits(x: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
        del sigma
        return torch.cat([torch.zeros_like(x), a * x], 1)

    label = torch.tensor([1])
    point, sigma = torch.tensor([[x]]).double(), level(0.5)
    guide = ClassifierGuidance(CLASSES, Labelled(logits, label), scale)
    got = (guide(point, sigma) - CLASSES(point, sigma)) / sigma**2
    assert float(got) == pytest.approx(power, abs=1e-6)


@pytest.mark.parametrize("factor", [1.0, 1.5, 2.0, 3.0])
def test_m26_what_a_multiplied_score_makes_of_a_gaussian(factor: float) -> None:
    s, high = 1.3, 20.0
    start = s**2 + high**2
    data = Isotropic(torch.tensor(0.0).double(), s)
    guide = Tempered(data, factor)
    one = torch.full((1, 1), math.sqrt(start)).double()
    flow = last(heun(guide, one, [*geometric(2_000, low=1e-4, high=high)]))
    expected = start ** (1 - factor) * s ** (2 * factor)
    assert float(flow) ** 2 == pytest.approx(expected, rel=1e-3)
    generator = torch.Generator().manual_seed(1)
    many = math.sqrt(start) * torch.randn(60_000, 1, generator=generator).double()
    noise = seeded(generator)
    grid = geometric(400, low=1e-2, high=high)
    reverse = last(euler(guide, many, grid, eta=1.0, noise=noise))
    power = 2 * factor - 1
    expected = s**2 / power + (1 - 1 / power) * s**2 * (s**2 / start) ** power
    assert float(reverse.var()) == pytest.approx(expected, rel=0.03)
    if factor > 1:  # neither is the variance that was meant
        assert float(flow) ** 2 < float(reverse.var()) < 0.95 * s**2 / factor


def bumps(x: Array, sigma: float) -> Array:
    """Return the density of the mixture 0.3 N(-2, 0.5) + 0.7 N(1, 0.2) plus noise."""
    first = 0.3 * stats.norm(-2, math.sqrt(0.5 + sigma**2)).pdf(x)
    return first + 0.7 * stats.norm(1, math.sqrt(0.2 + sigma**2)).pdf(x)


@pytest.mark.parametrize(
    ("variance", "true", "universal"),
    [(0.01, 3.82, 3.89), (0.25, 2.69, 7.14), (1.0, 0.75, 2.43), (9.0, 0.099, 0.354)],
)
def test_m27_universal_guidance_is_the_chain_rule_and_no_more(
    variance: float, true: float, universal: float
) -> None:
    x, h, sigma = -0.5, 1e-5, math.sqrt(variance)
    near, far, clean = [], [], bumps(LATTICE, 0.0)
    for at in (x - h, x, x + h):
        joint = clean * np.exp(-((at - LATTICE) ** 2) / (2 * variance))
        joint = joint / joint.sum()
        near.append(np.log(expit(4 * (joint * LATTICE).sum())))
        far.append(np.log((joint * expit(4 * LATTICE)).sum()))
        mean = (joint * LATTICE).sum()
        spread = (joint * (LATTICE - mean) ** 2).sum()
    assert slope(np.array(near), h) == pytest.approx(universal, rel=0.01)
    assert slope(np.array(far), h) == pytest.approx(true, rel=0.01)
    mixture, point = two_bumps(), torch.tensor([[x]]).double()
    found = jacobian(mixture, point, level(sigma))
    assert float(found) == pytest.approx(spread / variance, abs=1e-4)

    def logits(x: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
        del sigma
        return torch.cat([torch.zeros_like(x), 4 * x], 1)

    guide = UniversalGuidance(mixture, Labelled(logits, torch.tensor([1])), 1.0)
    got = (guide(point, level(sigma)) - mixture(point, level(sigma))) / variance
    assert float(got) == pytest.approx(float(slope(np.array(near), h)), abs=1e-4)


def test_m28_ddpm_steps_toward_the_prediction_and_shrinks() -> None:
    a_next, a = 0.7, 0.6
    beta, alpha = 1 - a / a_next, a / a_next
    on_x0 = math.sqrt(a_next) * beta / (1 - a)
    on_x = math.sqrt(alpha) * (1 - a_next) / (1 - a)
    assert (on_x0, on_x) == pytest.approx((0.29881, 0.69437), abs=1e-5)
    assert conditioned(a_next, a)[:2] == pytest.approx((on_x0, on_x), abs=1e-12)
    assert on_x0 + on_x == pytest.approx(0.993, abs=5e-4)
    # Exploding variance: x = x_t / a, and the two weights are shares.
    v, v_next = (1 - a) / a, (1 - a_next) / a_next
    shares = on_x0 / math.sqrt(a_next), on_x * math.sqrt(a / a_next)
    assert shares == pytest.approx((1 - v_next / v, v_next / v), abs=1e-12)
    assert sum(shares) == pytest.approx(1, abs=1e-12)


def test_c06_the_ends_of_the_scale_are_the_plain_models() -> None:
    noise = torch.randn(64, 1, generator=torch.Generator().manual_seed(0)).double()
    grid = geometric(12, low=0.1, high=20.0)

    def flow_and_sde(model: Denoiser) -> torch.Tensor:
        fresh = seeded(torch.Generator().manual_seed(1))
        return torch.cat([
            last(heun(model, 20 * noise, grid)),
            last(euler(model, 20 * noise, grid, eta=1.0, noise=fresh)),
        ])  # fmt: skip

    def guided(scale: float) -> torch.Tensor:
        return flow_and_sde(Contrast(WANTED, CLASSES, scale))

    assert torch.equal(guided(0.0), flow_and_sde(CLASSES))
    assert torch.equal(guided(1.0), flow_and_sde(WANTED))
    unheard = ClassifierGuidance(CLASSES, likelihood(64), 0.0)
    assert torch.equal(flow_and_sde(unheard), flow_and_sde(CLASSES))
    near = guided(0.999)
    assert not (near == flow_and_sde(WANTED)).any()
    torch.testing.assert_close(near, flow_and_sde(WANTED), rtol=0, atol=0.02)


@pytest.mark.parametrize("sigma", [0.01, 0.7, 100.0])
@pytest.mark.parametrize("preserving", [False, True])
def test_c33_any_prediction_is_any_other(sigma: float, preserving: bool) -> None:  # noqa: FBT001
    # A prediction q = a x0 + b eps and the canvas are two equations for x0 and eps.
    alpha = 1 / math.hypot(1, sigma) if preserving else 1.0
    s = alpha * sigma
    kinds = {
        "x0": (1, 0), "noise": (0, 1), "v": (-s, alpha), "flow": (-1, 1),
        "score": (0, -1 / s),
    }  # fmt: skip
    x0, eps = np.random.default_rng(0).normal(size=(2, 50))
    canvas = alpha * x0 + s * eps

    # What the names mean, without the table: derivatives of paths, and of a density.
    step = 1e-6
    if preserving:
        angle = math.atan2(s, alpha)
        path = [
            math.cos(phi) * x0 + math.sin(phi) * eps
            for phi in (angle + step, angle - step)
        ]
        meant = {"v": (path[0] - path[1]) / (2 * step)}
    else:
        path = [(1 - t) * x0 + t * eps for t in (0.5 + step, 0.5 - step)]
        meant = {"flow": (path[0] - path[1]) / (2 * step)}
    meant["score"] = -(canvas - alpha * x0) / s**2
    for name, right in meant.items():
        a, b = kinds[name]
        np.testing.assert_allclose(a * x0 + b * eps, right, rtol=1e-6, atol=1e-6)

    def converted(q: Array, old: str, new: str) -> Array:
        rows = np.array([[alpha, s], kinds[old]])
        return kinds[new] @ np.linalg.solve(rows, np.stack([canvas, q]))

    for old, (a, b) in kinds.items():
        q = a * x0 + b * eps
        for new in kinds:
            again = converted(converted(q, old, new), new, old)
            np.testing.assert_allclose(again, q, rtol=1e-6, atol=1e-6)
    if preserving:
        return
    frames: list[tuple[str, Frame]] = [("x0", DATA), ("noise", NOISE), ("flow", FLOW)]
    for name, frame in frames:  # the library's views of one denoiser
        at = column(canvas)
        q = velocity(CLASSES, at, level(sigma), frame)[:, 0].numpy()
        clean = CLASSES(at, level(sigma))[:, 0].numpy()
        np.testing.assert_allclose(converted(q, name, "x0"), clean, atol=1e-8)


def test_c34_a_deterministic_sampler_has_the_first_noise_only() -> None:
    generator = torch.Generator().manual_seed(0)
    start = 20 * torch.randn(50, 1, generator=generator).double()
    grid = geometric(32, low=0.05, high=20.0)
    for solver in (euler, heun, multistep):
        again = last(solver(CLASSES, start, grid))
        assert torch.equal(last(solver(CLASSES, start, grid)), again)
    fresh = seeded(generator)
    one, other = (
        last(euler(CLASSES, start, grid, eta=1.0, noise=fresh)) for _ in range(2)
    )
    spread = math.sqrt(5)  # of the two classes
    assert float((one - other).square().mean().sqrt()) > 0.1 * spread


@pytest.mark.parametrize("sigma", [0.3, 1.7, 5.0])
def test_c39_the_difference_of_predictions_is_the_classifier(sigma: float) -> None:
    h = 1e-5
    apart = WANTED(column(AT), level(sigma)) - CLASSES(column(AT), level(sigma))
    expected = slope(np.log(posterior(around(h), sigma)), h)
    np.testing.assert_allclose(apart[:, 0] / sigma**2, expected, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("sigma", [0.2, 1.0, 4.0])
def test_c40_knowing_the_class_can_only_help(sigma: float) -> None:
    # Pythagoras: what the class saves is the mean square of what it changes.
    x = LATTICE[10_000:50_001:4]  # from -20 to 20
    at = level(sigma)
    given, free = (model(column(x), at)[:, 0].numpy() for model in (WANTED, CLASSES))
    weight = wanted(x, sigma)
    # Given x, the clean signal of the class is Gaussian around its mean.
    mean, variance = (2 * sigma**2 + x) / (1 + sigma**2), sigma**2 / (1 + sigma**2)

    def error(prediction: Array) -> float:
        around_it = variance + (prediction - mean) ** 2
        return float(integrate.trapezoid(weight * around_it, x))

    saved = float(integrate.trapezoid(weight * (given - free) ** 2, x))
    assert error(given) == pytest.approx(variance, rel=1e-4)
    assert error(free) - error(given) == pytest.approx(saved, rel=1e-6)
    assert saved > 0


def test_c45_what_the_plane_gets_wrong() -> None:
    def inner(d: int) -> float:
        """Return the radius of the ball in the middle: it touches the others."""
        centre = np.ones(d)  # of a unit ball in a corner of the cube of side 4
        return float(np.linalg.norm(centre)) - 1

    assert inner(8) < 2 == pytest.approx(inner(9))
    d = 10_000
    # The cosine of a random angle: its square is Beta(1/2, (d - 1)/2).
    square = stats.beta(0.5, (d - 1) / 2).mean()
    assert square == pytest.approx(1 / d)
    # Near 90 degrees the angle moves as the cosine does.
    assert math.degrees(math.sqrt(square)) < 1
    norm = stats.chi(d)
    assert norm.std() / norm.mean() == pytest.approx(1 / math.sqrt(2 * d), rel=1e-3)
    assert norm.std() / norm.mean() < 0.01
    plane = stats.chi(2)
    assert plane.std() / plane.mean() > 0.5


def test_c30_the_mean_at_much_noise_and_half_the_amplitude() -> None:
    variance = 5.0  # 1 of each class, and 4 of the means, which are two from 0
    for ratio in (50, 100, 200):
        sigma = ratio * math.sqrt(variance)
        found = CLASSES(column(sigma * AT), level(sigma))[:, 0].numpy()
        assert found == pytest.approx(variance / sigma * AT, rel=0.01)
    frequency = np.fft.fftfreq(64, 1 / 64)
    for exponent in (2, 4):
        power = torch.tensor(np.maximum(np.abs(frequency), 1.0) ** -exponent)
        field = Field(power, torch.zeros(64).double())
        for k in (2, 4, 8):
            wave = torch.cos(2 * math.pi * k * torch.arange(64).double() / 64)[None]
            kept = field(wave, level(k ** (-exponent / 2)))  # where power is sigma^2
            assert torch.allclose(kept, wave / 2)


def test_c31_one_jump_from_pure_noise_ends_in_a_point() -> None:
    sigma = 1e5
    ends = last(euler(CLASSES, column(sigma * AT), [sigma, 0.0]))[:, 0].numpy()
    assert ends == pytest.approx(0, abs=1e-3)

    def cdf(x: Array) -> Array:
        return (stats.norm(2).cdf(x) + stats.norm(-2).cdf(x)) / 2

    assert stats.kstest(ends, cdf).statistic > 0.499


def test_c43_the_flow_keeps_quantiles_of_noised_data() -> None:
    def quantile(x: Array, sigma: float) -> Array:
        wide = math.hypot(1, sigma)
        return (stats.norm(2, wide).cdf(x) + stats.norm(-2, wide).cdf(x)) / 2

    grid = [*geometric(400, high=40.0, low=1e-3)]
    start = 40 * np.linspace(-2, 2, 9)
    walked = [*heun(CLASSES, column(start), grid)]
    for step in walked[:: len(walked) // 8] + walked[-1:]:
        found = quantile(step.x[:, 0].numpy(), float(step.level))
        assert found == pytest.approx(quantile(start, 40.0), abs=1e-4)
