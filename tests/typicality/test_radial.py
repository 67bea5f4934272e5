"""Annulus and mirage against scipy, quadrature and samples."""

import math

import numpy as np
import pytest
import torch
from scipy import integrate, stats
from scipy.special import lambertw

from gendiff.discrete.surprisal import is_typical
from gendiff.metrics import ks_critical, ks_distance
from gendiff.typicality import Chi, Mirage, StandardGaussian
from gendiff.typicality.annulus import directions, log_sphere_area
from gendiff.typicality.mirage import EULER, LIMIT

N = 100_000


@pytest.mark.parametrize("k", [1, 2, 3, 10, 100, 10_000])
def test_chi_is_scipys(k: int) -> None:
    distribution, known = Chi(k), stats.chi(k)
    r = torch.linspace(0.01, 2, 50).double() * math.sqrt(k)
    assert torch.allclose(
        distribution.log_pdf(r), torch.as_tensor(known.logpdf(r)), atol=1e-8
    )
    assert torch.allclose(
        distribution.cdf(r), torch.as_tensor(known.cdf(r)), atol=1e-10
    )
    assert distribution.mean == pytest.approx(known.mean(), rel=1e-9)
    assert distribution.variance == pytest.approx(known.var(), rel=1e-4)
    assert distribution.second_moment == pytest.approx(known.mean() ** 2 + known.var())


@pytest.mark.parametrize("k", [1, 10, 198, 199, 200, 10**6, 10**9])
def test_neighbouring_means_multiply_to_the_dimension(k: int) -> None:
    # Gamma((K + 2) / 2) = K / 2 Gamma(K / 2); 199 and 200 are computed differently.
    assert Chi(k).mean * Chi(k + 1).mean == pytest.approx(k, rel=1e-13)
    assert 0 < 0.5 - Chi(k).variance <= 0.14 / k + 1e-12


@pytest.mark.parametrize("k", [1, 10, 1_000])
def test_quantiles_undo_the_cdf(k: int) -> None:
    share = torch.linspace(0.01, 0.99, 20).double()
    assert torch.allclose(Chi(k).cdf(Chi(k).quantile(share)), share, atol=1e-12)
    wanted = torch.as_tensor(stats.chi(k).ppf(share))
    assert torch.allclose(Chi(k).quantile(share), wanted, rtol=1e-9)


def test_chi_at_its_ends() -> None:
    zero = torch.zeros(1, dtype=torch.float64)
    assert float(Chi(1).log_pdf(zero)) == pytest.approx(math.log(2 / math.tau**0.5))
    assert float(Chi(2).log_pdf(zero)) == -math.inf
    assert float(Chi(3).cdf(-zero - 1)) == 0


@pytest.mark.parametrize("k", [1, 3, 100])
def test_gaussian_annulus_is_the_typical_set(k: int) -> None:
    distribution = StandardGaussian(k)
    x = torch.randn(N, k, generator=torch.Generator().manual_seed(k)).double()
    surprisal = -distribution.log_density(x)
    normal = stats.multivariate_normal(np.zeros(k))
    assert np.allclose(surprisal[:50], -normal.logpdf(x[:50]))
    for epsilon in (0.3, 2.0, 10.0):
        low, high = distribution.annulus(torch.tensor(epsilon))
        radius = x.norm(dim=1)
        inside = is_typical(surprisal, distribution.entropy, epsilon)
        assert torch.equal(inside, (low <= radius) & (radius <= high))
        mass = float(distribution.mass(torch.tensor(epsilon)))
        error = math.sqrt(max(mass * (1 - mass), 1e-6) / N)
        assert float(inside.double().mean()) == pytest.approx(mass, abs=4 * error)


def test_sphere_areas() -> None:
    for k, area in ((1, 2), (2, math.tau), (3, 4 * math.pi), (4, 2 * math.pi**2)):
        r = torch.tensor([0.5, 1.0, 3.0]).double()
        wanted = area * r ** (k - 1)
        assert torch.allclose(log_sphere_area(k, r).exp(), wanted)
    origin = torch.zeros(1, dtype=torch.float64)
    assert float(log_sphere_area(1, origin).exp()) == pytest.approx(2)
    assert float(log_sphere_area(2, origin)) == -math.inf
    for r in (origin, origin + 1):
        assert float(log_sphere_area(0, r)) == -math.inf
    with pytest.raises(ValueError, match="-1 dimensions"):
        log_sphere_area(-1, torch.ones(1))


