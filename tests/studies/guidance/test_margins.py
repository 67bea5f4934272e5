"""Distances of coordinates from those of a mixture."""

import torch

from gendiff.metrics import ks_critical
from gendiff.studies.guidance import margins, pinwheel


def test_own_samples_are_near_and_moved_ones_are_not() -> None:
    distribution = pinwheel.world()
    points = distribution.sample(2_000, torch.Generator().manual_seed(0))
    for axis in (0, 1):
        near = margins.ks_estimate(distribution, points, axis)
        assert near.value < ks_critical(2_000)
        assert 0 < near.error < near.value
        assert margins.ks_of(distribution, points + 10, axis) > 0.999
    assert margins.ks_of(distribution, points.flip(1), 0) > ks_critical(2_000)
