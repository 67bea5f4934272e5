"""Squares in noise: their density, and a model whose density is known."""

import math

import pytest
import torch

from gendiff.families import vae
from gendiff.studies.autoencoders import squares

G = torch.Generator().manual_seed(0)
X = squares.noisy_squares(60, G)


def test_far_from_all_squares_one_place_decides() -> None:
    # With a lattice of one place, the density is that of one Gaussian.
    centre = squares.squares(torch.zeros(1, 2))
    noise = torch.distributions.Normal(centre, squares.SPECKLE)
    expected = noise.log_prob(X).double().sum(1)
    assert torch.allclose(squares.log_density(X, lattice=1), expected, atol=1e-3)


def test_the_lattice_is_fine_enough() -> None:
    coarse, fine = (squares.log_density(X[:5], lattice=n) for n in (32, 48))
    assert torch.allclose(coarse, fine, atol=1.0)
    # Most nats are those of the pixel noise.
    entropy = 128 * (1 + math.log(2 * math.pi * squares.SPECKLE**2))
    assert float(fine.mean()) == pytest.approx(-entropy, rel=0.2)


def test_the_bound_is_below_importance_sampling() -> None:
    torch.manual_seed(0)
    model = vae.gaussian_vae(256, latent=2, width=8)
    low, cost = squares.bound(model, X, G)
    high = squares.weighed(model, X, G, samples=40)
    assert low.shape == cost.shape == high.shape == (60,)
    assert float(cost.min()) >= 0
    assert float(low.mean()) < float(high.mean())
