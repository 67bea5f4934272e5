"""Averages of weights: profiles against their definitions, synthesis against truth."""

import math

import pytest
import torch
from torch import Tensor, nn

from gendiff.training import (
    Average,
    Exponential,
    Power,
    Snapshot,
    profile_weights,
    synthesise,
)


def walk(length: int) -> Tensor:
    """Return a path of weights that no average could guess."""
    generator = torch.Generator().manual_seed(0)
    steps = torch.randn(length, 6, generator=generator, dtype=torch.float64)
    return steps.cumsum(0) / length**0.5


def network() -> nn.Module:
    return nn.Linear(5, 1).double()


def put(model: nn.Module, row: Tensor) -> None:
    nn.utils.vector_to_parameters(row.clone(), model.parameters())


def averaged(profile: Power | Exponential, path: Tensor) -> list[Tensor]:
    model = network()
    average, seen = Average(model), []
    for step, row in enumerate(path, start=1):
        put(model, row)
        average.update(model, profile(step))
        seen.append(nn.utils.parameters_to_vector(average.model.parameters()))
    return seen


def test_exponential_warms_up_and_then_is_constant() -> None:
    profile = Exponential(0.99)
    assert [profile(i) for i in (1, 2)] == [1 / 10, 2 / 11]  # (1 + i) / (10 + i)
    assert profile(890) == 890 / 899
    assert profile(10_000) == 0.99


def test_exponential_halves_a_weight_in_its_half_life() -> None:
    rate = 0.95
    path = torch.zeros(400, 6, dtype=torch.float64)
    path[:300] = 1.0
    seen = averaged(Exponential(rate), path)
    half = round(math.log(2) / -math.log(rate))
    assert float(seen[299 + half][0]) == pytest.approx(rate**half, rel=1e-9)


@pytest.mark.parametrize("std", [0.02, 0.05, 0.1, 0.25])
def test_power_has_its_width(std: float) -> None:
    n = 20_000
    weights = profile_weights(Power(std), n, n)
    place = (torch.arange(n, dtype=torch.float64) + 0.5) / n
    mean = (weights * place).sum()
    width = ((weights * (place - mean) ** 2).sum()).sqrt()
    assert float(weights.sum()) == pytest.approx(1)
    assert float(width) == pytest.approx(std, rel=1e-4)


def test_published_exponents() -> None:
    # Karras et al. (2024), table of section 3.1: widths 0.05 and 0.10.
    assert Power(0.05).exponent == pytest.approx(16.97, abs=0.01)
    assert Power(0.10).exponent == pytest.approx(6.94, abs=0.01)


@pytest.mark.parametrize("std", [0.05, 0.2])
def test_power_average_is_the_weighted_mean_of_the_path(std: float) -> None:
    path, profile = walk(200), Power(std)
    seen = averaged(profile, path)
    for step in (1, 2, 77, 200):
        weights = profile_weights(profile, step, 200)
        torch.testing.assert_close(
            seen[step - 1], weights @ path, rtol=1e-10, atol=1e-12
        )


def test_the_usual_warm_up_is_close_to_a_power_profile() -> None:
    # 1 - 9/(9 + i) against (1 - 1/i)^9, the profile of exponent 8.
    for i in (100, 1000):
        assert i / (9 + i) == pytest.approx((1 - 1 / i) ** 9, abs=60 / i**2)


def snapshots(path: Tensor, every: int) -> list[Snapshot]:
    stored: list[Snapshot] = []
    for profile in (Power(0.05), Power(0.1)):
        for step, row in enumerate(averaged(profile, path), start=1):
            if step % every == 0:
                stored.append(Snapshot(profile, step, {"w": row.detach()}))
    return stored


@pytest.mark.parametrize("std", [0.03, 0.07, 0.15, 0.2])
def test_synthesis_finds_an_average_that_was_not_kept(std: float) -> None:
    path = walk(640)
    wanted = Power(std)
    truth = averaged(wanted, path)[-1]
    found = synthesise(snapshots(path, 20), wanted, step=640)["w"]
    assert (found - truth).norm() < 0.01 * (truth - path[-1]).norm()


def test_synthesis_of_a_kept_average_is_that_average() -> None:
    path = walk(160)
    stored = snapshots(path, 20)
    found = synthesise(stored, Power(0.1), step=160)["w"]
    torch.testing.assert_close(found, stored[-1].weights["w"], rtol=1e-8, atol=1e-9)


def test_synthesis_at_an_earlier_step_ignores_the_future() -> None:
    path = walk(640)
    wanted = Power(0.07)
    truth = averaged(wanted, path)[319]
    found = synthesise(snapshots(path, 20), wanted, step=320)["w"]
    assert (found - truth).norm() < 0.02 * (truth - path[319]).norm()


def test_synthesis_refuses_what_it_was_not_given() -> None:
    with pytest.raises(ValueError, match="step 100 lies beyond"):
        synthesise([], Power(0.1), step=100)
    with pytest.raises(ValueError, match=r"beyond the snapshots, \[20\]"):
        synthesise(
            [Snapshot(Power(0.1), 20, {"w": torch.zeros(1)})], Power(0.1), step=21
        )


def test_parameters_are_averaged_and_buffers_copied() -> None:
    model = nn.BatchNorm1d(3)
    average = Average(model)
    with torch.no_grad():
        model.weight.fill_(3.0)
    model(torch.randn(8, 3, generator=torch.Generator().manual_seed(0)))
    average.update(model, 0.5)
    torch.testing.assert_close(average.model.weight, torch.full((3,), 2.0))
    assert torch.equal(average.model.running_mean, model.running_mean)
    assert int(average.model.num_batches_tracked) == 1


def test_a_buffer_that_was_replaced_is_copied() -> None:
    model = nn.BatchNorm1d(3)
    average = Average(model)
    average.update(model, 0.5)
    model.running_mean = torch.full((3,), 7.0)
    average.update(model, 0.5)
    assert torch.equal(average.model.running_mean, model.running_mean)


def test_the_average_is_ready_to_use_and_apart() -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.Dropout())
    average = Average(model)
    assert not average.model.training
    assert not any(p.requires_grad for p in average.model.parameters())
    assert all(p.requires_grad for p in model.parameters())
    average.update(model, 0.0)
    assert torch.equal(average.model[0].weight, model[0].weight)
    assert average.model[0].weight is not model[0].weight


def test_tied_weights_stay_tied_and_are_averaged_once() -> None:
    model = nn.ModuleList([nn.Linear(3, 3, bias=False), nn.Linear(3, 3, bias=False)])
    model[1].weight = model[0].weight
    average = Average(model)
    assert average.model[0].weight is average.model[1].weight
    start = model[0].weight.detach().clone()
    with torch.no_grad():
        model[0].weight.add_(1.0)
    average.update(model, 0.75)
    torch.testing.assert_close(average.model[0].weight, start + 0.25)


@pytest.mark.parametrize("rate", [-0.1, 1.0, math.nan])
def test_a_rate_out_of_range_is_refused(rate: float) -> None:
    with pytest.raises(ValueError, match="rate is"):
        Exponential(rate)


@pytest.mark.parametrize("std", [0.0, 0.29, math.nan])
def test_a_width_out_of_range_is_refused(std: float) -> None:
    with pytest.raises(ValueError, match="std is"):
        Power(std)
