"""The formulas of "Musings on typicality" and its addendum, by another route.

Expected values come from counting sequences, quadrature, root finding and samples with
numpy and scipy, not from the library's closed forms. The library works in nats, the
post in bits; `BIT` is one bit in nats.
"""

import itertools
import math
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
import torch
from scipy import integrate, optimize, special, stats

from gendiff.discrete import coin
from gendiff.discrete.surprisal import BIT, is_typical
from gendiff.typicality import Chi, Mirage, StandardGaussian
from gendiff.typicality.annulus import directions, log_sphere_area
from gendiff.typicality.mirage import LIMIT

# The table as it was printed: probability of a sequence, and of its number of heads.
TABLE = """
2.33e-10 2.33e-10   6.98e-10 1.12e-08   2.10e-09 2.51e-07   6.29e-09 3.52e-06
1.89e-08 3.43e-05   5.66e-08 2.47e-04   1.70e-07 1.36e-03   5.09e-07 5.83e-03
1.53e-06 1.97e-02   4.58e-06 5.24e-02   1.37e-05 1.10e-01   4.12e-05 1.80e-01
1.24e-04 2.25e-01   3.71e-04 2.08e-01   1.11e-03 1.34e-01   3.33e-03 5.35e-02
1.00e-02 1.00e-02
"""
PRINTED = TABLE.split()


def at(value: float) -> torch.Tensor:
    return torch.tensor(value, dtype=torch.float64)


def half_normal(r: float, k: int) -> float:
    """Return the density of the mirage's radius."""
    return 2 / math.sqrt(math.tau * k) * math.exp(-(r**2) / (2 * k))


def mirage_log_density(r: float, k: int) -> float:
    """Return the log-density of a point of the mirage: the radius's, spread out."""
    area = math.log(2) + k / 2 * math.log(math.pi) + (k - 1) * math.log(r)
    radial = math.log(2 / math.sqrt(math.tau * k)) - r**2 / (2 * k)
    return radial - area + float(special.gammaln(k / 2))


def expected(value: float, error: float, exact: float) -> None:
    """Demand that a mean over samples lies within 4 of its standard errors."""
    assert value == pytest.approx(exact, abs=4 * error)


def averaged(k: int, what: Callable[[float], float]) -> float:
    """Return the mean of a function over the mirage's radius, by quadrature."""
    scale = math.sqrt(k)
    edges = (0.0, 1e-6 * scale, 1e-2 * scale, scale, 4 * scale, 12 * scale)
    return sum(
        integrate.quad(
            lambda r: half_normal(r, k) * what(r), low, high, epsabs=1e-13, limit=200
        )[0]
        for low, high in itertools.pairwise(edges)
    )


def test_m01_sequences_and_their_number() -> None:
    distribution, wrong = coin(16, 0.75), []
    for h in range(17):
        sequence = Fraction(3, 4) ** h * Fraction(1, 4) ** (16 - h)
        count = sequence * math.comb(16, h)
        assert float((-distribution.surprisal[h]).exp()) == pytest.approx(
            float(sequence)
        )
        assert float(distribution.log_probability[h].exp()) == pytest.approx(
            float(count)
        )
        assert float(distribution.log_size[h].exp()) == pytest.approx(math.comb(16, h))
        for exact, printed in zip(
            (sequence, count), PRINTED[2 * h : 2 * h + 2], strict=True
        ):
            if f"{float(exact):.2e}" != printed:
                wrong.append((h, f"{float(exact):.10f}", printed))
    assert wrong == [(15, "0.0033408653", "3.33e-03")]  # E01


@pytest.mark.parametrize("epsilon", [0.5, 2.0, 6.0])
def test_m02_typical_set_of_the_coin(epsilon: float) -> None:
    tosses = (np.arange(2**12)[:, None] >> np.arange(12)) & 1
    p = np.where(tosses, 0.75, 0.25).prod(1)
    entropy = stats.entropy(p, base=2)
    inside = (2 ** -(entropy + epsilon) <= p) & (p <= 2 ** -(entropy - epsilon))
    distribution = coin(12, 0.75)
    assert distribution.entropy / BIT == pytest.approx(entropy, rel=1e-12)
    assert float(distribution.mass(at(epsilon * BIT))) == pytest.approx(p[inside].sum())
    assert float(distribution.size(at(epsilon * BIT)).exp()) == pytest.approx(
        inside.sum()
    )
    surprisal = torch.from_numpy(-np.log(p))
    got = is_typical(surprisal, distribution.entropy, epsilon * BIT)
    np.testing.assert_array_equal(got, inside)