def test_directions_are_uniform() -> None:
    theta = directions(N, 5, torch.Generator().manual_seed(0))
    assert torch.allclose(theta.norm(dim=1), torch.ones(N).double())
    # A coordinate's square has the beta distribution, and its sign is even.
    square = stats.beta(1 / 2, 2)
    distance = ks_distance(
        theta[:, 3] ** 2, lambda x: torch.as_tensor(square.cdf(x.numpy()))
    )
    assert distance < ks_critical(N, level=0.001)
    assert abs(float(theta[:, 3].sign().mean())) < 4 / math.sqrt(N)


@pytest.mark.parametrize("k", [1, 2, 3, 10])
def test_mirage_samples_have_its_distribution(k: int) -> None:
    distribution = Mirage(k)
    x = distribution.sample(N, torch.Generator().manual_seed(k))
    radius = x.norm(dim=1)
    assert ks_distance(radius, distribution.radius_cdf) < ks_critical(N, level=0.001)
    surprisal = -distribution.log_density(x)
    error = float(surprisal.std()) / math.sqrt(N)
    assert float(surprisal.mean()) == pytest.approx(distribution.entropy, abs=4 * error)
    assert float(x.square().mean()) == pytest.approx(1, abs=8 / math.sqrt(N))
    epsilon = torch.tensor([0.1, 1.0, 5.0]).double()
    share = [
        is_typical(surprisal, distribution.entropy, e).double().mean()
        for e in epsilon.tolist()
    ]
    assert distribution.mass(epsilon).tolist() == pytest.approx(
        [float(s) for s in share], abs=4 * math.sqrt(0.25 / N)
    )


@pytest.mark.parametrize("k", [1, 2, 7, 100])
def test_mirage_radii_and_surprisals_are_inverse(k: int) -> None:
    distribution = Mirage(k)
    r = torch.logspace(-3, 1, 60, dtype=torch.float64) * math.sqrt(k)
    assert torch.allclose(
        distribution.radius_at(distribution.surprisal_at(r)), r, rtol=1e-9
    )
    share = torch.linspace(0.01, 0.99, 20).double()
    assert torch.allclose(
        distribution.radius_cdf(distribution.radius_quantile(share)), share
    )


def test_far_surprisals_do_not_overflow() -> None:
    distribution = Mirage(2)
    far = distribution.radius_at(torch.tensor([1e6], dtype=torch.float64))
    assert float(distribution.surprisal_at(far)) == pytest.approx(1e6)


def test_mirage_at_the_origin() -> None:
    zero = torch.zeros(1, 3, dtype=torch.float64)
    assert float(Mirage(3).log_density(zero)) == math.inf
    assert Mirage(3).least == -math.inf
    assert float(Mirage(1).log_density(zero[:, :1])) == pytest.approx(-Mirage(1).least)


def test_one_dimension_is_gaussian() -> None:
    x = torch.linspace(-4, 4, 33, dtype=torch.float64)[:, None]
    gauss, mirage = StandardGaussian(1), Mirage(1)
    assert torch.allclose(gauss.log_density(x), mirage.log_density(x), atol=1e-12)
    assert mirage.entropy == pytest.approx(gauss.entropy, abs=1e-12)
    assert mirage.typical_radius == pytest.approx(1, abs=1e-12)
    epsilon = torch.linspace(0.1, 3, 20).double()
    assert torch.allclose(gauss.mass(epsilon), mirage.mass(epsilon), atol=1e-12)


@pytest.mark.parametrize("k", [2, 10, 10_000])
def test_typical_radius_by_lambert_w(k: int) -> None:
    argument = math.exp(1 / (k - 1) + math.log(k / 2) - EULER) / (k * (k - 1))
    wanted = math.sqrt(k * (k - 1) * lambertw(argument).real)
    assert Mirage(k).typical_radius == pytest.approx(wanted, rel=1e-9)


def test_limit_of_the_typical_radius() -> None:
    assert math.exp(-EULER) / 2 == pytest.approx(LIMIT**2, rel=1e-15)
    assert pytest.approx(float(np.euler_gamma), abs=1e-15) == EULER
    far = Mirage(10**7).typical_radius / math.sqrt(10**7)
    assert far == pytest.approx(LIMIT, abs=1e-6)


@pytest.mark.parametrize("k", [1, 4])
def test_mirage_density_integrates_to_one(k: int) -> None:
    distribution = Mirage(k)

    def shell(r: float) -> float:
        at = torch.tensor(r, dtype=torch.float64)
        return math.exp(float(log_sphere_area(k, at) - distribution.surprisal_at(at)))

    assert integrate.quad(shell, 1e-9, 40)[0] == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("distribution", [Chi, Mirage])
def test_no_dimension_is_an_error(distribution: type) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        distribution(0)
