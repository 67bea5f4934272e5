"""What steps cost: operations by formula and by count, the rule, fair loops."""

import math
from itertools import count
from statistics import median

import pytest
import torch
from torch import Tensor

from gendiff.studies.language import by_hand, step_price
from gendiff.studies.language.step_price import Times
from gendiff.studies.perspectives.update_price import ticking

V, WIDTH, DEPTH, PLACES = 5, 16, 2, 12


@pytest.fixture(scope="module")
def model() -> step_price.Autoregressive:
    torch.manual_seed(0)
    return step_price.scattered(WIDTH, DEPTH, V)


def last_layer(tokens: int) -> int:
    return 2 * WIDTH * V * tokens


def test_formulas_are_what_is_counted(model: step_price.Autoregressive) -> None:
    x = torch.zeros(1, PLACES).long()
    found = step_price.operations(lambda: model(x))
    layers = DEPTH * step_price.full_pass(WIDTH, PLACES)
    assert found == layers + last_layer(PLACES)
    found = step_price.operations(lambda: step_price.write(model, 1, PLACES))
    layers = DEPTH * step_price.cached(WIDTH, PLACES)
    assert found == layers + last_layer(PLACES)
    found = step_price.operations(
        lambda: [model(x[:, :n]) for n in range(1, PLACES + 1)]
    )
    layers = DEPTH * step_price.uncached(WIDTH, PLACES)
    assert found == layers + last_layer(PLACES * (PLACES + 1) // 2)
    closed = 12 * 16**2 * 12 * 13 + 4 * 16 * 12 * 13 * 25 // 6
    assert step_price.uncached(16, 12) == closed


def test_the_loop_by_hand_writes_the_same(model: step_price.Autoregressive) -> None:
    ours = step_price.write(model, 3, PLACES)
    theirs = step_price.write_by_hand(model, 3, PLACES)
    assert torch.equal(ours, theirs)
    assert len(ours.unique()) > 2
    growing = by_hand.write(model, 3, PLACES, torch.Generator().manual_seed(0))
    for n, x in enumerate(growing, start=1):
        assert torch.equal(x, ours[:, :n])
    # Nothing of the network is left out: other weights write other tokens.
    for name, weight in model.named_parameters():
        kept = weight.clone()
        weight.add_(torch.linspace(-3, 3, weight.numel()).reshape(weight.shape))
        again = step_price.write_by_hand(model, 8, PLACES)
        assert torch.equal(again, step_price.write(model, 8, PLACES)), name
        weight.copy_(kept)


@pytest.mark.parametrize("balance", [3.0, 40.0, 700.0])
@pytest.mark.parametrize("batch", [1, 4, 64])
@pytest.mark.parametrize("places", [64, 512])
def test_the_rule_is_a_ratio_of_times_that_reading_and_computing_take(
    balance: float, batch: int, places: int
) -> None:
    width = 32
    operation = 0.1
    number = 2 * operation * balance  # so that weights are read while B are computed

    def call(numbers: float, operations: float) -> float:
        return number * numbers + operation * operations

    weights = 12 * width**2
    steps = sum(
        call(
            weights + batch * 2 * width * seen, batch * width * (24 * width + 4 * seen)
        )
        for seen in range(places)
    )
    full = call(weights, batch * step_price.full_pass(width, places))
    found = step_price.rule(balance, batch, places, width)
    assert found == pytest.approx(steps / full, rel=1 / places)


def test_the_rule_has_two_limits() -> None:
    wide = step_price.rule(200, 4, 1_000, 10**9)  # keys and values weigh nothing
    assert wide == pytest.approx(1_000 * 204 / 4_200)
    long = step_price.rule(200, 4, 10**9, 8)  # weights weigh nothing
    assert long == pytest.approx(201 / 2)


def test_rounds_are_timed_apart(model: step_price.Autoregressive) -> None:
    ticks = count()
    times = step_price.measure(
        model, {1: (2, 4), 3: (4,)}, rounds=3, clock=lambda: float(next(ticks))
    )
    # A look at the clock for every length that is written, and two around a pass.
    assert times.cached == {(1, 2): [1, 1, 1], (1, 4): [2, 2, 2], (3, 4): [1, 1, 1]}
    assert set(times.full) == {(1, 1), (1, 2), (1, 4), (3, 4)}
    assert all(spent == [1, 1, 1] for spent in times.full.values())


def test_ratios_of_times() -> None:
    times = Times({(2, 8): [6.0, 8.0]}, {(1, 1): [1.0, 3.0, 2.0], (2, 8): [2.0, 4.0]})
    assert times.break_even(2, 8) == [3.0, 2.0]
    assert times.balance((2, 8)) == pytest.approx(2 / 3 * 16)


def test_works_are_timed_in_turn() -> None:
    log: list[str] = []
    with ticking() as clock:
        found = step_price.over(
            lambda: log.append("a"), lambda: log.append("b"), rounds=2, clock=clock
        )
    assert log == ["a", "b", "a", "b"]
    assert found == [1, 1]
    ticks = iter([0.0, 6.0, 8.0])
    work: list[Tensor] = []
    once = step_price.over(
        work.clear, work.clear, rounds=1, clock=lambda: next(ticks)
    )  # fmt: skip
    assert median(once) == 3


def test_the_middle_of_rounds_has_an_error() -> None:
    found = step_price.middle([1.0, 2.0, 3.0, 4.0, 100.0])
    assert (found.value, found.n) == (3, 5)
    assert found.error == pytest.approx((math.pi / 10) ** 0.5 * 2 / 1.349)
    draws = torch.randn(2_000, 101, generator=torch.Generator().manual_seed(0))
    errors = [float(step_price.middle(x).error) for x in draws[:200].tolist()]
    assert sum(errors) / 200 == pytest.approx(float(draws.median(1)[0].std()), rel=0.1)
