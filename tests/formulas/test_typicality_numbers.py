"""The numbers of the typicality chapter, by another route: six digits each.

The library's answer is held against scipy's distributions, whole numbers or
quadrature, to `1e-6` relative or better; the rounded numbers are the ones that are
known of these quantities.
"""

import math
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
import torch
from scipy import integrate, optimize, special, stats

from gendiff.discrete import coin
from gendiff.discrete.surprisal import BIT
from gendiff.typicality import Chi, Mirage, StandardGaussian, auroc
from gendiff.typicality.annulus import log_sphere_area
from gendiff.typicality.mirage import LIMIT

COIN = coin(16, 0.75)
HUNDRED = StandardGaussian(100)


def at(*values: float) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


def same(found: float, exact: float, known: str) -> None:
    """Demand six digits of `exact`, and that it rounds to what is known."""
    assert found == pytest.approx(exact, rel=1e-6)
    digits = len(known.partition(".")[2])
    assert f"{exact:.{digits}f}" == known


def between(low: float, high: float) -> float:
    """Return the library's probability of a radius in 100 dimensions."""
    ends = Chi(100).cdf(at(low, high))
    return float(ends[1] - ends[0])


def test_c01_to_c05_the_coin() -> None:
    heads = Fraction(3, 4) ** 16
    same(float(COIN.log_probability[16].exp()), float(heads), "0.0100226")
    twelve = math.comb(16, 12) * Fraction(3, 4) ** 12 * Fraction(1, 4) ** 4
    same(float(COIN.log_probability[12].exp()), float(twelve), "0.225199")
    assert int(COIN.log_probability.argmax()) == 12
    assert float((COIN.log_probability.exp() * torch.arange(17)).sum()) == (
        pytest.approx(12)
    )
    assert int(COIN.surprisal.argmin()) == 16
    assert round(float(COIN.log_size[16].exp()), 9) == 1

    entropy = 16 * (2 - 0.75 * math.log2(3))
    same(COIN.entropy / BIT, entropy, "12.98")
    # Twelve heads in sixteen are the average: the surprisal is the entropy itself.
    same(float(COIN.surprisal[12]) / BIT, entropy, "12.98")
    same(float(COIN.surprisal[6]) / BIT, 32 - 6 * math.log2(3), "22.49")
    same(float(COIN.surprisal[16]) / BIT, 32 - 16 * math.log2(3), "6.64")
    six = math.comb(16, 6) * Fraction(3**6, 4**16)
    same(float(COIN.log_probability[6].exp()), float(six), "0.00136")


def test_c02_the_mean_and_the_likeliest_count() -> None:
    chance = [Fraction(math.comb(16, h) * 3**h, 4**16) for h in range(17)]
    assert sum(chance) == 1
    assert sum(h * p for h, p in enumerate(chance)) == 12
    assert all(chance[12] > p for h, p in enumerate(chance) if h != 12)
    same(float(COIN.log_probability[12].exp()), float(chance[12]), "0.225")
    assert int(COIN.log_probability.argmax()) == 12


def test_c03_all_heads_is_the_one_likeliest_sequence() -> None:
    tosses = (np.arange(2**16)[:, None] >> np.arange(16)) & 1
    quarters = (3**tosses).prod(1)  # the probability, in units of 4^-16
    likeliest = np.flatnonzero(quarters == quarters.max())
    assert len(likeliest) == 1
    assert tosses[likeliest[0]].all()
    exact = int(quarters.max()) / 4**16
    same(math.exp(-float(COIN.surprisal.min())), exact, "0.0100")


def test_c06_to_c09_radii_in_100_dimensions() -> None:
    chi = stats.chi(100)
    same(Chi(100).mean, chi.mean(), "9.975")
    same(math.sqrt(Chi(100).variance), chi.std(), "0.706")
    same(between(9, 11), chi.cdf(11) - chi.cdf(9), "0.84282")
    same(between(8, 12), chi.cdf(12) - chi.cdf(8), "0.99544")
    same(between(0, 8), chi.cdf(8), "0.001934")


@pytest.mark.parametrize(
    ("k", "spread"), [(1, "0.756"), (10, "0.226"), (100, "0.0708"), (1000, "0.0224")]
)
def test_c10_relative_spread_of_the_radius(k: int, spread: str) -> None:
    distribution, chi = Chi(k), stats.chi(k)
    same(
        math.sqrt(distribution.variance) / distribution.mean,
        chi.std() / chi.mean(),
        spread,
    )


