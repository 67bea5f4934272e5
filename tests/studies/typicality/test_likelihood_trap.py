"""Texts in bins of their likelihood: weights, qualities, leads, and bootstraps."""

import math

import pytest
import torch

from gendiff.studies.typicality import likelihood_trap as traps
from gendiff.studies.typicality.likelihood_trap import CENTRES, STEP, Trap

G = torch.Generator().manual_seed(0)
LEARNT = torch.randn(5, 40, generator=G, dtype=torch.float64).log_softmax(1)
TRUTH = torch.randn(5, 40, generator=G, dtype=torch.float64).log_softmax(1)
WORTH = torch.rand(5, 40, generator=G, dtype=torch.float64)
FOUND = traps.trap(LEARNT, WORTH, TRUTH)


def test_all_texts_are_in_the_bins_with_their_weights() -> None:
    drawn = torch.zeros(5, 40, dtype=torch.float64)
    for power in (0.25, 0.5, 1.0, 2.0, 4.0, 8.0):
        weight = LEARNT.exp() ** power
        drawn += weight / weight.sum(1, keepdim=True) / 6
    assert torch.allclose(FOUND.mass.sum(1), torch.ones(5).double())
    assert torch.allclose(FOUND.worth.sum(1), (drawn * WORTH).sum(1))
    odds = (drawn * (TRUTH - drawn.log())).sum(1)
    assert torch.allclose(FOUND.origin.sum(1), odds)


def test_a_text_lies_in_the_bin_of_its_likelihood() -> None:
    p = torch.tensor([[0.7, 0.2, 0.1]], dtype=torch.float64)
    s = -p.log()
    entropy = float((p * s).sum())
    std = math.sqrt(float((p * (s - entropy) ** 2).sum()))
    found = traps.trap(p.log(), torch.eye(3).double()[:1], p.log())
    where = CENTRES[found.worth[0].nonzero()[:, 0]]  # only the likeliest is worth 1
    assert float(where) == pytest.approx((entropy - float(s[0, 0])) / std, abs=STEP / 2)
    assert float(where) > 0


def test_what_is_impossible_has_a_log_odds_too() -> None:
    truth = torch.tensor([[0.0, -torch.inf]], dtype=torch.float64)
    assert traps.without_impossible(truth).tolist() == [[0, -50]]
    learnt = torch.tensor([[0.5, 0.5]], dtype=torch.float64).log()
    learnt = learnt + torch.tensor([[1e-3, -1e-3]])
    odds = traps.trap(learnt.log_softmax(1), torch.ones(1, 2).double(), truth).origin
    assert float(odds.sum()) == pytest.approx(-25 + math.log(2), abs=0.1)


def hill(heights: list[float], shift: int = 0) -> Trap:
    """Return one sentence with these qualities in the middle bins, evenly weighted."""
    mass = torch.zeros(1, len(CENTRES), dtype=torch.float64)
    worth = mass.clone()
    first = len(CENTRES) // 2 - len(heights) // 2 + shift
    mass[0, first : first + len(heights)] = 1
    worth[0, first : first + len(heights)] = torch.tensor(heights).double()
    return Trap(mass, worth, -worth)


def test_the_best_bin_leads_the_two_ends() -> None:
    found = hill([0.1, 0.5, 0.2])
    draws = [torch.zeros(1, dtype=torch.int64)] * 3
    rise, drop = traps.leads(found, draws)
    assert (rise.value, drop.value) == pytest.approx((0.4, 0.3))
    assert (rise.error, drop.error, rise.of) == (0, 0, "sentences")
    assert float(found.best(found.worth)) == 0
    assert float(found.best(found.origin)) == -STEP
    assert found.kept.tolist() == [23, 24, 25]
    other = hill([0.3, 0.5, 0.1])
    rises, drops = traps.mean_leads([found, other], draws)
    assert (rises.value, drops.value) == pytest.approx((0.3, 0.35))
    assert (rises.error, drops.error) == pytest.approx((0.1, 0.05))


def test_a_bin_counts_only_with_a_hundredth_of_the_texts() -> None:
    found = hill([0.1, 0.5, 0.2])
    rare = Trap(found.mass.clone(), found.worth, found.origin)
    rare.mass[0, 24] = 0.019
    assert rare.kept.tolist() == [23, 25]
    rare.mass[0, 24] = 0.021
    assert rare.kept.tolist() == [23, 24, 25]


def test_the_bootstrap_goes_through_learners_in_turn() -> None:
    learners = [hill([0.1, 0.5, 0.2]), hill([0.1, 0.5, 0.2], shift=4)]
    draws = [torch.zeros(1, dtype=torch.int64)] * 4
    again = traps.best_again(learners, lambda trap: trap.worth, draws)
    assert again.tolist() == [0, 1, 0, 1]
    assert traps.interval(again) == pytest.approx((-STEP / 2, 1 + STEP / 2))


def test_errors_of_leads_are_over_sentences() -> None:
    a, b = hill([0.1, 0.5, 0.2]), hill([0.3, 0.5, 0.1])
    parts = ((a.mass, b.mass), (a.worth, b.worth), (a.origin, b.origin))
    both = Trap(*(torch.cat(part) for part in parts))
    draws = [torch.tensor([0, 0]), torch.tensor([1, 1])]
    rise, drop = traps.leads(both, draws)
    assert (rise.value, drop.value) == pytest.approx((0.3, 0.35))
    assert (rise.error, drop.error) == pytest.approx(
        (0.2 / math.sqrt(2), 0.1 / math.sqrt(2))
    )
