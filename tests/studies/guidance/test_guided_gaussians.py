"""Guided Gaussians: all ways are exact without guidance, and for a single place."""

import numpy as np
import pytest
import torch

from gendiff.grids import geometric
from gendiff.studies.guidance import guided_gaussians as gaussians

GRID = [*geometric(200, high=200.0, low=1e-3)]


def test_neighbours_are_correlated_by_a_half() -> None:
    found = gaussians.neighbours(3)
    assert found[0].tolist() == [1, 0.5, 0.25]
    torch.testing.assert_close(found, found.T)


def test_regressions_rebuild_the_covariance() -> None:
    covariance = gaussians.neighbours(4)
    taken, left = gaussians.regressions(covariance)
    assert torch.equal(taken, taken.tril(-1))
    root = torch.linalg.inv(torch.eye(4).double() - taken)
    torch.testing.assert_close(root @ (left * root.T), covariance)


def test_without_guidance_every_way_is_exact() -> None:
    found = gaussians.divergences(torch.eye(3).double(), 1.0, GRID)
    assert np.abs(found).max() < 0.01


def test_with_one_place_only_diffusion_is_off() -> None:
    place, flow, sde = gaussians.divergences(torch.eye(1).double(), 3.0, GRID)
    assert place == pytest.approx(0, abs=1e-12)
    assert flow > sde > 1e-3


def test_the_divergence_of_one_place_is_the_textbook_one() -> None:
    made, target = torch.tensor([[2.0]]), torch.tensor([[1.0]])
    assert gaussians.apart(made, target) == pytest.approx((2 - 1 - np.log(2)) / 2)
    assert gaussians.apart(target, target) == pytest.approx(0)
