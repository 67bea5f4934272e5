"""Samplers of masked tokens on tables: against hand counts, loops and draws."""

import itertools
import math

import pytest
import torch

from gendiff.discrete import Joint, joint
from gendiff.record import last
from gendiff.studies.language import table_writers
from gendiff.studies.language.table_writers import (
    anywhere,
    complete,
    distribution,
    hidden,
    hide,
    surest_draw,
    surest_place,
    write,
)
from gendiff.tokens import unmasking

V, N, DRAWS = 3, 3, 40_000


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


P = joint.random(N, V, seeded(0))
PAIR = joint.normalised(torch.tensor([[0.1, 0.2], [0.3, 0.4]]).double().log())
COIN = torch.tensor([0.5, 0.5]).double()
CHAIN = joint.chain(COIN, torch.tensor([[0.9, 0.1], [0.1, 0.9]]).double(), 4)


def counted(x: torch.Tensor, v: int) -> Joint:
    often = torch.zeros([v] * x.shape[1], dtype=torch.float64)
    often.index_put_(x.unbind(1), torch.ones(len(x)).double(), accumulate=True)
    return joint.normalised(often.log())


@pytest.mark.parametrize("score", [anywhere, surest_place])
@pytest.mark.parametrize("truth", [P, PAIR, CHAIN])
def test_one_place_at_a_time_is_exact_if_it_is_chosen_before_the_draw(
    truth: Joint, score: table_writers.Score
) -> None:
    counts = range(truth.places, -1, -1)
    found = distribution(truth.fill, truth.vocabulary, list(counts), score)
    assert joint.total_variation(found, truth) < 1e-12


def test_the_surer_of_two_draws_by_hand() -> None:
    """Draw both places from their marginals, keep the likelier, redraw the other."""
    p = PAIR.probability
    first, second = p.sum(1), p.sum(0)
    hand = torch.zeros(2, 2, dtype=torch.float64)
    for a, b in itertools.product(range(2), repeat=2):
        chance = first[a] * second[b]
        if first[a] > second[b]:
            hand[a] += chance * p[a] / first[a]
        else:
            hand[:, b] += chance * p[:, b] / second[b]
    found = distribution(PAIR.fill, 2, [2, 1, 0], surest_draw)
    assert found.probability.flatten().tolist() == pytest.approx(
        hand.flatten().tolist()
    )
    assert joint.total_variation(found, PAIR) == pytest.approx(0.21)


def test_all_at_once_is_the_product_of_marginals_whatever_the_score() -> None:
    marginals = torch.stack([P.marginal(i) for i in range(N)])
    for score in (anywhere, surest_draw):
        found = distribution(P.fill, V, [N, 0], score)
        expected = joint.independent(marginals)
        assert joint.total_variation(found, expected) < 1e-12


@pytest.mark.parametrize("counts", [[3, 2, 1, 0], [3, 1, 0]])
@pytest.mark.parametrize(
    ("score", "noise"), [(anywhere, math.inf), (surest_draw, 1e-6)]
)
@pytest.mark.parametrize("truth", [P, joint.chain(COIN, torch.eye(2) / 2 + 0.25, 3)])
def test_tables_are_what_draws_tend_to(
    truth: Joint, counts: list[int], score: table_writers.Score, noise: float
) -> None:
    # A little noise decides equal scores by chance.
    v = truth.vocabulary
    start = torch.full((DRAWS, N), v)
    steps = unmasking.confident(truth.fill, start, v, counts, seeded(1), noise=noise)
    found = distribution(truth.fill, v, counts, score)
    # On average 27 frequencies of 40000 draws are 0.0097 off in total variation.
    assert joint.total_variation(counted(last(steps), v), found) < 0.016


def test_hiding_one_place_and_writing_it_moves_towards_the_table() -> None:
    """A step of Gibbs sampling, whose matrix is built here by loops."""
    start = distribution(P.fill, V, [N, 0])
    hand = torch.zeros_like(start.probability)
    for x in itertools.product(range(V), repeat=N):
        for i in range(N):
            rest = tuple(slice(None) if j == i else x[j] for j in range(N))
            given = P.probability[rest] / P.probability[rest].sum()
            hand[rest] += start.probability[x] / N * given
    table = torch.zeros([V + 1] * N, dtype=torch.float64)
    table[:V, :V, :V] = start.probability
    once = complete(write(hide(table, 1), P.fill, 0))
    assert (once.probability - hand).abs().max() < 1e-12
    before = joint.divergence(P, start)
    assert joint.divergence(P, once) < before
    table[:V, :V, :V] = P.probability
    kept = complete(write(hide(table, 1), P.fill, 0))
    assert joint.total_variation(kept, P) < 1e-12


def test_what_is_hidden_is_forgotten_evenly() -> None:
    table = hidden(V, N)
    for after in (2, 1, 0):
        table = write(table, P.fill, after)
    again = hide(table, 2)
    assert float(again.sum()) == pytest.approx(1.0)
    # Two of three places are hidden: the third is any of them, by its marginal.
    assert again[0, V, V] == pytest.approx(float(P.marginal(0)[0]) / 3)
    assert again[V, V, 1] == pytest.approx(float(P.marginal(2)[1]) / 3)


def test_errors_name_the_remedy() -> None:
    table = hidden(V, N)
    with pytest.raises(ValueError, match="give a table of one number"):
        write(table, P.fill, 3)
    with pytest.raises(ValueError, match="give a table of one number"):
        write((table + write(table, P.fill, 1)) / 2, P.fill, 0)
    with pytest.raises(ValueError, match="at most that"):
        hide(table, 1)
    with pytest.raises(ValueError, match="write on"):
        complete(table)
    with pytest.raises(ValueError, match="fall to 0"):
        distribution(P.fill, V, [3, 1])