def test_c11_areas_grow_with_the_radius() -> None:
    for k in (1, 2, 100):
        areas = log_sphere_area(k, at(1, 2)).exp()
        assert float(areas[1] / areas[0]) == pytest.approx(2.0 ** (k - 1), rel=1e-9)


@pytest.mark.parametrize(
    ("width", "mass"), [(1, "0.520"), (2, "0.843"), (3, "0.965"), (4, "0.99345")]
)
def test_c15_an_annulus_of_some_width(width: int, mass: str) -> None:
    # Its edges lie at equal distances of the squares: low^2 + high^2 = 2 K.
    low = optimize.brentq(lambda r: r**2 + (r + width) ** 2 - 200, 0, 10)
    epsilon = ((low + width) ** 2 - low**2) / 4
    edges = [float(r) for r in HUNDRED.annulus(at(epsilon))]
    assert edges == pytest.approx([low, low + width], rel=1e-9)
    square = stats.chi2(100)
    exact = square.cdf((low + width) ** 2) - square.cdf(low**2)
    same(float(HUNDRED.mass(at(epsilon))), exact, mass)
    if width == 4:
        same(edges[0], low, "7.798")
        same(edges[1], low + 4, "11.798")
        assert f"{epsilon / BIT:.2f}" == "28.27"


def test_c16_how_far_the_mode_is() -> None:
    away = (HUNDRED.entropy - HUNDRED.least) / BIT
    same(away, 50 * math.log2(math.e), "72.13")
    same((COIN.entropy - COIN.least) / BIT, 4 * math.log2(3), "6.34")


def test_c17_nothing_is_five_deviations_too_likely() -> None:
    # The surprisal's standard deviation is sqrt(K / 2); a million samples have none.
    low = HUNDRED.entropy - 5 * math.sqrt(50)
    radius = math.sqrt(2 * (low - HUNDRED.least))
    chance = stats.chi2(100).cdf(100 - 10 * math.sqrt(50))
    assert between(0, radius) == pytest.approx(chance, rel=1e-6)
    assert 1e6 * chance < 1e-3


def test_c32_c33_likelihood_fails_and_typicality_does_not() -> None:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(2, 2_000, 100, generator=generator, dtype=torch.float64)
    inside, outside = -HUNDRED.log_density(x[0]), -HUNDRED.log_density(x[1] / 2)
    normal = stats.norm(0, 1)
    expected = 100 * float(normal.entropy())
    same(HUNDRED.entropy, expected, "141.9")
    foreign = 50 * math.log(math.tau) + 100 * 0.25 / 2
    assert f"{foreign:.1f}" == "104.4"
    assert float(outside.mean()) == pytest.approx(foreign, abs=0.2)
    assert f"{expected - foreign:.1f}" == "37.5"
    assert auroc(inside, outside) == 0
    entropy = HUNDRED.entropy
    assert auroc((inside - entropy).abs(), (outside - entropy).abs()) == 1
    # Half of the coordinates still, the others louder: the mean surprisal of data.
    loud = math.sqrt(2) * x[1] * (torch.arange(100) % 2)
    defeated = (-HUNDRED.log_density(loud) - entropy).abs()
    assert 0.4 < auroc((inside - entropy).abs(), defeated) < 0.75


def test_c37_a_lot_of_noise_costs_little_likelihood() -> None:
    assert math.log(100) / 100 < 0.05
    assert f"{math.log(100) / 100:.6f}" == "0.046052"


def test_c39_mode_of_the_radius() -> None:
    same(Chi(100).mode, math.sqrt(99), "9.950")


@pytest.mark.parametrize(("k", "known"), [(1, "0.363"), (10, "0.487"), (100, "0.4987")])
def test_c40_variance_of_the_radius(k: int, known: str) -> None:
    same(Chi(k).variance, stats.chi(k).var(), known)


