"""Samplers of masked tokens against exact distributions: by total variation."""

import itertools
from collections.abc import Callable, Iterator

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from gendiff.discrete import Joint, joint
from gendiff.record import last
from gendiff.tokens import masked, unmasking
from gendiff.types import Step

V, N, DRAWS = 2, 3, 20_000
NOISE = 0.012
"""Total variation of 20000 draws among 8 sequences: 0.0056 on average."""


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


P = joint.random(N, V, seeded(0))
ALONE = joint.independent(torch.tensor([[0.2, 0.8], [0.5, 0.5], [0.9, 0.1]]).double())
PAIR = joint.normalised(torch.tensor([[0.1, 0.2], [0.3, 0.4]]).double().log())


def hidden(places: int = N, draws: int = DRAWS) -> Tensor:
    return torch.full((draws, places), V)


def counted(x: Tensor) -> Joint:
    code = (x * V ** torch.arange(x.shape[1])).sum(1)
    often = code.bincount(minlength=V ** x.shape[1]).reshape([V] * x.shape[1])
    axes = tuple(reversed(range(x.shape[1])))
    return joint.normalised(often.permute(axes).double().log())


def distance(steps: Iterator[Step], truth: Joint) -> float:
    return joint.total_variation(counted(last(steps)), truth)


def grid(steps: int) -> list[float]:
    return [1 - j / steps for j in range(steps)] + [0.0]


def in_order(truth: Joint, counts: list[int]) -> Iterator[Step]:
    return unmasking.any_order(truth.fill, hidden(), V, counts, seeded(1))


def backward(truth: Joint, steps: int, forget: float = 0.0) -> Iterator[Step]:
    return unmasking.remasking(
        truth.fill, hidden(), V, grid(steps), seeded(1), forget=forget
    )


def written(truth: Joint, rates: list[float], forget: float) -> Joint:
    """Return the distribution of `remasking` by its Markov chain, on a table."""
    states = torch.cartesian_prod(*[torch.arange(V + 1)] * N)
    now = (states == V).all(1).double()
    logs = truth.fill(states).exp()
    for high, low in itertools.pairwise(rates):
        hide = min(forget, low / (1 - high)) if high < 1 else 0.0
        stay = (low - (1 - high) * hide) / high
        move = torch.ones(len(states), len(states), dtype=torch.float64)
        for place in range(N):
            seen = torch.eye(V + 1, dtype=torch.float64)[states[:, place]] * (1 - hide)
            seen[:, V] = hide
            fresh = torch.cat(
                [(1 - stay) * logs[:, place], torch.full((len(states), 1), stay)], 1
            )
            rows = torch.where((states[:, place] == V)[:, None], fresh, seen)
            move *= rows[:, states[:, place]]
        now = now @ move
    return joint.normalised(now.reshape([V + 1] * N)[:V, :V, :V].log())


def test_as_many_steps_as_places_are_exact_in_any_order() -> None:
    assert distance(in_order(P, [3, 2, 1, 0]), P) < NOISE


def test_fewer_steps_are_exact_only_for_independent_places() -> None:
    assert distance(in_order(ALONE, [3, 0]), ALONE) < NOISE
    assert distance(in_order(ALONE, [3, 1, 0]), ALONE) < NOISE
    marginals = joint.independent(torch.stack([P.marginal(i) for i in range(N)]))
    assert joint.total_variation(marginals, P) > 5 * NOISE
    assert distance(in_order(P, [3, 0]), marginals) < NOISE


def test_a_step_s_divergence_is_below_its_price() -> None:
    x = P.sample(20_000, seeded(2))
    prices = masked.prices(P.fill, x, V, seeded(3))
    for counts in ([3, 0], [3, 1, 0], [3, 2, 0]):
        found = counted(last(in_order(P, counts)))
        assert (
            joint.divergence(P, found)
            < masked.cost(prices, counts) - P.entropy() + 0.02
        )


@pytest.mark.parametrize(("steps", "forget"), [(1, 0.0), (2, 0.0), (3, 0.0), (3, 0.4)])
def test_rates_write_the_distribution_of_their_markov_chain(
    steps: int, forget: float
) -> None:
    expected = written(P, grid(steps), forget)
    assert distance(backward(P, steps, forget), expected) < NOISE


def test_rates_are_binomial_and_independent_places_exact() -> None:
    for forget in (0.0, 0.3, 1.0):
        for step in backward(ALONE, 4, forget):
            rate = float((step.x == V).double().mean())
            assert rate == pytest.approx(step.level, abs=0.01)
        assert distance(backward(ALONE, 4, forget), ALONE) < NOISE


def test_errors_vanish_with_more_steps_and_remasking_need_not_help() -> None:
    def error(steps: int, forget: float) -> float:
        return joint.total_variation(written(P, grid(steps), forget), P)

    # What is forgotten in the same step is written in the same step, as if independent.
    for forget in (0.0, 0.2):
        assert error(32, forget) < 0.7 * error(8, forget)
    assert error(32, 0.2) > 2 * error(32, 0.0)


def test_rewriting_one_place_leaves_the_distribution_as_it_is() -> None:
    x = P.sample(DRAWS, seeded(4))
    for seed in range(3):
        one = masked.hide(x, torch.ones(DRAWS).long(), V, seeded(seed))
        x = last(unmasking.any_order(P.fill, one, V, [1, 0], seeded(9 + seed)))
    assert joint.total_variation(counted(x), P) < NOISE


