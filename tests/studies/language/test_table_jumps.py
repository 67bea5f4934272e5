"""Jumps of tokens on tables: against posteriors, draws and the limit of short steps."""

import pytest
import torch

from gendiff.discrete import joint
from gendiff.record import last
from gendiff.studies.language import table_noise
from gendiff.studies.language.table_jumps import (
    Blind,
    corrected,
    leapt,
    reversal,
    strength,
)
from gendiff.tokens import corruption, jumps
from gendiff.types import level

V, N = 2, 3
P = joint.random(N, V, torch.Generator().manual_seed(0))
MASKS, UNIFORM = corruption.absorbing(V), corruption.uniform(V)


def test_leaps_of_masks_are_ancestral_steps() -> None:
    found = leapt(P, MASKS, reversal(P, MASKS), 5)
    expected = table_noise.denoised(P, MASKS, table_noise.even(5))
    assert joint.total_variation(found, expected) < 1e-9


@pytest.mark.parametrize("generator", [MASKS, UNIFORM], ids=["masks", "uniform"])
def test_errors_vanish_with_or_without_a_corrector(generator: torch.Tensor) -> None:
    exact = reversal(P, generator)
    for most in (0.0, 0.5):
        off = [
            joint.total_variation(
                leapt(P, generator, corrected(exact, strength(most, calls)), calls), P
            )
            for calls in (16, 32, 64)
        ]
        assert off[1] / off[2] == pytest.approx(2.0, abs=0.2)


def test_jumps_that_ignore_the_rates_stay_wrong() -> None:
    exact = reversal(P, MASKS)
    mixed = leapt(P, MASKS, Blind(exact, strength(0.5, 64)), 64)
    assert joint.total_variation(mixed, P) > 0.05
    nothing = leapt(P, MASKS, Blind(exact, torch.zeros_like), 4)
    assert joint.total_variation(nothing, leapt(P, MASKS, exact, 4)) < 1e-12


def test_as_many_jumps_are_mixed_in_by_the_control() -> None:
    exact, churn = reversal(P, MASKS), strength(0.5, 8)
    states, rate = table_noise.states(V + 1, N), level(0.5)
    right = corrected(exact, churn)(states, rate) - exact(states, rate)
    blind = Blind(exact, churn)(states, rate) - exact(states, rate)
    assert (right.sum(-1) - blind.sum(-1)).abs().max() < 1e-12
    assert (right - blind).abs().max() > 0.1
    # Half-way the strength is the greatest, and a token is hidden at rate 1 / (1 - r).
    assert right[0, 0, V] == pytest.approx(0.5 * 2)


def test_tables_are_what_draws_tend_to() -> None:
    rates = corrected(reversal(P, MASKS), strength(0.5, 4))
    start = torch.full((40_000, N), V)
    rng = torch.Generator().manual_seed(1)
    x = last(jumps.leaping(rates, start, table_noise.even(4), rng))
    often = (x * torch.tensor([4, 2, 1])).sum(1).bincount(minlength=8).double()
    drawn = joint.normalised(often.reshape(2, 2, 2).log())
    assert joint.total_variation(leapt(P, MASKS, rates, 4), drawn) < 0.01


def test_the_last_step_corrupts_nothing() -> None:
    churn = strength(1.0, 10)
    assert float(churn(torch.tensor(0.1))) == 0
    assert float(churn(torch.tensor(0.5))) == pytest.approx(1.0)
