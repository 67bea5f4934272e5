"""Posterior means and medians on a line."""

import numpy as np
import pytest
import torch

from gendiff.data import two_bumps
from gendiff.levels import among
from gendiff.studies.perspectives import means_and_medians
from gendiff.types import level


@pytest.mark.parametrize("x", [-1.5, -0.7, 0.4])
def test_the_median_halves_the_posterior(x: float) -> None:
    data, sigma = two_bumps(), 0.7
    clean = torch.linspace(-8, 6, 28_001, dtype=torch.float64)
    log_p = (
        data.log_density(clean[:, None], level(0.0)) - (x - clean) ** 2 / 2 / sigma**2
    )
    mass = log_p.softmax(0).cumsum(0)
    expected = float(clean[int((mass < 0.5).sum())])
    at = torch.tensor([[x]], dtype=torch.float64)
    assert float(means_and_medians.median(data, at, sigma)) == pytest.approx(
        expected, abs=1e-3
    )


def test_distances_are_counted_in_posterior_widths() -> None:
    data, x = two_bumps(), torch.tensor([[0.0], [1.0]], dtype=torch.float64)
    width = float(data.posterior_covariance(x, level(0.5)).mean().sqrt())

    def near(x: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
        return data(x, sigma) + 0.1

    off = means_and_medians.in_widths(near, data, data, [(0.5, x)])
    assert off == pytest.approx(0.1 / width)
    assert means_and_medians.in_widths(near, near, data, [(0.5, x)]) == 0


def test_noisy_points_spread_as_far_as_signal_and_noise() -> None:
    data, draw = two_bumps(), torch.Generator().manual_seed(0)
    variance = float(data.moments().covariance)
    drawn = means_and_medians.noisy_points(data, [0.5, 3.0], 50_000, draw)
    for sigma, x in drawn:
        assert float(x.var()) == pytest.approx(variance + sigma**2, rel=0.02)


def nothing(x: torch.Tensor, _: torch.Tensor) -> torch.Tensor:
    return x


def test_the_absolute_error_is_of_each_sample() -> None:
    loss = means_and_medians.AbsoluteError(among([2.0]))
    got = loss(nothing, (torch.zeros(50_000, 1),), torch.Generator())
    assert got.shape == (50_000,)
    assert float(got.mean()) == pytest.approx(2 * np.sqrt(2 / np.pi), rel=0.02)
