"""Counting modes."""

from collections.abc import Callable

import pytest
import torch

from gendiff.data import ring
from gendiff.data.toys import digits64
from gendiff.exact import GaussianMixture
from gendiff.metrics import count_modes


def seed(value: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(value)


@pytest.mark.parametrize("make", [ring, digits64])
@pytest.mark.parametrize("mass", [0.9, 0.99])
def test_perfect_samples_have_the_quality_of_the_core(
    make: Callable[[], GaussianMixture], mass: float
) -> None:
    mixture = make()
    x = mixture.sample(8000, seed())
    found = count_modes(x, mixture.means, mixture.covariances, mass=mass)
    # Digits overlap: what leaves one core may lie in another.
    assert found.quality == pytest.approx(mass, abs=0.008 if make is ring else 0.03)
    assert found.hit == 1
    share = found.counts / found.counts.sum()
    assert (share - mixture.weights).abs().max() < 0.015


def test_a_lost_mode_is_missed() -> None:
    mixture = ring(8)
    x = mixture.sample(4000, seed())
    far = (x - mixture.means[2]).norm(dim=1) > 0.35
    found = count_modes(x[far], mixture.means, mixture.covariances)
    assert found.hit == 7 / 8
    assert found.counts[2] == 0
    assert found.counts.min() == 0


def test_between_the_modes_is_in_none() -> None:
    mixture = ring(8)
    found = count_modes(torch.zeros(10, 2), mixture.means, mixture.covariances)
    assert (found.hit, found.quality) == (0, 0)
    assert found.counts.tolist() == [0] * 8


def test_nearness_is_measured_in_each_modes_own_units() -> None:
    means = torch.tensor([[0.0, 0.0], [4.0, 0.0]])
    covariances = torch.stack(
        [torch.diag(torch.tensor([9.0, 1.0])), 0.01 * torch.eye(2)]
    )
    x = torch.tensor([[3.0, 0.0], [0.0, 3.5], [4.05, 0.05]])
    # The first is three quarters on the way to the narrow mode, yet of the wide one;
    # the second is 3.5 deviations away, beyond the radius 3.03 of a 99 % core.
    found = count_modes(x, means, covariances)
    assert found.counts.tolist() == [1, 1]
    assert found.quality == pytest.approx(2 / 3)
