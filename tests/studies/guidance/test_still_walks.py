"""Walks along the score of a mixture whose top and moments are known."""

from functools import partial

import numpy as np
import pytest
import torch
from torch import Tensor

from gendiff.estimate import Estimate
from gendiff.exact import GaussianMixture
from gendiff.noise import seeded, silent
from gendiff.studies.guidance.still_walks import (
    climb,
    measured,
    paths,
    relative_errors,
    share_on,
    tops,
)
from gendiff.types import level

DISTRIBUTION = GaussianMixture.isotropic(
    torch.ones(1).double(), torch.tensor([[1.0]]).double(), 0.5
)
START = torch.zeros(4_000, 1).double()


def score(x: Tensor) -> Tensor:
    return DISTRIBUTION.score(x, level(0.0))


def test_without_noise_every_chain_climbs_to_the_top() -> None:
    x = climb(score, START[:5], step=0.05, steps=200, noise=silent)[:, 0].numpy()
    peaks = tops(DISTRIBUTION, np.array([0.2]))
    assert peaks == pytest.approx([1.0])
    assert share_on(x, peaks) == 1
    assert share_on(x + 1e-3, peaks) == 0


def test_with_noise_the_chains_follow_the_density() -> None:
    noise = seeded(torch.Generator().manual_seed(0))
    x = climb(score, START, step=0.01, steps=200, noise=noise)[:, 0].numpy()
    for error in relative_errors(x, 1.0, 0.5):
        assert abs(error.value) < 4 * error.error + 0.02


def test_relative_errors_of_known_chains() -> None:
    of_mean, of_std = relative_errors(np.array([1.0, 3.0] * 50), 1.0, 2.0)
    assert (of_mean.value, of_std.value) == pytest.approx((1.0, -0.5))
    assert of_mean.error == pytest.approx(0.1)
    assert of_std.error == pytest.approx(0)


def test_paths_end_where_the_climb_does() -> None:
    walk = partial(climb, score, START[:3], step=0.02, steps=7)
    trail = partial(paths, score, START[:3], step=0.02, steps=7)
    seen = trail(noise=seeded(torch.Generator().manual_seed(3)))
    assert seen.shape == (7, 3, 1)
    end = walk(noise=seeded(torch.Generator().manual_seed(3)))
    assert torch.equal(seen[-1], end)


def test_what_is_measured_is_small_for_draws_and_whole_on_a_top() -> None:
    drawn = DISTRIBUTION.sample(4_000, torch.Generator().manual_seed(0))[:, 0].numpy()
    found = measured(DISTRIBUTION, drawn, np.full(9, 1.0))
    mean, std, share = found.values()
    assert share == 1
    for each in (mean, std):
        assert isinstance(each, Estimate)
        assert abs(float(each.value)) < 4 * float(each.error)
