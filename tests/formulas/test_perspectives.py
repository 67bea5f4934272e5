"""The formulas of "Perspectives on diffusion", by another route.

The data are the mixture 0.3 N(-2, 0.5) + 0.7 N(1, 0.2), variances second, and where a
formula could hold by its accident, another one. Expected values come from the
definitions by numpy and scipy. What Bayes, Tweedie and DDPM's chain say is in
`test_guidance`; the spectra are in `test_perspectives_spectra`.
"""

import math
from functools import partial

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from other_line import OTHER
from scipy import integrate, stats

from gendiff.clocks import LOG
from gendiff.consistency import fokker_planck
from gendiff.data import two_bumps
from gendiff.elbo import step_weights
from gendiff.exact import GaussianMixture, QuantileFlow
from gendiff.flow_maps import eulerian_residual, lagrangian_residual, semigroup_residual
from gendiff.frames import ANGLE, NOISE
from gendiff.levels import uniform
from gendiff.likelihood import log_density
from gendiff.metrics import ks_distance
from gendiff.nets import MLP
from gendiff.noise import seeded
from gendiff.objectives import likelihood_weight, noise_weight, target_weight
from gendiff.record import last
from gendiff.score_matching import denoising, explicit, implicit, sliced
from gendiff.solvers import euler, unipc
from gendiff.types import level
from gendiff.views import score, velocity

Array = NDArray[np.float64]
DATA = two_bumps()
MIXTURES = [DATA, OTHER]
AT = np.linspace(-4.0, 4.0, 17)
LATTICE = np.linspace(-14, 14, 1_401)


def column(x: Array) -> torch.Tensor:
    return torch.tensor(x, dtype=torch.float64)[:, None]


def density(x: Array, sigma: float = 0.0, data: GaussianMixture = DATA) -> Array:
    """Return the density of data plus noise."""
    parts = zip(data.weights, data.means, data.covariances, strict=True)
    return sum(
        float(w) * stats.norm(float(m), math.sqrt(float(c) + sigma**2)).pdf(x)
        for w, m, c in parts
    )


def slope(values: Array, h: float) -> Array:
    """Return central differences of values on points `h` apart, three for each."""
    return (values[2] - values[0]) / (2 * h)


def around(x: Array, h: float = 1e-5) -> Array:
    return np.stack([x - h, x, x + h])


def true_score(x: Array, sigma: float, data: GaussianMixture = DATA) -> Array:
    return slope(np.log(density(around(x), sigma, data)), 1e-5)


def posterior(x: float, sigma: float, data: GaussianMixture = DATA) -> Array:
    """Return the masses of the clean signal on the lattice, given the noisy one."""
    joint = density(LATTICE, 0.0, data) * np.exp(-(((x - LATTICE) / sigma) ** 2) / 2)
    return joint / joint.sum()


def posterior_mean(x: float, sigma: float, data: GaussianMixture = DATA) -> float:
    return float(posterior(x, sigma, data) @ LATTICE)


# Scores


@pytest.mark.parametrize("power", [-20, 0, 20])
def test_m01_the_score_does_not_see_the_normaliser(power: int) -> None:
    log_density = np.log(10.0**power * density(around(AT)))
    got = DATA.score(column(AT), level(0.0))[:, 0]
    np.testing.assert_allclose(got, slope(log_density, 1e-5), atol=1e-8)


