"""The scale of filters: waves have the frequency they are made with."""

import numpy as np
import pytest
import torch

from gendiff.studies.autoencoders import filters


@pytest.mark.parametrize("cycles", [1, 3, 5])
def test_a_wave_has_its_own_frequency(cycles: int) -> None:
    wave = torch.cos(2 * torch.pi * cycles * torch.arange(16) / 16).expand(16, 16)
    assert filters.centroid(7 + wave.reshape(1, -1)) == pytest.approx(cycles, abs=1e-4)


def test_the_centroid_weighs_by_power() -> None:
    ticks = torch.arange(16) / 16
    slow, fast = (torch.cos(2 * torch.pi * k * ticks) for k in (1, 5))
    both = (slow + 3 * fast).expand(16, 16).reshape(1, -1)
    assert filters.centroid(both) == pytest.approx((1 + 9 * 5) / 10, abs=1e-4)


def test_the_strongest_come_first_at_full_scale() -> None:
    weight = torch.tensor([[1.0, 0.0, 0.0, 0.0], [0.0, -4.0, 0.0, 2.0]])
    found = filters.strongest(weight, count=1)
    assert torch.equal(found, torch.tensor([[[0.0, -1.0], [0.0, 0.5]]]))


def test_a_fall_is_from_each_level_to_the_next() -> None:
    found = filters.falls(np.array([[5.0, 4.0, 1.0], [5.0, 3.0, 2.0]]), (0.1, 0.5, 2.0))
    assert list(found) == [
        "fall of the centroid, σ = 0.1 to 0.5",
        "fall of the centroid, σ = 0.5 to 2",
    ]
    assert [fall.value for fall in found.values()] == [1.5, 2.0]
