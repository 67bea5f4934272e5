"""A chain of known table: draws, and errors by tenths of the probabilities."""

import numpy as np
import pytest
import torch

from gendiff.studies.typicality import known_chain

TABLE = known_chain.table(4, np.random.default_rng(0))


def test_draws_follow_the_table() -> None:
    x = known_chain.drawn(TABLE, 4_000, 12, torch.Generator().manual_seed(0))
    assert x.shape == (4_000, 12)
    assert torch.allclose(TABLE.sum(1), torch.ones(4).double())
    pairs = torch.bincount((4 * x[:, :-1] + x[:, 1:]).flatten(), minlength=16)
    counts = pairs.reshape(4, 4).double()
    n = counts.sum(1, keepdim=True)
    error = (TABLE * (1 - TABLE) / n).sqrt() + 1e-4
    assert float(((counts / n - TABLE) / error).abs().max()) < 4.5
    first = torch.bincount(x[:, 0], minlength=4) / 4_000
    assert torch.allclose(first, torch.tensor(0.25), atol=0.03)


def test_errors_are_relative_and_by_tenths_of_what_is_said() -> None:
    truth = torch.arange(1.0, 101.0, dtype=torch.float64) / 1_000
    order = torch.randperm(100, generator=torch.Generator().manual_seed(0))
    off = torch.arange(100).div(10, rounding_mode="floor").double() / 100
    said = truth * (1 + off)  # the order stays, and the error grows by tenths
    found = known_chain.errors(said[order], truth[order])
    assert found == pytest.approx([k / 100 for k in range(10)])


def test_tenths_are_quantiles_of_the_truth() -> None:
    truth = torch.arange(1.0, 201.0, dtype=torch.float64)
    found = known_chain.tenths(10 * truth, truth)
    assert found.own.tolist() == [10 * (20 * k + 10) for k in range(10)]
    assert found.middle.tolist() == [20 * k + 10 for k in range(10)]
    assert found.seldom.tolist() == pytest.approx([20 * k + 2.9 for k in range(10)])
    assert found.often.tolist() == pytest.approx([20 * k + 18.1 for k in range(10)])
    turned = known_chain.tenths(-truth, truth)
    assert turned.middle.tolist() == [20 * k + 10 for k in range(9, -1, -1)]