def test_confidence_samples_another_distribution() -> None:
    def of(noise: float, start: Tensor) -> Iterator[Step]:
        return unmasking.confident(
            PAIR.fill, start, V, [2, 1, 0], seeded(1), noise=noise
        )

    assert distance(of(0.0, hidden(2)), PAIR) == pytest.approx(0.21, abs=0.01)
    assert distance(of(torch.inf, hidden(2)), PAIR) < NOISE


def order_of_the_surest(truth: Joint) -> Joint:
    """Return the distribution of `surest`, one place a step, branch by branch."""
    found = torch.zeros([V] * truth.places, dtype=torch.float64)
    branches = [((V,) * truth.places, 1.0)]
    while branches:
        state, chance = branches.pop()
        if V not in state:
            found[state] += chance
            continue
        table = truth.fill(torch.tensor([state])).exp()[0]
        hidden = [i for i, token in enumerate(state) if token == V]
        place = max(hidden, key=lambda i: float(table[i].max()))
        branches += [
            ((*state[:place], a, *state[place + 1 :]), chance * float(table[place, a]))
            for a in range(V)
        ]
    return joint.normalised(found.log())


@pytest.mark.parametrize("seed", [0, 5])
def test_the_surest_place_is_exact_if_it_is_chosen_before_it_is_drawn(
    seed: int,
) -> None:
    truth = joint.random(N, V, seeded(seed))
    assert joint.total_variation(order_of_the_surest(truth), truth) < 1e-12
    steps = unmasking.surest(truth.fill, hidden(), V, [3, 2, 1, 0], seeded(1))
    assert distance(steps, truth) < NOISE
    drawn_first = unmasking.confident(
        truth.fill, hidden(), V, [3, 2, 1, 0], seeded(1), noise=0.0
    )
    assert distance(drawn_first, truth) > 5 * NOISE


def test_the_surest_place_is_the_one_whose_best_token_is_most_probable() -> None:
    first = next(unmasking.surest(ALONE.fill, hidden(), V, [3, 2, 1, 0], seeded(1)))
    # Places have best tokens of probability 0.8, 0.5 and 0.9.
    assert ((first.x == V) == torch.tensor([True, True, False])).all()
    walk = unmasking.surest(P.fill, hidden(), V, [3, 0], seeded(1))
    marginals = joint.independent(torch.stack([P.marginal(i) for i in range(N)]))
    assert distance(walk, marginals) < NOISE


SAMPLERS: list[Callable[[Tensor], Iterator[Step]]] = [
    lambda x: unmasking.any_order(P.fill, x, V, [2, 1, 0], seeded(0)),
    lambda x: unmasking.confident(P.fill, x, V, [2, 1, 0], seeded(0), noise=1.0),
    lambda x: unmasking.surest(P.fill, x, V, [2, 1, 0], seeded(0)),
    lambda x: unmasking.ancestral(P.fill, x, V, grid(3), seeded(0)),
    lambda x: unmasking.remasking(P.fill, x, V, grid(3), seeded(0), forget=1.0),
]


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_what_was_visible_stays(sampler: Callable[[Tensor], Iterator[Step]]) -> None:
    start = hidden(draws=500)
    start[:, 1] = torch.arange(500) % V
    given = start.clone()
    steps = list(sampler(start))
    assert all((step.x[:, 1] == given[:, 1]).all() for step in steps)
    assert (steps[-1].x < V).all()
    assert steps[-1].level == 0
    assert (start == given).all()


def test_errors_name_the_remedy() -> None:
    with pytest.raises(ValueError, match="number in every row"):
        list(in_order(P, [2, 0]))
    with pytest.raises(ValueError, match="noise is nan; give 0 or above"):
        list(
            unmasking.confident(
                P.fill, hidden(draws=1), V, [N, 0], seeded(0), noise=float("nan")
            )
        )
    for rates in ([1.0], [1.0, 0.5], [0.5, 0.0], [1.0, 1.0, 0.0]):
        with pytest.raises(ValueError, match="fall from 1 to 0"):
            list(unmasking.ancestral(P.fill, hidden(), V, rates, seeded(0)))
    with pytest.raises(ValueError, match="give a probability"):
        list(backward(P, 2, 1.5))
    with pytest.raises(ValueError, match="no place holds the mask, 2"):
        list(
            unmasking.ancestral(P.fill, torch.zeros(2, N).long(), V, grid(2), seeded(0))
        )


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_network_that_would_write_the_mask_is_refused(
    sampler: Callable[[Tensor], Iterator[Step]], monkeypatch: pytest.MonkeyPatch
) -> None:
    fill = Joint.fill

    def wide(truth: Joint, tokens: Tensor) -> Tensor:
        return functional.pad(fill(truth, tokens), (0, 1), value=logit)

    monkeypatch.setattr(Joint, "fill", wide)
    start = hidden(draws=5)
    start[:, 1] = 0
    logit = -torch.inf
    assert (last(sampler(start)) < V).all()
    logit = 3.0
    with pytest.raises(ValueError, match="a column for 2, the mask"):
        list(sampler(start))
