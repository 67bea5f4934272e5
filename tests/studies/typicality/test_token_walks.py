"""Walks are as surprising on average as their chain's entropy says."""

import pytest
import torch

from gendiff.discrete import chain_by_types
from gendiff.estimate import mean
from gendiff.studies.typicality import token_walks


def test_surprisals_have_the_distribution_of_the_chain() -> None:
    start = torch.tensor([0.75, 0.25], dtype=torch.float64)
    move = torch.tensor([[0.9, 0.1], [0.3, 0.7]], dtype=torch.float64)
    generator = torch.Generator().manual_seed(0)
    found = token_walks.surprisals(start, move, 6, 20_000, generator)
    distribution = chain_by_types(start, move, 6)
    seen = mean(found, "walks")
    assert abs(seen.value - distribution.entropy) < 4 * float(seen.error)
    assert float(found.std()) == pytest.approx(distribution.std, rel=0.03)
    assert float(found.min()) == pytest.approx(distribution.least)
