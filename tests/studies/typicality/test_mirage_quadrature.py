"""Quadrature finds the mirage's closed forms, and known distributions at its ends."""

import math

import numpy as np
import pytest
from scipy import special, stats

from gendiff.studies.typicality import mirage_quadrature
from gendiff.typicality import Mirage
from gendiff.typicality.mirage import LIMIT

X = np.linspace(0.1, 4, 20)


@pytest.mark.parametrize("k", [1, 2, 10, 100])
def test_the_radius_of_a_gaussian_has_the_moments_of_the_chi_distribution(
    k: int,
) -> None:
    for power in (1, 2, 3):
        known = stats.chi(k).moment(power)
        assert mirage_quadrature.chi_moment(power, k) == pytest.approx(known)


def test_in_one_dimension_a_coordinate_is_normal() -> None:
    found = mirage_quadrature.coordinate(X, 1)
    assert found == pytest.approx(stats.norm.pdf(X))


def test_in_three_dimensions_it_is_an_exponential_integral() -> None:
    known = special.exp1(X**2 / 6) / (2 * math.sqrt(6 * math.pi))
    assert mirage_quadrature.coordinate(X, 3) == pytest.approx(known, rel=1e-6)


def test_in_many_it_is_a_product_of_two_normals() -> None:
    found = mirage_quadrature.coordinate(X, 10_000)
    assert found == pytest.approx(special.k0(X) / math.pi, rel=2e-3)


@pytest.mark.parametrize("k", [1, 3, 10, 100])
def test_a_coordinate_has_unit_variance_and_the_known_kurtosis(k: int) -> None:
    assert mirage_quadrature.coordinate_moment(0, k) == pytest.approx(1)
    assert mirage_quadrature.coordinate_moment(2, k) == pytest.approx(1)
    assert mirage_quadrature.kurtosis(k) == pytest.approx(9 * k / (k + 2))


def test_means_of_the_radius_are_those_of_half_a_normal() -> None:
    found = mirage_quadrature.averaged(9, lambda r: r**2)
    assert found == pytest.approx(9)
    log_mean = mirage_quadrature.averaged(1, np.log)
    assert math.exp(log_mean) == pytest.approx(LIMIT)


@pytest.mark.parametrize("k", [1, 2, 100])
def test_the_entropy_is_the_librarys(k: int) -> None:
    assert mirage_quadrature.entropy(k) == pytest.approx(Mirage(k).entropy)
