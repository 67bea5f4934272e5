"""Chains on the ring: the exact posterior keeps the distribution of the data."""

import pytest
import torch

from gendiff.data import ring
from gendiff.noise import seeded
from gendiff.studies.autoencoders import chains
from gendiff.types import level


def generator(purpose: str) -> torch.Generator:
    return torch.Generator().manual_seed(len(purpose))


DATA = ring(std=chains.WIDTH).sample(4000, generator("data"))
WALKS = chains.Walks(generator, 3, DATA)


def test_draws_from_the_posterior_have_its_moments() -> None:
    sigma, x = 0.4, torch.tensor([[0.5, 0.3]]).double()
    drawn = chains.Posterior(sigma)(x.expand(40_000, 2), generator("draw"))
    data = ring(std=chains.WIDTH)
    mean = data(x, level(sigma))[0]
    covariance = data.posterior_covariance(x, level(sigma))[0]
    assert torch.allclose(drawn.mean(0), mean, atol=0.01)
    assert torch.allclose(drawn.T.cov(), covariance, atol=0.01)


def test_under_the_posterior_the_data_stay_the_data() -> None:
    moved = WALKS(chains.Posterior(0.3), 0.3, DATA)
    assert len(moved) == 3
    assert WALKS.apart(moved[-1]) < 0.05
    assert WALKS.apart(DATA) == 0


def test_a_gaussian_around_the_mean_is_as_wide_as_its_error() -> None:
    data, sigma = ring(std=chains.WIDTH), 0.3
    around = WALKS.around(data, sigma)
    x = DATA + sigma * seeded(generator("noise"))(DATA)
    variance = data.posterior_covariance(x, level(sigma)).diagonal(dim1=1, dim2=2)
    assert around.std == pytest.approx(float(variance.mean()) ** 0.5, rel=0.05)
