"""Digits of ten by ten pixels: rivals have the densities they draw from."""

import math

import pytest
import torch
from sklearn.datasets import load_digits
from torch.distributions import MultivariateNormal

from gendiff.studies.typicality import large_digits
from gendiff.types import level


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_the_mean_digit_is_the_average_scan_on_paper() -> None:
    distribution = large_digits.distribution()
    image = large_digits.pictures((distribution.weights @ distribution.means)[None])[0]
    scans, _ = load_digits(return_X_y=True)
    average = torch.from_numpy(scans.mean(0)).reshape(8, 8)
    assert image.shape == (10, 10)
    for here, there in (((0, 0), (0, 0)), ((9, 0), (7, 0)), ((9, 9), (7, 7))):
        # Corners are where they were; what is between is interpolated.
        assert float(image[here]) == pytest.approx(16 - float(average[there]), abs=0.02)


def test_white_noise_has_the_normal_density() -> None:
    noise = large_digits.WhiteNoise(3, 0.7)
    z = noise.sample(2_000, seeded(1))
    known = MultivariateNormal(torch.zeros(3).double(), 0.49 * torch.eye(3).double())
    assert torch.allclose(noise.log_density(z), known.log_prob(z))
    assert float(z.std()) == pytest.approx(0.7, abs=0.03)


def test_a_single_stored_example_is_noise_about_it() -> None:
    table = large_digits.StoredExamples(torch.full((1, 3), 2.0).double(), 0.1)
    z = table.sample(500, seeded(2), seeded(3))
    noise = large_digits.WhiteNoise(3, 0.1)
    assert torch.allclose(table.log_density(z), noise.log_density(z - 2))


def test_many_stored_examples_share_the_mass() -> None:
    far = torch.tensor([[0.0], [100.0]]).double()
    table = large_digits.StoredExamples(far, 0.5)
    alone = large_digits.StoredExamples(far[:1], 0.5)
    z = torch.zeros(1, 1).double()
    lower = alone.log_density(z) - table.log_density(z)
    assert float(lower) == pytest.approx(math.log(2))


def test_a_step_uphill_never_goes_down_and_rests_on_summits() -> None:
    distribution, clean = large_digits.distribution(), level(0.0)
    z = distribution.sample(5, seeded(4))
    for _ in range(12):
        before, z = z, large_digits.uphill(distribution, z)
        gained = distribution.log_density(z, clean) - distribution.log_density(
            before, clean
        )
        assert (gained > -1e-9).all()
    assert distribution.score(z, clean).abs().max() < 1e-3


def test_climbers_are_sorted_by_summit() -> None:
    surprisal = torch.tensor([1.0, 2.0, 1.0, 3.0, 1.0, 2.0])
    found = large_digits.summits(surprisal, rows=2, most=6)
    assert found.number == 3
    assert found.rows == [[0, 2], [1, 5]]
