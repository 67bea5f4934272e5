"""The longest chain of activations in a graph."""

import pytest
import torch
from torch import nn

from gendiff.nets import MLP
from gendiff.precondition import Preconditioned
from gendiff.studies.perspectives import graph_depth
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


def test_a_sampler_multiplies_and_noise_adds_no_layer() -> None:
    net, noise = Preconditioned(MLP(2, 8, 3), data_std=0.5), torch.ones(1, 2)
    generator = torch.Generator().manual_seed(0)
    for calls in (1, 6):
        for eta in (0.0, 1.0):
            found = graph_depth.of_sampler(net, noise, calls, generator, eta=eta)
            assert found == 4 * calls + 1  # the level's embedding counts once
    assert graph_depth.side_by_side(net, noise, 6) == 5


def test_noise_in_its_state_makes_an_lstm_no_deeper() -> None:
    generator = torch.Generator().manual_seed(0)
    still, noisy = (
        [graph_depth.of_lstm(n, generator, noise=noise) for n in (1, 2, 10)]
        for noise in (0.0, 0.5)
    )
    assert still == noisy
    assert still[1] - still[0] == (still[2] - still[0]) / 9 > 0


def test_without_a_graph_there_is_nothing_to_count() -> None:
    with torch.no_grad(), pytest.raises(ValueError, match="no graph"):
        longest_chain(nn.Linear(2, 2)(torch.zeros(1, 2)))