@pytest.mark.parametrize("epsilon", [1.0, 10.0])
def test_m02_typical_set_of_the_gaussian(epsilon: float) -> None:
    rng = np.random.default_rng(0)
    k, distribution = 20, StandardGaussian(20)
    x = rng.normal(size=(2_000, k))
    normal = stats.multivariate_normal(np.zeros(k))
    p, entropy = normal.pdf(x), float(normal.entropy()) / math.log(2)
    inside = (2 ** -(entropy + epsilon) <= p) & (p <= 2 ** -(entropy - epsilon))
    surprisal = -distribution.log_density(torch.from_numpy(x))
    got = is_typical(surprisal, distribution.entropy, epsilon * BIT)
    np.testing.assert_array_equal(got, inside)
    error = math.sqrt(inside.mean() * (1 - inside.mean()) / len(x))
    expected(inside.mean(), error, float(distribution.mass(at(epsilon * BIT))))


def test_m03_a_fixed_width_holds_less_and_less() -> None:
    # E03: the surprisal of K coordinates spreads with the root of K.
    fixed, growing = [], []
    for k in (10, 100, 1_000, 10_000, 100_000):
        distribution, square = StandardGaussian(k), stats.chi2(k)
        for store, bits in ((fixed, 10.0), (growing, 0.1 * k)):
            wide = bits * math.log(4)
            exact = square.cdf(k + wide) - square.cdf(k - wide)
            assert float(distribution.mass(at(bits * BIT))) == pytest.approx(
                exact, abs=1e-11
            )
            store.append(round(float(exact), 3))
    assert fixed == [0.992, 0.675, 0.243, 0.078, 0.025]
    assert growing == [0.241, 0.675, 0.998, 1.0, 1.0]
    # By the central limit theorem the mass times sqrt(K) tends to 2 eps / sqrt(pi).
    far = float(StandardGaussian(10**7).mass(at(10 * BIT))) * math.sqrt(10**7)
    assert far == pytest.approx(20 * BIT / math.sqrt(math.pi), rel=1e-4)


def test_m03_the_same_for_the_coin() -> None:
    shares = []
    for n in (16, 16_384):
        distribution, heads = coin(n, 0.75), np.arange(n + 1)
        bits = -(heads * math.log2(0.75) + (n - heads) * math.log2(0.25))
        entropy = n * float(stats.bernoulli(0.75).entropy()) / BIT
        near = np.abs(bits - entropy) <= 2
        exact = stats.binom(n, 0.75).pmf(heads[near]).sum()
        assert float(distribution.mass(at(2 * BIT))) == pytest.approx(exact, abs=1e-10)
        shares.append(round(float(exact), 3))
    assert shares == [0.613, 0.022]


def test_m04_most_of_the_mass_in_little_of_the_support() -> None:
    # E04. Whole numbers only: so many of the sequences, with so many quarters each.
    some = sum(math.comb(16, h) for h in (11, 12, 13))
    mass = Fraction(sum(math.comb(16, h) * 3**h for h in (11, 12, 13)), 4**16)
    assert round(some / 2**16, 3) == 0.103
    assert round(float(mass), 3) == 0.613
    distribution = coin(16, 0.75)
    assert float(distribution.size(at(2 * BIT)).exp()) == pytest.approx(some)
    assert float(distribution.mass(at(2 * BIT))) == pytest.approx(float(mass))

    entropy = 256 * (2 - 0.75 * math.log2(3))
    near = [
        h for h in range(257) if abs(512 - h * math.log2(3) - entropy) <= 25.6 + 1e-9
    ]
    number = sum(math.comb(256, h) for h in near)
    mass = Fraction(sum(math.comb(256, h) * 3**h for h in near), 4**256)
    distribution = coin(256, 0.75)
    assert float(distribution.size(at(25.6 * BIT))) == pytest.approx(math.log(number))
    assert float(distribution.mass(at(25.6 * BIT))) == pytest.approx(float(mass))
    assert round(float(mass), 3) == 0.983
    assert math.log2(number) - 256 == pytest.approx(-30, abs=0.5)


