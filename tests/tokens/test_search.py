"""Searches against going through all sequences."""

import itertools
from functools import partial

import numpy as np
import pytest
import torch
from torch import Tensor

from gendiff.discrete import Joint, joint
from gendiff.metrics import edit_distance
from gendiff.record import last
from gendiff.tokens import empty, sample, uncached
from gendiff.tokens.decoding import top_k
from gendiff.tokens.search import (
    beam,
    expected_utility,
    greedy,
    minimum_bayes_risk,
    search,
    stopping,
)

V, N = 3, 4
NOTHING = empty(1)[0]
EVERY = torch.tensor(list(itertools.product(range(V), repeat=N)))


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def similarity(x: Tensor, y: Tensor) -> Tensor:
    return 1 - edit_distance(x, y).double() / x.shape[1]


def equal(x: Tensor, y: Tensor) -> Tensor:
    return (x[:, None] == y).all(2).double()


def by_hand(distribution: Joint, width: int) -> list[tuple[int, ...]]:
    """Search with sums over a table for the probabilities of prefixes."""
    table, kept = distribution.probability.numpy(), [()]
    for _ in range(distribution.places):
        longer = [(*prefix, token) for prefix in kept for token in range(V)]
        kept = sorted(longer, key=lambda x: -table[x].sum())[:width]
    return kept


@pytest.mark.parametrize("width", [1, 2, 5, 9, 26, 30])
@pytest.mark.parametrize("seed", range(4))
def test_beam_by_hand(seed: int, width: int) -> None:
    distribution = joint.random(N, V, seeded(seed))
    found = search(uncached(distribution.next_logits), NOTHING, N, width=width)
    assert found.tokens.tolist() == [list(x) for x in by_hand(distribution, width)]
    wanted = distribution.log_probability[found.tokens.unbind(1)]
    torch.testing.assert_close(found.log_probability, wanted)


def test_a_beam_of_everything_ranks_everything() -> None:
    distribution = joint.random(N, V, seeded(0))
    found = search(uncached(distribution.next_logits), NOTHING, N, width=V**N)
    ranked = distribution.log_probability.flatten().sort(descending=True)
    torch.testing.assert_close(found.log_probability, ranked.values)
    assert torch.equal(found.tokens, EVERY[ranked.indices])
    widths = [
        len(step.tokens)
        for step in beam(uncached(distribution.next_logits), NOTHING, N, width=10)
    ]
    assert widths == [3, 9, 10, 10]


def test_all_prefixes_are_enough_to_find_the_mode() -> None:
    for seed in range(30):
        distribution = joint.random(N, V, seeded(seed))
        best = EVERY[distribution.log_probability.argmax()]
        assert torch.equal(
            search(
                uncached(distribution.next_logits), NOTHING, N, width=V ** (N - 1)
            ).tokens[0],
            best,
        )


def test_greedy_takes_the_first_of_the_shapes() -> None:
    distribution = uncached(joint.random(N, V, seeded(5)).next_logits)
    prompts = torch.arange(V)[:, None]
    x = last(sample(distribution, prompts, N - 1, seeded(1), shape=partial(top_k, k=1)))
    for prompt, wanted in zip(prompts, x, strict=True):
        assert torch.equal(greedy(distribution, prompt, N - 1).tokens[0], wanted)


def test_greedy_misses_a_mode_that_begins_badly() -> None:
    distribution = Joint(
        torch.tensor([[0.3, 0.3], [0.4, 0.0]], dtype=torch.float64).log()
    )
    assert greedy(uncached(distribution.next_logits), NOTHING, 2).tokens.tolist() == [
        [0, 0]
    ]
    assert search(
        uncached(distribution.next_logits), NOTHING, 2, width=2
    ).tokens.tolist() == [
        [1, 0],
        [0, 0],
    ]


def test_what_is_impossible_is_never_kept() -> None:
    distribution = Joint(torch.tensor([[0.5, 0.0], [0.0, 0.5]]).double().log())
    found = search(uncached(distribution.next_logits), NOTHING, 2, width=4)
    assert found.tokens.tolist() == [[0, 0], [1, 1]]


