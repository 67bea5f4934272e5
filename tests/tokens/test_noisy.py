"""The exact posterior of noisy tokens, against sums over sequences."""

import itertools

import pytest
import torch

from gendiff.discrete import joint, noisy
from gendiff.tokens import corruption

P = joint.random(3, 2, torch.Generator().manual_seed(0))


def test_posteriors_are_those_of_a_sum_over_sequences() -> None:
    table = corruption.kernel(corruption.uniform(2), 0.0, 0.4)
    other = corruption.kernel(corruption.uniform(2), 0.0, 0.9)
    x = torch.tensor([[0, 1, 1], [1, 1, 0]])
    found = noisy.denoise(P, x, torch.stack([table, other])).exp()
    for row, kernel in enumerate((table, other)):
        for place in range(3):
            weight = [0.0, 0.0]
            for clean in itertools.product(range(2), repeat=3):
                chance = float(P.probability[clean])
                for i in range(3):
                    chance *= float(kernel[clean[i], x[row, i]])
                weight[clean[place]] += chance
            expected = [w / sum(weight) for w in weight]
            assert found[row, place].tolist() == pytest.approx(expected, abs=1e-12)


def test_of_masks_it_is_what_fills_them() -> None:
    every = torch.cartesian_prod(*[torch.arange(3)] * 3)
    table = corruption.kernel(corruption.absorbing(2), 0.0, 0.3)[:2]
    found = noisy.denoise(P, every, table)
    torch.testing.assert_close(found.exp(), P.fill(every).exp(), rtol=0, atol=1e-12)


def test_of_what_cannot_be_every_token_is_as_likely() -> None:
    certain = joint.independent(torch.tensor([[1.0, 0.0], [0.3, 0.7]]).double())
    found = noisy.denoise(certain, torch.tensor([[1, 0]]), torch.eye(2).double())
    torch.testing.assert_close(found.exp(), torch.full((1, 2, 2), 0.5).double())


def test_errors_name_the_sizes() -> None:
    with pytest.raises(ValueError, match="kernels of 3 rows"):
        noisy.denoise(P, torch.zeros(1, 3).long(), torch.eye(3).double())
