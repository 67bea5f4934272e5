"""Tests of what two calls lose."""

import pytest
import torch

from gendiff.discrete import joint
from gendiff.studies.language import two_calls
from gendiff.studies.language.table_writers import distribution

STAYS = torch.tensor([[0.9, 0.1], [0.1, 0.9]]).double()
HALF = torch.tensor([0.5, 0.5]).double()


@pytest.mark.parametrize("first", [1, 2, 4])
def test_two_calls_lose_what_the_listed_sampler_loses(first: int) -> None:
    """Another way to the same number: all states of all places are listed."""
    chain = joint.chain(HALF, STAYS, 6)
    listed = distribution(chain.fill, 2, [6, 6 - first, 0])
    lost = two_calls.lost(6, 0.9, [first])[first]
    assert lost == pytest.approx(joint.divergence(chain, listed), rel=1e-6)


def test_the_chain_is_the_chain() -> None:
    """Its probabilities are those of the table, in the order of its digits."""
    table = joint.chain(HALF, STAYS, 5).probability
    digits = (torch.arange(32)[:, None] >> torch.arange(5)) & 1
    found = two_calls.chain(5, 0.9).exp()
    torch.testing.assert_close(found, table[digits.unbind(1)])


def test_a_first_call_that_writes_all_is_refused() -> None:
    """Then there is no second."""
    with pytest.raises(ValueError, match="give 1 to 3"):
        two_calls.lost(4, 0.9, [4])