def test_after_the_end_there_is_the_end() -> None:
    # Each token is the end with probability 0.3: no text is likelier than the empty.
    def next_logits(x: Tensor) -> Tensor:
        return torch.tensor([0.3, 0.3, 0.4]).log().expand(len(x), -1)

    found = search(stopping(uncached(next_logits), end=0), NOTHING, 3, width=27)
    length = (found.tokens != 0).long().cumprod(1).sum(1)
    assert ((found.tokens != 0).sum(1) == length).all()
    assert len(found.tokens) == 1 + 2 + 4 + 8
    assert float(found.log_probability.exp().sum()) == pytest.approx(1)
    assert found.tokens[0].tolist() == [0, 0, 0]
    # ... which a greedy search passes by.
    assert greedy(
        stopping(uncached(next_logits), end=0), NOTHING, 3
    ).tokens.tolist() == [[2, 2, 2]]


@pytest.mark.parametrize("seed", range(4))
def test_bayes_risk_by_hand(seed: int) -> None:
    distribution = joint.random(N, V, seeded(seed))
    p = distribution.probability.numpy()
    worth = [
        sum(
            p[tuple(x.tolist())] * (1 - levenshtein(c.tolist(), x.tolist()) / N)
            for x in EVERY[::3]
        )
        for c in EVERY[:5]
    ]
    weight = distribution.probability.flatten()[::3]
    got = expected_utility(EVERY[:5], EVERY[::3], utility=similarity, weight=weight)
    np.testing.assert_allclose(got * weight.sum(), worth, rtol=1e-12)
    chosen = minimum_bayes_risk(
        EVERY[:5], EVERY[::3], utility=similarity, weight=weight
    )
    assert torch.equal(chosen, EVERY[int(np.argmax(worth))])


def test_all_or_nothing_asks_for_the_mode() -> None:
    distribution = joint.random(N, V, seeded(3))
    chosen = minimum_bayes_risk(
        EVERY, EVERY, utility=equal, weight=distribution.probability.flatten()
    )
    assert torch.equal(chosen, EVERY[distribution.log_probability.argmax()])


def test_company_beats_probability() -> None:
    # The mode stands alone; the other sequences are alike, and together likelier.
    p = torch.zeros(2, 2, 2, dtype=torch.float64)
    p[0, 0, 0], p[1, 1, 1], p[1, 1, 0], p[1, 0, 1] = 0.4, 0.25, 0.2, 0.15
    every = torch.tensor(list(itertools.product(range(2), repeat=3)))
    chosen = minimum_bayes_risk(every, every, utility=similarity, weight=p.flatten())
    assert chosen.tolist() != [0, 0, 0]
    worth = expected_utility(every, every, utility=similarity, weight=p.flatten())
    assert float(worth.max()) > float(worth[0])


def test_samples_estimate_the_exact_average() -> None:
    distribution = joint.random(N, V, seeded(4))
    n = 4_000
    drawn = distribution.sample(n, seeded(0))
    exact = expected_utility(
        EVERY, EVERY, utility=similarity, weight=distribution.probability.flatten()
    )
    error = similarity(EVERY, drawn).std(1) / n**0.5
    z = (expected_utility(EVERY, drawn, utility=similarity) - exact) / error
    assert float(z.abs().max()) < 4.5


def levenshtein(x: list[int], y: list[int]) -> int:
    if not x or not y:
        return len(x) + len(y)
    return min(
        levenshtein(x[1:], y[1:]) + (x[0] != y[0]),
        levenshtein(x[1:], y) + 1,
        levenshtein(x, y[1:]) + 1,
    )


def test_user_errors_name_the_remedy() -> None:
    distribution = joint.random(2, 2, seeded(0))
    with pytest.raises(ValueError, match="width is 0"):
        search(uncached(distribution.next_logits), NOTHING, 2, width=0)
    with pytest.raises(ValueError, match="length is 0"):
        greedy(uncached(distribution.next_logits), NOTHING, 0)
    with pytest.raises(ValueError, match="at least one truth"):
        expected_utility(EVERY, EVERY[:0], utility=equal)