@pytest.mark.parametrize("bits", [1.0, 10.0, 28.27])
def test_m05_radii_of_the_typical_set(bits: float) -> None:
    k, distribution = 100, StandardGaussian(100)
    low, high = (float(r) for r in distribution.annulus(at(bits * BIT)))
    entropy = float(stats.multivariate_normal(np.zeros(k)).entropy())
    for sign, radius in ((-1, low), (1, high)):

        def excess(r: float, edge: float = entropy + sign * bits * BIT) -> float:
            point = np.zeros(k)
            point[0] = r
            return -float(stats.norm.logpdf(point).sum()) - edge

        assert radius == pytest.approx(optimize.brentq(excess, 0, 20), rel=1e-9)
        assert radius == pytest.approx(math.sqrt(k + sign * bits * math.log(4)))
    assert high**2 - low**2 == pytest.approx(2 * bits * math.log(4))


def test_m06_the_shell_stays_thin() -> None:
    rng = np.random.default_rng(0)
    for k in (2, 20, 200, 1_000):
        radius = np.linalg.norm(rng.normal(size=(20_000, k)), axis=1)
        distribution, error = Chi(k), radius.std() / math.sqrt(20_000)
        expected(radius.mean(), error, distribution.mean)
        expected(
            radius.var(), radius.var() * math.sqrt(2 / 20_000), distribution.variance
        )
        assert abs(distribution.mean - math.sqrt(k)) < 0.3 / math.sqrt(k)
        # All but 1 % lies this near to sqrt(K), in whatever dimension.
        assert (np.abs(radius - math.sqrt(k)) < 2).mean() > 0.99
    assert Chi(10**6).variance == pytest.approx(0.5, abs=1e-6)


@pytest.mark.parametrize("k", [2, 10, 100])
def test_m07_radius_and_direction(k: int) -> None:
    rng = np.random.default_rng(0)
    n, distribution = 40_000, Chi(k)
    radius = np.linalg.norm(rng.normal(size=(n, k)), axis=1)
    chi = stats.kstest(radius, lambda r: distribution.cdf(torch.from_numpy(r)).numpy())
    assert chi.pvalue > 1e-3
    found = optimize.minimize_scalar(
        lambda r: -float(distribution.log_pdf(at(r))),
        bounds=(0.1, 20),
        method="bounded",
    )
    assert found.x == pytest.approx(math.sqrt(k - 1), abs=1e-4)
    generator = torch.Generator().manual_seed(k)
    x = (
        distribution.sample(n, generator)[:, None] * directions(n, k, generator)
    ).numpy()
    assert stats.kstest(x[:, 0], "norm").pvalue > 1e-3
    assert stats.kstest(x.sum(1) / math.sqrt(k), "norm").pvalue > 1e-3
    assert np.abs(np.cov(x.T) - np.eye(k)).max() < 6 / math.sqrt(n) * math.sqrt(2)


@pytest.mark.parametrize("k", [1, 10, 100])
def test_m08_the_second_moment_is_k_and_not_the_variance(k: int) -> None:
    def moment(power: int) -> float:
        distribution = Chi(k)
        return integrate.quad(
            lambda r: r**power * math.exp(float(distribution.log_pdf(at(r)))),
            0, math.sqrt(k) + 12, points=[math.sqrt(k)], epsabs=1e-12,
        )[0]  # fmt: skip

    assert moment(0) == pytest.approx(1, abs=1e-9)
    assert moment(2) == pytest.approx(k, rel=1e-9)
    assert Chi(k).second_moment == k
    ratio = special.gamma((k + 1) / 2) / special.gamma(k / 2)
    assert Chi(k).variance == pytest.approx(k - 2 * ratio**2, abs=1e-9)
    assert Chi(k).variance == pytest.approx(moment(2) - moment(1) ** 2, abs=1e-8)
    wanted = {1: 0.363, 10: 0.487, 100: 0.4987}[k]  # E02
    assert Chi(k).variance == pytest.approx(wanted, abs=0.0005)


