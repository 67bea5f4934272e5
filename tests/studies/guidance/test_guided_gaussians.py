"""Guided Gaussians: all ways are exact without guidance, and for a single place."""

import math

import pytest
import torch

from gendiff.grids import geometric
from gendiff.studies.guidance import guided_gaussians as gaussians

GRID = [*geometric(200, high=200.0, low=1e-3)]


def draw() -> torch.Generator:
    return torch.Generator().manual_seed(0)


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
    found = gaussians.variations(torch.eye(3).double(), 1.0, GRID, draw(), n=2_000)
    assert [*found] == [*gaussians.WAYS]
    assert max(found.values()) < 0.02


def test_with_one_place_only_diffusion_is_off() -> None:
    place, flow, sde = gaussians.variations(
        torch.eye(1).double(), 3.0, GRID, draw(), n=4_000
    ).values()
    assert place == pytest.approx(0, abs=1e-12)
    assert flow > sde > 0.01


def test_the_variation_of_two_widths_is_the_textbook_one() -> None:
    made, target = torch.tensor([[4.0]]).double(), torch.tensor([[1.0]]).double()
    z = torch.randn(40_000, 1, generator=draw(), dtype=torch.float64)
    cross = math.sqrt(8 / 3 * math.log(2))  # where the densities are equal
    exact = math.erf(cross / math.sqrt(2)) - math.erf(cross / math.sqrt(8))
    assert gaussians.apart(made, target, z) == pytest.approx(exact, abs=0.01)
    assert gaussians.apart(target, target, z) == pytest.approx(0)


def test_what_the_sum_tells_is_lost_on_the_first_tokens() -> None:
    found = gaussians.both_classes(6, 3.0, GRID, draw(), n=2_000)
    each, whole = found["every place"], found["the sum"]
    assert whole["token by token"] > 2 * each["token by token"]
    assert whole["SDE"] < each["SDE"]