def test_c41_the_inner_half_of_the_radius() -> None:
    half_normal = float(2 * stats.norm.cdf(0.5) - 1)
    for k in (1, 10, 100):
        edge = at(math.sqrt(k) / 2)
        same(float(Mirage(k).radius_cdf(edge)), half_normal, "0.383")
        exact = float(stats.chi2(k).cdf(k / 4))
        assert float(Chi(k).cdf(edge)) == pytest.approx(exact, rel=1e-6)
    same(float(Chi(10).cdf(at(math.sqrt(10) / 2))), stats.chi2(10).cdf(2.5), "0.009")
    hundred = float(Chi(100).cdf(at(5.0)))
    assert 0.5e-15 < hundred < 2e-15
    share = torch.linspace(0.01, 0.99, 25).double()
    torch.testing.assert_close(
        Mirage(1).radius_quantile(share), Chi(1).quantile(share), rtol=1e-9, atol=0
    )


@pytest.mark.parametrize(
    ("k", "known"), [(1, "3.00"), (3, "5.40"), (10, "7.50"), (100, "8.82")]
)
def test_c42_kurtosis(k: int, known: str) -> None:
    # The fourth moments of the radius and of a coordinate of the direction multiply.
    theta = 3 / (k * (k + 2))
    fourth = float(stats.halfnorm(scale=math.sqrt(k)).moment(4))
    same(Mirage(k).kurtosis, fourth * theta, known)


def test_c43_the_largest_sphere() -> None:
    def log_area(k: float) -> float:
        return math.log(2) + k / 2 * math.log(math.pi) - float(special.gammaln(k / 2))

    areas = [float(log_sphere_area(k, at(1.0)).exp()) for k in range(31)]
    assert int(np.argmax(areas)) == 7
    for k, known in ((6, "31.006"), (7, "33.073"), (8, "32.470")):
        same(areas[k], math.exp(log_area(k)), known)
    top = optimize.minimize_scalar(
        lambda k: -log_area(k), bounds=(5, 9), method="bounded"
    )
    assert f"{top.x:.3f}" == "7.257"
    assert float(log_sphere_area(50, at(1.0)).exp()) < 1e-3


@pytest.mark.parametrize("k", [2, 10, 100])
def test_c44_density_near_the_mode(k: int) -> None:
    r = at(1e-8, 1e-7)
    slope = -Mirage(k).surprisal_at(r).diff() / math.log(10)
    assert float(slope) == pytest.approx(-(k - 1), rel=1e-9)


def typical_radius(k: int) -> float:
    """Return it over the root of K, as the root of an integral."""
    mean_log = integrate.quad(
        lambda z: 2 * stats.norm.pdf(z) * math.log(z), 0, 12, epsabs=1e-12, limit=200
    )[0]

    def excess(share: float) -> float:
        return share**2 / 2 + (k - 1) * math.log(share) - 0.5 - (k - 1) * mean_log

    return optimize.brentq(excess, 0.01, 2, xtol=1e-14)


def test_c45_c46_typical_radius() -> None:
    for k, known in ((10, "0.55075"), (100, "0.53176"), (10_000, "0.529858")):
        same(Mirage(k).typical_radius / math.sqrt(k), typical_radius(k), known)
        assert 0 < Mirage(k).typical_radius < Mirage(k).mean_radius
    same(LIMIT, math.sqrt(math.exp(float(special.digamma(1))) / 2), "0.5298394")
    half = float(stats.halfnorm.mean())
    same(Mirage(100).mean_radius / 10, half, "0.7978846")


def test_c47_entropy_in_one_dimension() -> None:
    wanted = float(stats.norm.entropy())
    same(Mirage(1).entropy, wanted, "1.4189385")
    same(StandardGaussian(1).entropy, wanted, "1.4189385")


def ends(quantile: Callable[[float], float]) -> float:
    return quantile(0.95) - quantile(0.05)


@pytest.mark.parametrize(
    ("k", "gaussian", "mirage"),
    [(1, "1.92", "1.92"), (10, "7.18", "32.9"), (100, "23.2", "342.7")],
)
def test_c48_range_of_the_surprisals(k: int, gaussian: str, mirage: str) -> None:
    distribution, other = StandardGaussian(k), Mirage(k)
    shares = at(0.05, 0.95)
    found = distribution.surprisal_at(distribution.radius.quantile(shares)).diff()
    exact = ends(lambda share: float(stats.chi2(k).ppf(share)) / 2)
    same(float(found), exact, gaussian)

    def surprisal(share: float) -> float:
        r = float(stats.halfnorm(scale=math.sqrt(k)).ppf(share))
        return r**2 / (2 * k) + (k - 1) * math.log(r)

    found = other.surprisal_at(other.radius_quantile(shares)).diff()
    same(float(found), ends(surprisal), mirage)