@pytest.mark.parametrize("k", [1, 2, 3])
def test_m09_entropy_by_quadrature(k: int) -> None:
    distribution, x = StandardGaussian(k), np.linspace(-9, 9, 181)
    points = np.stack(np.meshgrid(*[x] * k), -1).reshape(-1, k)
    log_f = -(points**2).sum(1) / 2 - k / 2 * math.log(math.tau)
    np.testing.assert_allclose(
        distribution.log_density(torch.from_numpy(points)), log_f, rtol=1e-12
    )
    # Equal steps: exact to rounding for what falls off like a Gaussian.
    f, cell = np.exp(log_f), (x[1] - x[0]) ** k
    assert f.sum() * cell == pytest.approx(1, abs=1e-10)
    assert -(f * log_f).sum() * cell == pytest.approx(distribution.entropy, abs=1e-9)


def test_m09_entropy_by_samples() -> None:
    rng = np.random.default_rng(0)
    for k in (20, 300):
        surprisal = -stats.norm.logpdf(rng.normal(size=(20_000, k))).sum(1)
        error = surprisal.std() / math.sqrt(len(surprisal))
        expected(surprisal.mean(), error, StandardGaussian(k).entropy)


@pytest.mark.parametrize("k", [1, 7, 100])
def test_m10_entropy_in_bits(k: int) -> None:
    bits = StandardGaussian(k).entropy / BIT
    assert bits == pytest.approx(k * float(stats.norm.entropy()) / math.log(2))
    assert 2**-bits == pytest.approx((math.tau * math.e) ** (-k / 2))


@pytest.mark.parametrize("k", [1, 7, 100, 10_000])
def test_m11_the_entropy_is_met_at_the_root_of_k(k: int) -> None:
    distribution = StandardGaussian(k)

    def excess(r: float) -> float:
        density = stats.norm.logpdf(r) + (k - 1) * stats.norm.logpdf(0.0)
        return -float(density) - k * float(stats.norm.entropy())

    radius = optimize.brentq(excess, 0, 10 * math.sqrt(k), xtol=1e-13)
    assert radius**2 == pytest.approx(k, rel=1e-9)
    assert float(distribution.surprisal_at(at(radius))) == pytest.approx(
        distribution.entropy
    )


@pytest.mark.parametrize("k", [1, 2, 3, 10, 100])
def test_m12_mirage_density(k: int) -> None:
    for r in (0.01, 0.5, 1.0, 3.0):
        got = -float(Mirage(k).surprisal_at(at(r)))
        assert got == pytest.approx(mirage_log_density(r, k), rel=1e-12)
        spread = special.gamma(k / 2) / (2 * math.pi ** (k / 2) * r ** (k - 1))
        assert math.exp(got) == pytest.approx(half_normal(r, k) * spread, rel=1e-9)
    assert averaged(k, lambda _: 1.0) == pytest.approx(1, abs=1e-10)


def test_m12_mirage_samples_in_a_box() -> None:
    rng = np.random.default_rng(0)
    # Cartesian, so that the area of spheres has no part in it.
    n = 400_000
    theta = rng.uniform(0, math.tau, n)
    r = np.abs(rng.normal(size=n)) * math.sqrt(2)
    x, y = r * np.cos(theta), r * np.sin(theta)
    inside = (x > 0.3) & (x < 1.0) & (y > 0.1) & (y < 0.6)
    mass = integrate.dblquad(
        lambda y, x: math.exp(-float(Mirage(2).surprisal_at(at(math.hypot(x, y))))),
        0.3, 1.0, 0.1, 0.6, epsabs=1e-7,
    )[0]  # fmt: skip
    expected(inside.mean(), math.sqrt(mass * (1 - mass) / n), mass)


