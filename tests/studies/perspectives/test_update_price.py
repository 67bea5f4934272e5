"""Bytes, operations and times of an update."""

import torch
from torch import nn

from gendiff.exact import Isotropic
from gendiff.nets import MLP
from gendiff.precondition import Preconditioned
from gendiff.sampling import sample
from gendiff.studies.perspectives.update_price import (
    Checkpointed,
    Price,
    counted,
    price,
    ratios,
    timed,
)
from gendiff.types import Denoiser

X = torch.randn(64, 2, generator=torch.Generator().manual_seed(0))
GAUSSIAN = Isotropic(torch.zeros(()), 1.0)


def through(net: Preconditioned, denoise: Denoiser, calls: int) -> Price:
    """Return the price of an update through a sampler."""

    def loss() -> torch.Tensor:
        *_, end = sample(
            denoise, X, gaussian=Isotropic(torch.zeros(()), 1.0), evaluations=calls
        )
        return end.x.square().mean()

    return price(net, loss)


def test_counts_two_linear_layers_by_hand() -> None:
    first, second = nn.Linear(5, 7, bias=False), nn.Linear(7, 3, bias=False)
    net, x = nn.Sequential(first, second), torch.randn(11, 5)
    found = price(net, lambda: net(x).square().sum())
    # What goes in, between and out; the second weights are used, but there anyway.
    assert found.kept == 4 * 11 * (5 + 7 + 3)
    forward, weights, back = 11 * (5 * 7 + 7 * 3), 11 * (5 * 7 + 7 * 3), 11 * 7 * 3
    assert found.operations == 2 * (forward + weights + back)
    assert first.weight.grad is None


def test_what_is_kept_grows_with_the_steps_and_less_with_checkpoints() -> None:
    net = Preconditioned(MLP(2, 32, 3), data_std=1.0)
    few, many = through(net, net, 4), through(net, net, 16)
    assert 3.5 < many.kept / few.kept < 4.5
    assert 3.5 < many.operations / few.operations < 4.5
    again = through(net, Checkpointed(net), 16)
    assert again.kept < many.kept / 8
    # Forward once more: 4 passes in the place of 3, less what needs no gradient.
    assert 1.2 < again.operations / many.operations < 1.45


def test_operations_are_a_clock_that_repeats() -> None:
    net, x = nn.Linear(5, 7, bias=False), torch.randn(11, 5)
    with counted() as clock:
        found = ratios(
            {"forward": lambda: net(x), "both": lambda: net(x).sum().backward()},
            over="forward", rounds=2, repeats=3, clock=clock,
        )  # fmt: skip
    assert found == {"forward": [1.0, 1.0], "both": [2.0, 2.0]}


def test_a_clock_of_seconds_tells_long_from_short() -> None:
    with timed() as clock:
        found = ratios(
            {"short": lambda: sum(range(3_000)), "long": lambda: sum(range(60_000))},
            over="short", rounds=1, repeats=5, clock=clock,
        )  # fmt: skip
    assert found["long"][0] > 3
