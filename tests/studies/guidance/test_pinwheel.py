"""The pinwheel: turned copies, equal shares, and noise of the size that was asked."""

import math

import pytest
import torch

from gendiff.studies.guidance import pinwheel
from gendiff.types import level


def test_the_arms_are_turned_copies() -> None:
    c, s = math.cos(math.tau / 3), math.sin(math.tau / 3)
    turn = torch.tensor([[c, s], [-s, c]], dtype=torch.float64)
    for k in range(2):
        torch.testing.assert_close(pinwheel.arm(k) @ turn, pinwheel.arm(k + 1))


def test_the_world_is_the_average_of_its_classes() -> None:
    x = torch.randn(20, 2, generator=torch.Generator().manual_seed(0)).double()
    each = [
        distribution.log_density(x, level(0.3)).exp()
        for distribution in pinwheel.classes()
    ]
    together = pinwheel.world().log_density(x, level(0.3)).exp()
    torch.testing.assert_close(together, sum(each) / 3)


def test_noise_is_added_to_points_of_the_distribution() -> None:
    generator = torch.Generator().manual_seed(0)
    clean, noisy = pinwheel.noised(pinwheel.world(), 4_000, 3.0, generator)
    assert float((noisy - clean).std()) == pytest.approx(3, rel=0.03)
    assert float(clean.std(0).square().mean().sqrt()) == pytest.approx(
        pinwheel.spread(pinwheel.world()), rel=0.03
    )
