"""Bits and errors: a Gaussian in one dimension, points on a few places."""

import pytest
import torch

from gendiff.studies.autoencoders import codebooks

G = torch.Generator().manual_seed(0)


def test_a_bit_takes_three_quarters_of_one_variance() -> None:
    x = torch.randn(5000, 2, generator=G) @ torch.diag(torch.tensor([1.0, 1e-6]))
    bits, error = codebooks.least_error(x)
    needed = bits > 0.01
    # The second component is nothing, so the error is 2^(-2 bits).
    assert torch.allclose(error[needed], 4.0 ** -bits[needed], atol=1e-3)


def test_equal_variances_share_the_bits() -> None:
    two = torch.randn(20_000, 2, generator=G)
    eight = torch.randn(20_000, 8, generator=G)
    (bits, error), (more, same) = map(codebooks.least_error, (two, eight))
    at = int((bits - 1).abs().argmin())
    assert float(more[at]) == pytest.approx(4 * float(bits[at]), rel=0.05)
    assert float(same[at]) == pytest.approx(float(error[at]), rel=0.05)


def test_as_many_means_as_places_leave_no_error() -> None:
    places = torch.tensor([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]])
    x = places[torch.arange(90) % 3]
    error, in_use = codebooks.means(x, x, 3)
    assert error == pytest.approx(0, abs=1e-6)
    assert in_use == pytest.approx(3)
    error, _ = codebooks.means(x, x, 2)
    assert error > 0.1
    assert codebooks.relative_error(torch.zeros_like(x), x) == 1
