"""Stacked denoising autoencoders."""

import pytest
import torch
from torch import nn

from gendiff.families import stacked
from gendiff.families.autoencoders import Masking


def test_greedy_visits_the_hidden_layers_with_what_lies_below() -> None:
    net = stacked.deep_sigmoid([6, 5, 4, 3])
    visits = list(stacked.greedy(net))
    assert [len(below) for below, _ in visits] == [0, 2]
    assert [tied.layer for _, tied in visits] == [net[0], net[2]]
    x = torch.rand(2, 6)
    below, tied = visits[1]
    torch.testing.assert_close(below(x), net[0](x).sigmoid())
    expected = net[2](below(x)).sigmoid() @ net[2].weight + tied.bias
    torch.testing.assert_close(tied(below(x)), expected)


def test_pretraining_lowers_each_layer_s_loss_and_changes_the_net_in_place() -> None:
    torch.manual_seed(0)
    generator = torch.Generator().manual_seed(0)
    x = (torch.rand(64, 4, generator=generator) > 0.5).float().repeat(1, 3)
    net = stacked.deep_sigmoid([12, 8, 8, 2])
    before = [p.clone() for p in net.parameters()]
    curves = stacked.pretrain(
        net, x, generator, corrupt=Masking(0.2), steps=200, size=32, rate=0.2
    )
    assert [len(curve) for curve in curves] == [200, 200]
    for curve in curves:
        assert sum(curve[-20:]) < sum(curve[:20])
    moved = [
        bool((p != q).any()) for p, q in zip(before, net.parameters(), strict=True)
    ]
    assert moved == [True] * 4 + [False] * 2  # the classifier on top is not pretrained
    with pytest.raises(ValueError, match=r"scale them to \[0, 1\]"):
        stacked.pretrain(
            net, 2 * x, generator, corrupt=Masking(0.2), steps=1, size=4, rate=1.0
        )


def test_plain_descent_is_theta_minus_rate_times_gradient() -> None:
    net = nn.Linear(3, 2)
    x, label = torch.randn(1, 3), torch.tensor([1])
    value = stacked.classification(net, (x, label), torch.Generator()).mean()
    (slope,) = torch.autograd.grad(value, net.weight)
    expected = net.weight.detach() - 0.5 * slope
    losses = stacked.descend(
        net, stacked.classification, (x, label), torch.Generator(), steps=1, size=4,
        rate=0.5,
    )  # fmt: skip
    assert list(losses) == [pytest.approx(value.item())]
    torch.testing.assert_close(net.weight.detach(), expected)
