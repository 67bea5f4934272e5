"""The longest chain of activations in a graph."""

import pytest
import torch
from torch import nn

from gendiff.nets import MLP
from gendiff.studies.perspectives.graph_depth import longest_chain


@pytest.mark.parametrize("depth", [1, 3])
def test_counts_the_layers_of_a_network(depth: int) -> None:
    net, x = MLP(2, 8, depth), torch.zeros(3, 2)
    # One in the embedding of the level, one before each residual layer, one at the end.
    assert longest_chain(net(x, torch.zeros(3))) == depth + 2


def test_a_recurrence_is_as_deep_as_its_layers_times_its_steps() -> None:
    layer, x = nn.Sequential(nn.Linear(4, 4), nn.Tanh()), torch.zeros(1, 4)
    for _ in range(2_000):  # deeper than Python's stack
        x = layer(x)
    assert longest_chain(x) == 2_000


def test_what_stands_side_by_side_is_no_deeper() -> None:
    layer, x = nn.Sequential(nn.Linear(4, 4), nn.SiLU()), torch.zeros(1, 4)
    assert longest_chain(sum((layer(x) for _ in range(9)), x)) == 1


def test_the_longer_of_two_ways_counts() -> None:
    x = torch.zeros(1, requires_grad=True)
    assert longest_chain(x.tanh() + x.tanh().relu().sigmoid()) == 3


def test_without_a_graph_there_is_nothing_to_count() -> None:
    with torch.no_grad(), pytest.raises(ValueError, match="no graph"):
        longest_chain(nn.Linear(2, 2)(torch.zeros(1, 2)))