@pytest.mark.parametrize("data", MIXTURES)
def test_m02_and_m03_what_the_two_losses_compare(data: GaussianMixture) -> None:
    sigma, model = 0.5, torch.tanh
    loss = explicit(model, column(AT), data.score(column(AT), level(sigma)))
    expected = (np.tanh(AT) - true_score(AT, sigma, data)) ** 2
    np.testing.assert_allclose(loss, expected, rtol=1e-6, atol=1e-8)
    x0, eps = np.random.default_rng(0).normal(size=(2, 9))
    log_p = stats.norm(x0, sigma).logpdf(around(x0 + sigma * eps))
    loss = denoising(model, column(x0), level(sigma), column(eps))
    expected = (np.tanh(x0 + sigma * eps) - slope(log_p, 1e-5)) ** 2
    np.testing.assert_allclose(loss, expected, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("d", [1, 3])
def test_m04_the_conditional_score_points_back_to_the_clean_signal(d: int) -> None:
    sigma, h = 0.7, 1e-5
    x, noisy = np.random.default_rng(d).normal(size=(2, d))
    distribution = stats.multivariate_normal(x, sigma**2 * np.eye(d))
    for i, unit in enumerate(np.eye(d)):
        log_p = np.array(
            [distribution.logpdf(noisy + step * unit) for step in (-h, 0, h)]
        )
        got = (x[i] - noisy[i]) / sigma**2
        assert got == pytest.approx(float(slope(log_p, h)), abs=1e-6)


@pytest.mark.parametrize("sigma", [0.5, 2.0])
def test_m05_and_m06_a_step_along_the_score(sigma: float) -> None:
    # E32: back to x along the score given x; along that of the density, to the mean.
    x, noisy = 0.3, 1.1
    conditional = (x - noisy) / sigma**2
    for step in (0.2 * sigma**2, 0.9 * sigma**2):
        mixed = step / sigma**2 * x + (1 - step / sigma**2) * noisy
        assert noisy + step * conditional == pytest.approx(mixed, abs=1e-14)
    assert noisy + sigma**2 * conditional == pytest.approx(x, abs=1e-14)
    marginal = float(DATA.score(column(np.array([noisy])), level(sigma)))
    mean = posterior_mean(noisy, sigma)
    assert noisy + sigma**2 * marginal == pytest.approx(mean, abs=1e-9)
    assert abs(mean - x) > 0.1


def fall(x: torch.Tensor) -> torch.Tensor:
    return -x


def bend(x: torch.Tensor) -> torch.Tensor:
    return x.tanh() - x / 2


NOISY = partial(DATA.score, sigma=level(0.5))


def mean_over(values: torch.Tensor, sigma: float) -> float:
    weight = density(LATTICE, sigma)
    return float(values.numpy() @ weight / weight.sum())


def matched(model: partial[torch.Tensor], sigma: float) -> float:
    """Return the mean explicit loss against the score at a level."""
    x = column(LATTICE)
    return mean_over(explicit(model, x, DATA.score(x, level(sigma))), sigma)


def test_m07_denoising_is_matching_the_noisy_score() -> None:
    # E07: the constant is between the losses of the noisy density, not of the clean.
    nodes, weights = np.polynomial.hermite_e.hermegauss(40)
    noisy_gaps, clean_gaps = [], []
    for model in (fall, bend, NOISY):
        x = column(LATTICE)
        losses = [
            mean_over(denoising(model, x, level(0.5), torch.full_like(x, e)), 0.0)
            for e in nodes
        ]
        denoised = float(weights @ losses / weights.sum())
        noisy_gaps.append(matched(model, 0.5) - denoised)
        clean_gaps.append(matched(model, 0.0) - denoised)
    square = mean_over(NOISY(column(LATTICE))[:, 0] ** 2, 0.5)
    assert square - 1 / 0.25 == pytest.approx(-2.489, abs=5e-4)
    assert noisy_gaps == pytest.approx([square - 4] * 3, abs=1e-6)
    assert clean_gaps == pytest.approx([-0.414, -0.200, -1.316], abs=1e-3)


def test_m08_implicit_score_matching() -> None:
    square = mean_over(NOISY(column(LATTICE))[:, 0] ** 2, 0.5)
    for model, value in ((fall, 1.9511), (bend, 1.3294), (NOISY, 0.0)):
        left = mean_over(implicit(model, column(LATTICE)), 0.5) + square
        assert left == pytest.approx(matched(model, 0.5), abs=1e-6)
        assert left == pytest.approx(value, abs=5e-5)


def test_m09_sliced_score_matching() -> None:
    # For s = A x and x, v ~ N(0, 1): v.A v has the mean tr A, (v.A x)^2 that of A^T A.
    rng, n = np.random.default_rng(0), 100_000
    a = -np.diag([0.9, 0.6, 0.5]) + 0.2 * rng.normal(size=(3, 3))
    x, v = (torch.tensor(rng.normal(size=(n, 3))) for _ in range(2))
    each = sliced(lambda x: x @ torch.tensor(a).T, x, v) / 2
    exact = np.trace(a) + (a**2).sum() / 2
    assert float(each.mean()) == pytest.approx(
        exact, abs=4 * float(each.std()) / n**0.5
    )
    whole = implicit(lambda x: x @ torch.tensor(a).T, x) / 2
    assert float(whole.mean()) == pytest.approx(
        exact, abs=4 * float(whole.std()) / n**0.5
    )


# Equations of motion


def variances(steps: int, beta: float, *, shrinks: bool) -> float:
    """Return the variance that Euler and Maruyama give to `dx = f dt + sqrt(beta) dw`.

    The increments of the Wiener process are independent, of variance dt (E31).
    """
    v, dt = 0.4, 1 / steps
    for _ in range(steps):
        v = v * (1 - beta * dt / 2 if shrinks else 1) ** 2 + beta * dt
    return v


def test_m10_the_two_processes_that_are_used() -> None:
    preserving, exploding = 1 + (0.4 - 1) * math.exp(-3), 0.4 + 3
    errors = [abs(variances(n, 3.0, shrinks=True) - preserving) for n in (1000, 2000)]
    assert errors[0] < 1e-3
    assert errors[0] / errors[1] == pytest.approx(2, abs=0.02)
    assert variances(1000, 3.0, shrinks=False) == pytest.approx(exploding)


def preserving_density(x: Array, t: float) -> Array:
    """Return the density at `t` of `dx = -x/2 dt + dw` from the data."""
    shrink = math.exp(-t / 2)
    return density(x / shrink, math.sqrt(math.exp(t) - 1)) / shrink


def exploding_density(x: Array, t: float) -> Array:
    """Return the density at `t` of `dx = dw` from the data."""
    return density(x, math.sqrt(t))


PROCESSES = {
    "preserving": (preserving_density, -0.5),
    "exploding": (exploding_density, 0.0),
}


@pytest.mark.parametrize("name", PROCESSES)
@pytest.mark.parametrize("t", [0.3, 1.5])
def test_m11_to_m13_one_density_three_equations(name: str, t: float) -> None:
    p, pull = PROCESSES[name]
    h = 1e-3
    x = AT + h * np.arange(-2, 3)[:, None]  # five points for each
    now = p(x, t)
    rate = (p(AT, t + h / 10) - p(AT, t - h / 10)) / (h / 5)

    def change(flux: Array) -> Array:
        return (flux[0] - 8 * flux[1] + 8 * flux[3] - flux[4]) / (12 * h)

    spread = (-now[0] + 16 * now[1] - 30 * now[2] + 16 * now[3] - now[4]) / (12 * h**2)
    s = slope(np.log(p(around(x), t)), 1e-5)
    forward = -change(pull * x * now) + spread / 2
    np.testing.assert_allclose(forward, rate, atol=2e-6)
    # Time backwards: the drift less the whole score, and noise that spreads again.
    backward = -change((pull * x - s) * now) - spread / 2
    np.testing.assert_allclose(backward, rate, atol=2e-6)
    # The probability flow: the drift less half the score, and no noise.
    np.testing.assert_allclose(-change((pull * x - s / 2) * now), rate, atol=2e-6)
    for wrong in (
        -change((pull * x - s / 2) * now) - spread / 2,
        -change((pull * x - s) * now),
    ):
        assert np.abs(wrong - rate).max() > 0.02


def test_m11_and_m12_what_the_samplers_make_of_it() -> None:
    flow, high, low, n = QuantileFlow(DATA), 30.0, 0.01, 4_000
    even = torch.special.ndtri((torch.arange(n, dtype=torch.float64) + 0.5) / n)
    start = high * even[:, None]
    grid = np.geomspace(high, low, 150).tolist()

    def distance(x: torch.Tensor) -> float:
        return ks_distance(x[:, 0], lambda x: flow.cdf(x[:, None], level(low)))

    noise = seeded(torch.Generator().manual_seed(0))
    assert distance(last(unipc(DATA, start, grid))) < 0.005
    reverse = partial(euler, eta=1.0, noise=noise)
    assert distance(last(reverse(DATA, start, grid))) < 0.03

    def half(x: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
        return (x + DATA(x, sigma)) / 2

    def twice(x: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
        return 2 * DATA(x, sigma) - x

    assert distance(last(reverse(half, start, grid))) > 0.1
    assert distance(last(unipc(twice, start, grid))) > 0.3


@pytest.mark.parametrize(
    ("x", "value"),
    [(-2.5, -2.0263377), (-0.5, -3.9074516), (0.8, -0.5707766), (2.0, -2.9708941)],
)
def test_m14_likelihood_along_the_flow(x: float, value: float) -> None:
    # u = sigma^2 as time: dx/du = -s/2, and dlog p/du = ds/dx / 2.
    def motion(u: float, state: Array) -> Array:
        point, at = column(state[:1]), level(math.sqrt(u))
        s = float(DATA.score(point, at))
        near = DATA.score(column(around(state[:1])[:, 0]), at)[:, 0].numpy()
        second = float(slope(near, 1e-5))
        return np.array([-s / 2, -second / 2])

    end = integrate.solve_ivp(motion, (0, 4), [x, 0.0], rtol=1e-8, atol=1e-10).y[:, -1]
    far = float(np.log(density(end[:1], 2.0))[0])
    assert far + end[1] == pytest.approx(value, abs=1e-6)
    assert float(np.log(density(np.array([x])))[0]) == pytest.approx(value, abs=1e-7)
    got = log_density(
        DATA, column(np.array([x])), gaussian=DATA.moments(), low=1e-3, tolerance=1e-7
    )
    assert float(got) == pytest.approx(value, abs=1e-4)


# Predictions


@pytest.mark.parametrize("data", MIXTURES)
@pytest.mark.parametrize("sigma", [0.4, 1.0, 3.0])
def test_m18_the_least_squares_prediction_is_the_mean(
    data: GaussianMixture, sigma: float
) -> None:
    for x in AT[::4]:
        mass = posterior(float(x), sigma, data)
        guesses = np.linspace(-4, 4, 8001)
        losses = (mass @ LATTICE**2) - 2 * guesses * (mass @ LATTICE) + guesses**2
        best = guesses[losses.argmin()]
        got = float(data(column(np.array([x])), level(sigma)))
        assert got == pytest.approx(best, abs=1e-3)
        assert got == pytest.approx(posterior_mean(float(x), sigma, data), abs=1e-6)


def test_m19_targets_of_a_process_that_preserves_variance() -> None:
    x0, eps = np.random.default_rng(0).normal(size=(2, 50))
    for alpha in (0.1, 0.454, 0.99):
        sigma = math.sqrt(1 - alpha**2)
        x, v = alpha * x0 + sigma * eps, alpha * eps - sigma * x0
        np.testing.assert_allclose(alpha * x - sigma * v, x0, atol=4e-16)
        np.testing.assert_allclose(sigma * x + alpha * v, eps, atol=4e-16)
        a, b = ANGLE.target(sigma / alpha)  # the library's v, of the same ratio
        np.testing.assert_allclose(float(a) * x0 + float(b) * eps, v, atol=1e-14)


@pytest.mark.parametrize("alpha", [0.454, 0.9])
def test_m20_errors_of_targets_are_errors_of_the_signal_in_other_units(
    alpha: float,
) -> None:
    sigma = math.sqrt(1 - alpha**2)
    x, x0, guess = 0.7, 0.4, 0.1
    eps, guessed = ((x - alpha * clean) / sigma for clean in (x0, guess))
    clean_error = (guess - x0) ** 2
    noise_ratio = (guessed - eps) ** 2 / clean_error
    v, guessed_v = alpha * eps - sigma * x0, alpha * guessed - sigma * guess
    v_ratio = (guessed_v - v) ** 2 / clean_error
    snr = (alpha / sigma) ** 2
    assert (noise_ratio, v_ratio) == pytest.approx((snr, 1 + snr))
    if alpha == 0.454:
        assert (noise_ratio, v_ratio) == pytest.approx((0.25962, 1.25962), abs=2e-5)
    at = torch.tensor([sigma / alpha], dtype=torch.float64)
    weights = [float(weight(at)) for weight in (noise_weight, target_weight(ANGLE))]
    assert weights == pytest.approx([noise_ratio, v_ratio])


def test_m21_a_step_of_ddim_is_a_step_of_euler_in_other_coordinates() -> None:
    for alpha, alpha_next in ((0.2, 0.5), (0.6, 0.99)):
        sigma, sigma_next = (math.sqrt(1 - a**2) for a in (alpha, alpha_next))
        x = column(AT)
        clean = DATA(x / alpha, level(sigma / alpha))
        eps = (x - alpha * clean) / sigma
        ddim = alpha_next * clean + sigma_next * eps
        grid = [sigma / alpha, sigma_next / alpha_next]
        slope = velocity(DATA, x / alpha, level(grid[0]), NOISE)
        by_hand = x / alpha + (grid[1] - grid[0]) * slope
        for got in (by_hand, last(euler(DATA, x / alpha, grid))):
            torch.testing.assert_close(alpha_next * got, ddim, rtol=0, atol=1e-13)


@pytest.mark.parametrize("data", MIXTURES)
def test_m22_the_score_in_the_other_convention(data: GaussianMixture) -> None:
    for alpha in (0.3, 0.8):
        sigma = math.sqrt(1 - alpha**2)
        log_p = np.log(density(around(AT) / alpha, sigma / alpha, data) / alpha)
        got = score(data, column(AT / alpha), level(sigma / alpha))[:, 0] / alpha
        np.testing.assert_allclose(got, slope(log_p, 1e-5), rtol=1e-6, atol=1e-6)


def test_m23_variance_is_preserved_where_it_is_one() -> None:
    variance = float(DATA.moments().covariance)
    mean = 0.3 * -2 + 0.7 * 1
    expected = 0.3 * (0.5 + 4) + 0.7 * (0.2 + 1) - mean**2
    assert variance == pytest.approx(expected)
    for alpha in (0.3, 0.8):
        x = LATTICE * 1.0
        p = density(x / alpha, math.sqrt(1 - alpha**2) / alpha) / alpha
        p = p / p.sum()
        found = p @ x**2 - (p @ x) ** 2
        assert found == pytest.approx(alpha**2 * variance + 1 - alpha**2, abs=1e-6)
        assert abs(found - variance) > 0.3  # preserved for data of variance 1 alone


# Consistency


@pytest.mark.parametrize("data", MIXTURES)
def test_m25_the_score_obeys_a_fokker_planck_equation(data: GaussianMixture) -> None:
    u, h = 0.8, 1e-3
    s = {du: true_score(AT, math.sqrt(u + du), data) for du in (-h, h)}
    rate = (s[h] - s[-h]) / (2 * h)
    x = AT + h * np.arange(-1, 2)[:, None]
    at = level(math.sqrt(u))
    values = np.stack([data.score(column(row), at)[:, 0].numpy() for row in x])
    bend = (values[0] - 2 * values[1] + values[2]) / h**2
    expected = values[1] * slope(values, h) + bend / 2
    np.testing.assert_allclose(rate, expected, atol=2e-5)
    left = fokker_planck(data, column(AT), at)
    assert float(left.abs().max()) < 1e-9


@pytest.mark.parametrize("data", MIXTURES)
def test_m26_the_prediction_is_a_martingale(data: GaussianMixture) -> None:
    sigma, below = 1.0, 0.6
    nodes, weights = np.polynomial.hermite_e.hermegauss(24)
    keep = (below / sigma) ** 2
    spread = below * math.sqrt(1 - keep)
    found = []
    for x in (-2.0, 0.0, 1.5):
        mass = posterior(x, sigma, data)
        means = LATTICE + keep * (x - LATTICE)  # of the state below, given the clean
        after = [
            mass @ data(column(means + spread * node), level(below))[:, 0].numpy()
            for node in nodes
        ]
        found.append(float(weights @ after / weights.sum()))
    before = data(column(np.array([-2.0, 0.0, 1.5])), level(sigma))[:, 0]
    np.testing.assert_allclose(found, before, atol=1e-6)
    if data is DATA:
        np.testing.assert_allclose(before, [-1.855, 0.545, 1.0697], atol=6e-4)


@pytest.mark.parametrize("data", MIXTURES)
def test_m27_the_consistency_map_is_where_the_flow_ends(data: GaussianMixture) -> None:
    def motion(u: float, x: Array) -> Array:
        return -data.score(column(x), level(math.sqrt(u)))[:, 0].numpy() / 2

    start = [-3.0, 0.2, 2.5]
    ends = integrate.solve_ivp(motion, (1, 0), start, rtol=1e-10, atol=1e-12).y[:, -1]
    got = QuantileFlow(data)(column(np.array(start)), level(1.0), level(0.0))[:, 0]
    np.testing.assert_allclose(got, ends, atol=1e-8)
    if data is DATA:
        np.testing.assert_allclose(got, [-2.576598, 0.650295, 1.612226], atol=1e-6)


# Likelihood


@pytest.mark.parametrize("sigma", [0.3, 2.0])
def test_m28_the_weight_of_likelihood_on_the_error_of_the_noise(sigma: float) -> None:
    # A step costs half of g^2 dt / sigma^2, with g^2 dt = d(sigma^2), a unit of error.
    shrunk = sigma * (1 - 1e-6)
    grown = sigma**2 - shrunk**2
    price = float(step_weights([sigma, shrunk])) * sigma**2
    assert price / grown == pytest.approx(1 / (2 * sigma**2), rel=1e-5)
    # In DDPM's terms beta / (1 - alpha_bar) / 2 per step, beta being small.
    kept, kept_next = 1 / (1 + sigma**2), 1 / (1 + shrunk**2)
    beta = 1 - kept / kept_next
    assert price == pytest.approx(beta / (2 * (1 - kept)), rel=1e-5)
    # As a weight of training: the levels' density and the units of error taken out.
    levels = uniform(LOG, 0.01, 80.0)
    at = torch.tensor([sigma], dtype=torch.float64)
    per_level = float(likelihood_weight(levels)(at) * levels.pdf(at)) * sigma**2
    assert per_level * (sigma - shrunk) == pytest.approx(price, rel=1e-5)


def test_m29_a_teacher_takes_the_spread_out_of_the_loss() -> None:
    weight = density(LATTICE, 1.0)
    errors, spreads, losses = [], [], []
    every = slice(250, -250, 10)
    for x in LATTICE[every]:
        mass, guess = posterior(float(x), 1.0), math.tanh(x)
        mean = mass @ LATTICE
        losses.append(mass @ (guess - LATTICE) ** 2)
        errors.append((guess - mean) ** 2)
        spreads.append(mass @ (LATTICE - mean) ** 2)
    mass = weight[every] / weight[every].sum()
    parts = [float(mass @ each) for each in (losses, errors, spreads)]
    assert parts[0] == pytest.approx(parts[1] + parts[2])
    assert parts[2] == pytest.approx(0.535, abs=5e-4)


def test_m30_a_sample_is_as_deep_as_layers_times_steps() -> None:
    torch.manual_seed(0)
    hidden, steps = 3, 5
    net = MLP(1, 4, hidden)

    def denoise(x: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
        return net(x, sigma.float().log().expand(len(x)))

    def depth(x: torch.Tensor) -> int:
        """Return the most nonlinear layers that one path of the graph passes."""
        known: dict[object, int] = {}
        stack = [x.grad_fn]
        while stack:
            node = stack[-1]
            before = [n for n, _ in node.next_functions if n is not None]
            waiting = [n for n in before if n not in known]
            if waiting:
                stack.extend(waiting)
                continue
            own = int("Silu" in node.name())
            known[stack.pop()] = own + max((known[n] for n in before), default=0)
        return known[x.grad_fn]

    grid = np.geomspace(10.0, 0.1, steps + 1).tolist()
    depths = [depth(step.x) for step in euler(denoise, torch.ones(1, 1), grid)]
    # One more in all, where the first level is embedded.
    assert depths == [1 + (hidden + 1) * n for n in range(1, steps + 1)]


def entropy(sigma: float, data: GaussianMixture) -> float:
    x = np.linspace(-1, 1, 4001) * (9 + 9 * sigma)
    p = density(x, sigma, data)
    return -float(np.sum(p * np.log(p)) * (x[1] - x[0]))


@pytest.mark.parametrize("data", MIXTURES)
@pytest.mark.parametrize(("sigma", "below"), [(1.0, 0.5), (2.5, 1.0)])
def test_m31_a_step_of_the_bound_is_information_and_a_gap(
    data: GaussianMixture, sigma: float, below: float
) -> None:
    # What the step tells of the clean signal is no loss: summed over a chain it is the
    # entropy of the data. The gap is the distance of the true reversal from a Gaussian.
    told = entropy(below, data) - entropy(sigma, data) + math.log(sigma / below)
    x = np.linspace(-1, 1, 501)[:, None] * (8 + 6 * sigma)
    y = np.linspace(-1, 1, 2001) * (8 + 6 * sigma)
    here, gap = density(x, sigma, data), math.sqrt(sigma**2 - below**2)
    true = density(y, below, data) * stats.norm(y, gap).pdf(x) / here
    keep = (below / sigma) ** 2
    clean = data(torch.tensor(x), level(sigma)).numpy()
    model = stats.norm(clean + keep * (x - clean), below * math.sqrt(1 - keep))
    ratio = np.log(np.maximum(true, 1e-300)) - model.logpdf(y)
    apart = (true * ratio).sum(1) * (y[1] - y[0])
    weight = here[:, 0] / here.sum()
    spread = data.posterior_covariance(torch.tensor(x), level(sigma))[:, 0, 0].numpy()
    cost = float(step_weights([sigma, below])) * float(weight @ spread)
    assert cost == pytest.approx(told + float(weight @ apart), abs=1e-5)
    assert float(weight @ apart) > 0.01


def test_m32_the_three_equations_of_a_flow_map() -> None:
    x, h = column(AT), 1e-4
    for data in MIXTURES:
        flow = QuantileFlow(data)
        sigma, between, to = level(1.2), level(0.7), level(0.2)
        end = flow(x, sigma, to)
        speed = (flow(x, sigma, to + h) - flow(x, sigma, to - h)) / (2 * h)
        expected = -to * column(true_score(end[:, 0].numpy(), 0.2, data))
        torch.testing.assert_close(speed, expected, rtol=0, atol=1e-6)
        v = -sigma * column(true_score(AT, 1.2, data))
        ends = [flow(x + step * v, sigma + step, to) for step in (h, -h)]
        still = (ends[0] - ends[1]) / (2 * h)
        torch.testing.assert_close(still, torch.zeros_like(x), rtol=0, atol=1e-6)
        torch.testing.assert_close(flow(flow(x, sigma, between), between, to), end)
        for left in (
            semigroup_residual(flow, x, sigma, between, to),
            lagrangian_residual(flow, data, x, sigma, to),
            eulerian_residual(flow, data, x, sigma, to),
        ):
            assert float(left.abs().max()) < 1e-9