def test_m13_areas_of_spheres() -> None:
    rng = np.random.default_rng(0)

    def area(k: int, r: float = 1.0) -> float:
        return float(log_sphere_area(k, at(r)).exp())

    assert area(0) == 0
    assert [area(k) for k in (1, 2, 3)] == pytest.approx([2, math.tau, 4 * math.pi])
    for k in range(3, 40):
        # Two dimensions more, by integrating over the circle in them.
        assert area(k) == pytest.approx(area(k - 2) * math.tau / (k - 2), rel=1e-12)
        assert area(k, 1.7) == pytest.approx(area(k) * 1.7 ** (k - 1), rel=1e-12)
    # The area is the slope of the volume, and that of the cube's share by samples.
    points = rng.uniform(-1, 1, size=(400_000, 5))
    share = (np.linalg.norm(points, axis=1) < 1).mean()
    error = math.sqrt(share * (1 - share) / len(points)) * 32 * 5
    expected(share * 32 * 5, error, area(5))


@pytest.mark.parametrize(
    ("k", "entropy"),
    [(1, 1.418939), (2, 2.621634), (3, 3.634371), (10, 9.760827), (100, 81.465237)],
)
def test_m14_m18_entropy_of_the_mirage(k: int, entropy: float) -> None:
    rng = np.random.default_rng(0)
    found = averaged(k, lambda r: -mirage_log_density(r, k))
    assert found == pytest.approx(entropy, abs=1e-6)
    assert Mirage(k).entropy == pytest.approx(found, abs=1e-8)
    assert Mirage(k).entropy == pytest.approx(entropy, abs=5.1e-7)
    r = np.abs(rng.normal(size=20_000)) * math.sqrt(k)
    surprisal = -np.array([mirage_log_density(x, k) for x in r])
    error = surprisal.std() / math.sqrt(len(surprisal))
    expected(surprisal.mean(), error, Mirage(k).entropy)


@pytest.mark.parametrize("k", [1, 2, 3, 10, 100])
def test_m15_first_part(k: int) -> None:
    assert averaged(k, lambda r: r**2 / (2 * k)) == pytest.approx(0.5, abs=1e-9)


@pytest.mark.parametrize(
    ("k", "part"), [(2, -0.28861), (3, -0.17176), (10, 4.6450), (100, 165.0730)]
)
def test_m16_second_part(k: int, part: float) -> None:
    found = averaged(k, lambda r: (k - 1) * math.log(r))
    assert found == pytest.approx(part, abs=5.1e-5)
    closed = (k - 1) / 2 * (math.log(k / 2) - np.euler_gamma)
    assert found == pytest.approx(closed, abs=1e-8)


@pytest.mark.parametrize("k", [1, 2, 3, 10, 100])
def test_m17_third_part_and_the_sum(k: int) -> None:
    third = -math.log(
        special.gamma(k / 2) / (math.sqrt(math.tau * k) * math.pi ** (k / 2))
    )
    # It is the constant in the surprisal.
    at_one = float(Mirage(k).surprisal_at(at(1.0)))
    assert at_one - 1 / (2 * k) == pytest.approx(third, rel=1e-12)
    second = averaged(k, lambda r: (k - 1) * math.log(r))
    assert Mirage(k).entropy == pytest.approx(0.5 + second + third, abs=1e-8)


@pytest.mark.parametrize("k", [2, 3, 10, 100, 10_000, 1_000_000])
def test_m19_m20_typical_radius(k: int) -> None:
    wanted = 0.5 + (k - 1) / 2 * (math.log(k / 2) - np.euler_gamma)

    def excess(share: float) -> float:
        r = share * math.sqrt(k)
        return (r**2 / (2 * k) + (k - 1) * math.log(r) - wanted) / k

    root = optimize.brentq(excess, 0.01, 10, xtol=1e-15) * math.sqrt(k)
    # `real` and K from 2: what lambertw returns is complex (E25).
    inner = math.exp(1 / (k - 1) + math.log(k / 2) - np.euler_gamma) / (k * (k - 1))
    lambert = math.sqrt(k * (k - 1) * special.lambertw(inner).real)
    assert lambert == pytest.approx(root, rel=1e-9)
    assert Mirage(k).typical_radius == pytest.approx(root, rel=1e-9)


