"""Filling in a hidden chain against the table of all its sequences, and long."""

import torch
from torch import Tensor

from gendiff.discrete import HiddenChain, joint
from gendiff.discrete.hidden_fill import fill

V, N = 2, 5


def rows(*values: list[float]) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


CHAIN = HiddenChain(
    rows([0.5, 0.3, 0.2])[0],
    rows([0.7, 0.2, 0.1], [0.1, 0.6, 0.3], [0.4, 0.1, 0.5]),
    rows([0.9, 0.1], [0.3, 0.7], [0.5, 0.5]),
)


def test_filling_is_that_of_the_table_for_every_mask() -> None:
    sequences = torch.cartesian_prod(*[torch.arange(V)] * N)
    surprisals = CHAIN.surprisal(sequences).reshape([V] * N)
    table = joint.normalised(-surprisals)
    tokens = torch.cartesian_prod(*[torch.arange(V + 1)] * N)
    found, exact = fill(CHAIN, tokens), table.fill(tokens)
    torch.testing.assert_close(found.exp(), exact.exp(), rtol=0, atol=1e-12)


def test_long_sequences_do_not_underflow() -> None:
    tokens = CHAIN.sample(1, 5000, torch.Generator().manual_seed(0))
    # A place on its own far from the ends has the same filling in a short cut-out.
    tokens[:, 2500] = V
    whole, part = (
        fill(CHAIN, tokens)[:, 2500],
        fill(CHAIN, tokens[:, 2400:2600])[:, 100],
    )
    torch.testing.assert_close(whole, part, rtol=0, atol=1e-12)
    assert 0 < float(whole.exp().min()) < 1


def test_what_is_impossible_leaves_a_hidden_place_uniform() -> None:
    silent = HiddenChain(rows([1.0])[0], rows([1.0]), rows([1.0, 0.0]))
    found = fill(silent, torch.tensor([[1, V], [0, V]])).exp()
    assert found[0].tolist() == [[0.0, 1.0], [0.5, 0.5]]
    assert found[1].tolist() == [[1.0, 0.0], [1.0, 0.0]]
