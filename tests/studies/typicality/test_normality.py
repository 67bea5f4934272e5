"""What is normal passes; what is not normal, in one way or another, is told."""

import math

import pytest
import torch

from gendiff.studies.typicality import normality
from gendiff.typicality import Mirage


def normal(n: int, d: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randn(n, d, generator=generator, dtype=torch.float64)


def test_a_gaussian_passes_all_three() -> None:
    one, whole, covariance = normality.verdicts(normal(4_000, 20))
    assert max(one, whole) < 1
    assert covariance < 5


def test_a_mirage_is_told_by_its_coordinates() -> None:
    x = Mirage(20).sample(4_000, torch.Generator().manual_seed(0))
    assert normality.verdicts(x)[0] > 2


def test_a_strain_of_one_is_the_critical_distance() -> None:
    n = 1_000
    x = (torch.arange(n).double() + 0.5) / n  # of all samples the most uniform
    found = normality.strain(x, lambda z: z)
    # The critical distance at 0.1 % is 1.95 / sqrt(n) for large n.
    assert found == pytest.approx(0.5 / n * math.sqrt(n) / 1.95, rel=0.02)


def test_errors_of_a_covariance_are_in_standard_errors() -> None:
    n = 400
    x = torch.eye(2).double().repeat(n // 2, 1) * math.sqrt(2)
    x[0::4] *= -1
    x[1::4] *= -1
    assert normality.off_identity(x) == pytest.approx(0, abs=1e-9)
    # A variance of 1.5 is off by 0.5, and its standard error is sqrt(2 / n).
    x[:, 0] *= math.sqrt(1.5)
    assert normality.off_identity(x) == pytest.approx(0.5 * math.sqrt(n / 2))
