"""One network, or several that share nothing."""

import math

import pytest
import torch

from gendiff.data import ring
from gendiff.nets.size import count_parameters
from gendiff.studies.perspectives import splits
from gendiff.types import level

X = torch.randn(6, 2, generator=torch.Generator().manual_seed(0))


def test_all_have_as_many_parameters_or_a_few_less() -> None:
    whole = count_parameters(splits.shared(48, 0.5))
    for net in (
        splits.parted(48, 0.5, 0.3),
        splits.parted(48, 0.5, 0.3, 0.7),
        splits.by_chance(48, 0.5),
        splits.overlapping(48, 0.5, 0.3),
    ):
        assert 0.9 * whole < count_parameters(net) <= whole


@pytest.mark.parametrize(("sigma", "changed"), [(0.29, 0), (0.31, 1)])
def test_the_edge_is_a_noise_level(sigma: float, changed: int) -> None:
    net = splits.parted(24, 0.5, 0.3)
    before = net(X, level(sigma)).detach()
    for k, part in enumerate(net.net.nets):
        kept = part.last.bias.detach().clone()
        part.last.bias.data += 1.0
        assert torch.equal(net(X, level(sigma)), before) == (k != changed)
        part.last.bias.data = kept


def test_by_chance_each_has_every_other_row() -> None:
    net = splits.by_chance(24, 0.5)
    for part in net.net.nets:
        torch.nn.init.normal_(part.last.weight)
    before = net(X, level(0.3)).detach()
    net.net.nets[1].last.bias.data += 1.0
    moved = (net(X, level(0.3)) - before).abs().sum(1) > 0
    assert moved.tolist() == [False, True] * 3
    noise, both = torch.zeros(6), net.net(X, torch.zeros(6))
    for k, part in enumerate(net.net.nets):
        torch.testing.assert_close(both[k::2], part(X, noise)[k::2])


def test_ranges_overlap_in_training_and_only_then() -> None:
    net = splits.overlapping(24, 0.5, 0.3)
    net.net.nets[1].last.bias.data += 1.0
    x = torch.zeros(2_000, 2)

    def high(sigma: float) -> float:
        torch.manual_seed(0)
        moved = net(x, torch.full((len(x),), sigma)).abs().sum(1) > 1e-6
        return float(moved.double().mean())

    within = [0.3 / 1.4, 0.3, 0.3 * 1.4]
    seen = [high(sigma) for sigma in (0.3 / 1.6, *within, 0.3 * 1.6)]
    assert seen[0] == 0
    assert seen[-1] == 1
    # The border's logarithm is even over its range, log 1.5 on either side.
    expected = [(math.log(s / 0.3) / math.log(1.5) + 1) / 2 for s in within]
    assert seen[1:-1] == pytest.approx(expected, abs=0.04)
    net.eval()
    assert [high(0.29), high(0.31)] == [0, 1]


def test_the_excess_over_another_is_that_of_the_same_points() -> None:
    other = torch.rand(3, 50, generator=torch.Generator().manual_seed(1)) + 1
    found = splits.over(2 * other, other)
    assert found.value == pytest.approx(2)
    assert found.error == pytest.approx(0, abs=1e-6)
    mixed = torch.ones(2, 40)
    uneven = torch.tensor([[1.0], [3.0]]) * mixed
    assert splits.over(uneven, mixed).value == 2
    parts = splits.halves(uneven, torch.tensor([[1.0], [2.0]]) * mixed)
    assert [parts[half].value for half in ("low", "high")] == [1, 1.5]


def test_the_exact_denoiser_has_no_excess() -> None:
    data, eps = ring(), X.double()
    assert torch.equal(
        splits.excess(data, data, eps, eps, [0.1, 1.0]), torch.zeros(2, 6).double()
    )

    def off(x: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
        return data(x, sigma) + 0.1

    found = splits.excess(off, data, eps, eps, [0.1, 1.0])
    torch.testing.assert_close(found[:, 0], torch.tensor([2.0, 0.02]).double())


def test_a_network_of_no_parameters_is_refused() -> None:
    with pytest.raises(ValueError, match="make no network"):
        splits.largest(3)