def test_m20_in_one_dimension() -> None:
    assert Mirage(1).typical_radius == pytest.approx(1, abs=1e-12)


def test_m21_limit() -> None:
    euler = -integrate.quad(lambda x: math.exp(-x) * math.log(x), 0, 50, limit=200)[0]
    assert pytest.approx(math.sqrt(math.exp(-euler) / 2), abs=1e-8) == LIMIT
    assert pytest.approx(0.52983935, abs=5e-9) == LIMIT
    # As K grows, the mean of the logarithm is all that decides: exp(E log |z|).
    mean_log = averaged(1, math.log)
    assert math.exp(mean_log) == pytest.approx(LIMIT, abs=1e-7)


@pytest.mark.parametrize("k", [1, 5, 100])
def test_m22_mean_radius(k: int) -> None:
    assert averaged(k, lambda r: r) == pytest.approx(Mirage(k).mean_radius, rel=1e-9)


@pytest.mark.parametrize("k", [1, 3, 10, 100])
def test_m23_kurtosis(k: int) -> None:
    # x = r theta: the square of a coordinate of theta has a beta distribution.
    square = stats.beta(1 / 2, (k - 1) / 2) if k > 1 else None
    second, fourth = (
        (float(square.moment(1)), float(square.moment(2))) if square else (1.0, 1.0)
    )
    r2, r4 = (averaged(k, lambda r, p=p: r**p) for p in (2, 4))
    assert r2 * second == pytest.approx(1, rel=1e-8)
    assert Mirage(k).kurtosis == pytest.approx(r4 * fourth / (r2 * second) ** 2)
    x = Mirage(k).sample(200_000, torch.Generator().manual_seed(k))[:, 0].numpy()
    fourth_powers = x**4
    error = fourth_powers.std() / math.sqrt(len(x))
    expected(fourth_powers.mean(), error, Mirage(k).kurtosis)


def test_m24_a_share_of_noise_costs_little_likelihood() -> None:
    rng = np.random.default_rng(0)
    mixed = math.log(0.01 * 0.5 + 0.99 * 1e-9)
    assert mixed == pytest.approx(-5.2983172, abs=5.1e-8)
    assert mixed >= math.log(0.01) + math.log(0.5)
    share, p, q = rng.uniform(1e-6, 1, size=(3, 1_000))
    assert (np.log(share * p + (1 - share) * q) >= np.log(share) + np.log(p)).all()


def test_m25_density_over_sets() -> None:
    # Three points, exchangeable and not independent: both dense or both sparse at 0.
    def sequence(x: float, y: float, z: float) -> float:
        return (8 * x * y * z + 8 * (1 - x) * (1 - y) * (1 - z)) / 2

    def over_sets(*points: float) -> float:
        # A set comes about in every order of its points.
        return sum(sequence(*order) for order in itertools.permutations(points))

    assert over_sets(0.2, 0.5, 0.9) == pytest.approx(6 * sequence(0.2, 0.5, 0.9))
    ordered = integrate.tplquad(
        over_sets,
        0, 1, lambda x: x, 1, lambda _, y: y, 1,
    )[0]  # fmt: skip
    assert ordered == pytest.approx(1, abs=1e-9)
    volume = integrate.tplquad(
        lambda *_: 1.0, 0, 1, lambda x: x, 1, lambda _, y: y, 1
    )[0]  # fmt: skip
    assert math.factorial(3) * volume == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("scale", [0.5, 0.9, 1.0, 1.3])
def test_m26_gap_of_the_surprisals(scale: float) -> None:
    def surprisal(a: float) -> float:
        """Return the mean surprisal of a coordinate of N(0, a^2) under N(0, 1)."""
        distribution = StandardGaussian(1)
        return integrate.quad(
            lambda x: stats.norm(0, a).pdf(x) *
            float(distribution.surprisal_at(at(abs(x)))), -12, 12, epsabs=1e-12,
            points=[0.0],
        )[0]  # fmt: skip

    gap = 100 * (surprisal(1.0) - surprisal(scale))
    assert gap == pytest.approx(50 * (1 - scale**2), abs=1e-8)
    if scale == 0.5:
        assert gap == pytest.approx(37.5)


