"""Health and budget: what is checked when, and which fraction of a run is used."""

import math

import pytest
import torch
from accelerate import Accelerator
from torch import Tensor

from gendiff.training import Plan, processes
from gendiff.training.health import check_finite

HOST = Accelerator(cpu=True)


def numbers(*values: float) -> list[tuple[int, Tensor]]:
    return [(step, torch.tensor(value)) for step, value in enumerate(values)]


def test_the_last_step_waits_when_it_may() -> None:
    unchecked = numbers(1.0, 2.0, math.nan)
    check_finite(unchecked, keep=1)
    assert [step for step, _ in unchecked] == [2]
    with pytest.raises(ValueError, match="not finite at step 2 "):
        check_finite(unchecked)
    assert unchecked == []


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_the_first_step_that_is_not_finite_is_named(value: float) -> None:
    with pytest.raises(ValueError, match="not finite at step 1 "):
        check_finite(numbers(0.0, value, math.nan))


def test_the_fraction_used_is_of_the_one_budget() -> None:
    assert Plan(steps=8).used(2, 1e9) == 0.25
    assert Plan(seconds=8.0).used(10**9, 2.0) == 0.25
    assert Plan(seconds=8.0).used(1, 10.0) == 1.25


def test_the_middle_of_a_step_is_known_where_steps_are_counted() -> None:
    middles = [Plan(steps=4).middle(step, 1e9) for step in range(4)]
    assert middles == [0.125, 0.375, 0.625, 0.875]
    assert Plan(seconds=4.0).middle(7, 1.2) == 0.3
    assert Plan(seconds=4.0).middle(7, 4.1) == 1


def test_one_process_agrees_with_itself() -> None:
    assert processes.agreed(1.5, HOST) == 1.5
