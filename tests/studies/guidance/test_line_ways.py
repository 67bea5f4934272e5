"""Three samplers of a Gaussian's score: they agree, unless it is multiplied."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from gendiff.book.run import Run
from gendiff.exact import GaussianMixture
from gendiff.noise import seeded
from gendiff.studies.guidance import line_ways
from gendiff.studies.guidance.line_distributions import LINE, normalised

SIZES = line_ways.Sizes(points=201, grid=200, cells=301, steps=300, walk=200, step=0.05)
START = torch.zeros(4_000, 1).double()


def bell(x: Tensor, sigma: Tensor) -> Tensor:
    return -x / (1 + sigma**2)


def test_all_ways_draw_an_honest_density() -> None:
    noise = seeded(torch.Generator().manual_seed(0))
    found = line_ways.all_ways(bell, SIZES, START, noise)
    told = line_ways.summary(normalised(-(LINE**2) / 2), found)
    assert [*told] == ["promised", "flow", "SDE", "Langevin"]
    for mean, variance in told.values():
        assert mean == pytest.approx(0, abs=0.06)
        assert variance == pytest.approx(1, rel=0.06)
    halves = line_ways.left_of(0.0, normalised(-(LINE**2) / 2), found)
    assert [*halves.values()] == pytest.approx([0.5] * 4, abs=0.03)


def test_a_multiplied_score_leaves_too_little() -> None:
    z, end = line_ways.flow(lambda x, sigma: 1.5 * bell(x, sigma), SIZES)
    wide = math.hypot(1, line_ways.HIGH)
    assert np.ptp(end) / np.ptp(z) == pytest.approx(wide**-0.5, rel=0.01)
    points, density = line_ways.solved(lambda x, sigma: 1.5 * bell(x, sigma), SIZES)
    variance = np.trapezoid(density * points**2, points)
    assert variance == pytest.approx(0.5, rel=0.03)


def test_few_steps_move_when_they_are_doubled() -> None:
    def tilted(x: Tensor, sigma: Tensor) -> Tensor:
        return bell(x - 1, sigma)

    rough = line_ways.Sizes(points=201, grid=4, cells=301, steps=20, walk=1, step=0.1)
    assert line_ways.moved(tilted, SIZES) < line_ways.moved(tilted, rough)


def test_tempered_ways_start_as_wide_as_the_mixture() -> None:
    one = torch.ones(1).double()
    wide = GaussianMixture.isotropic(one, 3 * one[:, None], 2.0)
    run = Run("guidance/exact", "smoke", 0)
    sizes = replace(SIZES, step=0.1)
    plain, cold = (line_ways.tempered(run, wide, f, sizes, 500) for f in (1.0, 2.0))
    told = line_ways.summary(normalised(-(LINE**2) / 2), plain)
    assert told["flow"] == pytest.approx((3, 4), rel=0.02)
    assert told["SDE"] == pytest.approx((3, 4), rel=0.02)
    points, density = cold["SDE"]
    variance = np.trapezoid(density * (points - 3) ** 2, points)
    assert variance == pytest.approx(4 / 3, rel=0.05)