@pytest.mark.parametrize("k", [1, 2, 3, 10, 100])
def test_c39_the_radius_is_half_gaussian_in_one_dimension_only(k: int) -> None:
    distribution, r = (
        Chi(k),
        torch.linspace(0.05, 2.5, 50, dtype=torch.float64) * math.sqrt(k),
    )
    # The density of a point, times the area of its sphere; K = 1 has two points.
    point = stats.norm.logpdf(r.numpy()) + (k - 1) * float(stats.norm.logpdf(0.0))
    area = math.log(2) + k / 2 * math.log(math.pi) - float(special.gammaln(k / 2))
    exact = point + area + (k - 1) * np.log(r.numpy())
    np.testing.assert_allclose(
        distribution.log_pdf(r).numpy(), exact, rtol=1e-10, atol=1e-10
    )
    half = stats.halfnorm(scale=math.sqrt(k))
    apart = np.abs(half.cdf(r.numpy()) - distribution.cdf(r).numpy()).max()
    assert apart < 1e-12 if k == 1 else apart > 0.1
    # r^(K-1) e^(-r^2/2) has the logarithmic slope (K-1)/r - r.
    if k > 1:
        peak = math.sqrt(k - 1)
        around = distribution.log_pdf(torch.tensor([0.999, 1.0, 1.001]).double() * peak)
        assert int(around.argmax()) == 1
        assert float(around[2] - around[0]) == pytest.approx(0, abs=1e-5)


def test_e03_a_width_must_outgrow_the_root_of_the_dimension() -> None:
    def mass(k: int, nats: float) -> float:
        square = stats.chi2(k)
        exact = square.cdf(k + 2 * nats) - square.cdf(k - 2 * nats)
        found = float(StandardGaussian(k).mass(at(nats)))
        assert found == pytest.approx(exact, abs=1e-10)
        return round(float(exact), 3)

    many = (10, 1_000, 100_000)
    assert [mass(k, k**0.4) for k in many] == [0.762, 0.522, 0.345]
    assert [mass(k, k**0.6) for k in many] == [0.940, 0.995, 1.0]
    # At the root itself neither: by the central limit theorem a constant is left.
    one = float(2 * stats.norm.cdf(1) - 1)
    assert mass(100_000, math.sqrt(50_000)) == pytest.approx(one, abs=1e-3)


LISTED = np.unique(np.round(np.logspace(0, 6, 100)))  # the K of the fifth listing


def lambert_as_listed(k: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Return the fifth listing's radii, and what numpy objects to."""
    objections: list[str] = []
    with np.errstate(all="call", call=lambda kind, _: objections.append(kind)):
        inner = np.exp(1 / (k - 1) + np.log(k / 2) - np.euler_gamma) / (k * (k - 1))
        radii = np.sqrt(k * (k - 1) * special.lambertw(inner))
    return radii, objections


def test_e24_a_linear_axis_squeezes_the_dimensions() -> None:
    assert (int((LISTED <= 1e5).sum()), len(LISTED)) == (75, 92)


def test_e25_lambert_is_complex_and_fails_in_one_dimension() -> None:
    radii, objections = lambert_as_listed(LISTED)
    assert objections == ["divide by zero", "invalid value"]
    assert np.isnan(radii[0])
    apart, objections = lambert_as_listed(LISTED[1:])
    assert not objections
    assert apart.dtype == np.complex128
    assert not apart.imag.any()


def test_e38_sequences_without_order_are_multisets() -> None:
    tosses = (np.arange(2**16)[:, None] >> np.arange(16)) & 1
    heads = tosses.sum(1)
    assert len(np.unique(heads)) == 17
    faces = np.where(heads == 0, 0, np.where(heads == 16, 1, 2))  # tails, heads, both
    assert np.bincount(faces).tolist() == [1, 1, 2**16 - 2]
