"""Counts in shells give back the density that radii were drawn from."""

import math

import numpy as np
import pytest
import torch

from gendiff.studies.typicality import shell_counts

EDGES = np.geomspace(0.1, 0.9, 6)


def ball(n: int, k: int) -> torch.Tensor:
    """Radii of points that fill the unit ball evenly."""
    generator = torch.Generator().manual_seed(k)
    return torch.rand(n, generator=generator, dtype=torch.float64) ** (1 / k)


def test_an_even_ball_has_the_density_of_one_over_its_volume() -> None:
    found = shell_counts.log_densities(ball(400_000, 3).numpy(), 3, EDGES)
    assert found == pytest.approx(np.full(5, -math.log(4 * math.pi / 3)), abs=0.1)


def test_an_even_ball_has_no_slope_and_an_even_radius_has_one() -> None:
    flat = shell_counts.slope(ball(400_000, 3), 3, EDGES)
    assert abs(flat.value) < 4 * float(flat.error)
    steep = shell_counts.slope(ball(400_000, 1), 3, EDGES)
    # Wide shells put their middle a little off, so the exact slope is not quite -2.
    assert steep.value == pytest.approx(-2, abs=0.03)


def test_tenths_are_parts_of_the_sample() -> None:
    values = torch.arange(100.0)
    found = shell_counts.in_tenths(values, lambda part: float(part.mean()))
    assert found.value == pytest.approx(49.5)
    assert found.n == 10
