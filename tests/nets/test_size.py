"""Parameters are counted, shared ones once, and without making them."""

import torch
from torch import nn

from gendiff.nets import count_parameters


def test_a_shared_layer_counts_once() -> None:
    layer = nn.Linear(3, 3)
    assert count_parameters(nn.Sequential(layer, nn.ReLU(), layer)) == 12


def test_nothing_need_be_filled() -> None:
    with torch.device("meta"):
        assert count_parameters(nn.Linear(10**6, 10**6, bias=False)) == 10**12
