"""Exact joints: against brute force over all sequences."""

import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import given as each, strategies as st
from torch import Tensor

from gendiff.discrete import Joint, joint

V, N = 3, 4
DISTRIBUTION = joint.random(N, V, torch.Generator().manual_seed(0))
EVERY = torch.tensor(list(itertools.product(range(V), repeat=N)))


def by_hand(prefix: tuple[int, ...]) -> np.ndarray:
    """Return `p(x_i | prefix)` by adding up sequences."""
    share = np.zeros(V)
    for x in itertools.product(range(V), repeat=N):
        if x[: len(prefix)] == prefix:
            share[x[len(prefix)]] += float(DISTRIBUTION.probability[x])
    return share / share.sum()


def test_conditionals_are_ratios_of_sums() -> None:
    for place in range(N):
        for prefix in itertools.product(range(V), repeat=place):
            distribution = DISTRIBUTION.conditional(place)[prefix].exp()
            np.testing.assert_allclose(distribution, by_hand(prefix), atol=1e-14)


def test_called_like_a_causal_network() -> None:
    logits = DISTRIBUTION(EVERY)
    assert logits.shape == (V**N, N, V)
    scored = logits.gather(2, EVERY[..., None]).sum((1, 2))
    torch.testing.assert_close(scored, DISTRIBUTION.log_probability.flatten())
    assert DISTRIBUTION(EVERY[:, :2]).shape == (V**N, 2, V)
    torch.testing.assert_close(DISTRIBUTION.next_logits(EVERY[:, :2]), logits[:, 2])


def test_blanks_are_filled_from_both_sides() -> None:
    tokens = torch.tensor([[0, V, 2, V], [V, V, V, V], [2, 1, 0, V], [0, 1, 2, 0]])
    filled = DISTRIBUTION.fill(tokens).exp()
    for row, distribution in zip(tokens.tolist(), filled, strict=True):
        wanted = np.zeros((N, V))
        for x in itertools.product(range(V), repeat=N):
            if all(t in (V, a) for t, a in zip(row, x, strict=True)):
                for place, token in enumerate(x):
                    wanted[place, token] += float(DISTRIBUTION.probability[x])
        wanted /= wanted.sum(1, keepdims=True)
        np.testing.assert_allclose(distribution, wanted, atol=1e-14)


def test_marginals_and_entropy() -> None:
    table = DISTRIBUTION.probability.numpy()
    np.testing.assert_allclose(
        DISTRIBUTION.marginal(2), table.sum((0, 1, 3)), atol=1e-14
    )
    assert DISTRIBUTION.entropy() == pytest.approx(-(table * np.log(table)).sum())
    assert joint.independent(torch.full((5, 2), 0.5)).entropy() == pytest.approx(
        5 * math.log(2)
    )
    single = joint.independent(torch.tensor([[0.2, 0.8]]))
    torch.testing.assert_close(single.marginal(0), torch.tensor([0.2, 0.8]).double())


def test_a_chain_multiplies_transitions() -> None:
    first = torch.tensor([0.2, 0.8])
    step = torch.tensor([[0.9, 0.1], [0.4, 0.6]])
    distribution = joint.chain(first, step, 3)
    assert distribution.probability[1, 0, 1] == pytest.approx(0.8 * 0.4 * 0.1, rel=1e-6)
    torch.testing.assert_close(
        distribution.conditional(2).exp(),
        step.double().expand(2, 2, 2),
        rtol=1e-6,
        atol=0,
    )
    assert joint.chain(first, step, 1).places == 1
    with pytest.raises(ValueError, match="0 places"):
        joint.chain(first, step, 0)


def test_the_chain_rule_puts_a_distribution_together_again() -> None:
    tables = [
        DISTRIBUTION.conditional(i) + 3.0 for i in range(N)
    ]  # constants do not matter
    again = joint.from_conditionals(tables)
    torch.testing.assert_close(again.log_probability, DISTRIBUTION.log_probability)


@each(power=st.floats(0.0, 8.0), seed=st.integers(0, 99))
def test_tempering_by_brute_force(power: float, seed: int) -> None:
    distribution = joint.random(3, 2, torch.Generator().manual_seed(seed))
    p = distribution.probability.numpy()
    whole = p**power / (p**power).sum()
    np.testing.assert_allclose(joint.tempered(distribution, power).probability, whole)
    first, second = p.sum((1, 2)), p.sum(2)
    parts = (first, second / first[:, None], p / second[..., None])
    product = np.ones(())
    for part in parts:
        raised = part**power
        product = product[..., None] * raised / raised.sum(-1, keepdims=True)
    np.testing.assert_allclose(
        joint.tempered_by_place(distribution, power).probability, product, atol=1e-14
    )


@each(seed=st.integers(0, 99), scale=st.sampled_from([0.0, 1.0]))
def test_both_guides_agree_at_scales_0_and_1(seed: int, scale: float) -> None:
    generator = torch.Generator().manual_seed(seed)
    free = joint.random(3, 3, generator)
    likelihood = torch.rand(3, 3, 3, generator=generator, dtype=torch.float64)
    conditional = joint.given(free, likelihood.log())
    wanted = conditional if scale else free
    for guide in (joint.guided, joint.guided_by_place):
        assert joint.total_variation(guide(free, conditional, scale), wanted) < 1e-14


def test_guidance_can_exclude_but_not_invent() -> None:
    free = Joint(torch.tensor([[0.5, 0.0], [0.25, 0.25]]).double().log())
    likelihood = torch.tensor([[0.5, 0.5], [0.0, 0.5]]).double()
    conditional = joint.given(free, likelihood.log())
    for guide in (joint.guided, joint.guided_by_place):
        p = guide(free, conditional, 3.0).probability
        assert p[0, 1] == p[1, 0] == 0
        assert p.sum() == pytest.approx(1)
        assert joint.total_variation(guide(free, conditional, 0.0), free) < 1e-15


def test_distances() -> None:
    p = joint.independent(torch.tensor([[0.5, 0.5]]))
    q = joint.independent(torch.tensor([[0.25, 0.75]]))
    sure = joint.independent(torch.tensor([[1.0, 0.0]]))
    assert joint.total_variation(p, q) == pytest.approx(0.25)
    wanted = 0.5 * math.log(2) + 0.5 * math.log(2 / 3)
    assert joint.divergence(p, q) == pytest.approx(wanted)
    assert joint.divergence(sure, p) == pytest.approx(math.log(2))
    assert joint.divergence(p, sure) == math.inf


def test_samples_follow_the_table() -> None:
    n = 40_000
    drawn = DISTRIBUTION.sample(n, torch.Generator().manual_seed(1))
    counts = torch.zeros(V**N).index_add(
        0, drawn @ torch.tensor([27, 9, 3, 1]), torch.ones(n)
    )
    p = DISTRIBUTION.probability.flatten()
    z = (counts / n - p) / (p * (1 - p) / n).sqrt()
    assert z.abs().max() < 4.5
    assert z.square().mean() == pytest.approx(1, abs=0.5)


def test_reading_in_another_order() -> None:
    back = DISTRIBUTION.permuted([3, 2, 1, 0])
    assert back.probability[0, 1, 2, 1] == DISTRIBUTION.probability[1, 2, 1, 0]


def test_impossible_prefixes_are_uniform() -> None:
    distribution = Joint(torch.tensor([[0.5, 0.5], [0.0, 0.0]]).double().log())
    torch.testing.assert_close(
        distribution.conditional(1)[1].exp(), torch.full((2,), 0.5).double()
    )
    torch.testing.assert_close(
        joint.tempered_by_place(distribution, 2.0).probability, distribution.probability
    )


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (torch.zeros(2, 3).double(), "same size"),
        (torch.tensor([0.3, 0.3]).double().log(), "sum to 0.6"),
        (torch.full((2,), 0.5).log(), "float32"),
        (torch.tensor([math.nan, 0.0]).double(), "sum to nan"),
        (torch.zeros(()).double(), "every place one axis"),
    ],
)
def test_tables_that_are_no_distributions(table: Tensor, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Joint(table)


def test_rows_that_are_no_distributions() -> None:
    with pytest.raises(ValueError, match="rows sum to"):
        joint.independent(torch.tensor([[0.5, 0.5], [0.5, 0.6]]))
    with pytest.raises(ValueError, match="rows sum to"):
        joint.chain(torch.tensor([1.5, -0.5]), torch.eye(2), 3)


def test_more_places_than_the_distribution_has() -> None:
    with pytest.raises(ValueError, match="the distribution has 4"):
        DISTRIBUTION(torch.zeros(1, 5, dtype=torch.int64))
    with pytest.raises(ValueError, match="the distribution has 4"):
        DISTRIBUTION.fill(torch.zeros(1, 3, dtype=torch.int64))
    with pytest.raises(ValueError, match="all 4 places"):
        DISTRIBUTION.next_logits(torch.zeros(1, 4, dtype=torch.int64))


def test_what_is_kept_of_inference_mode_can_enter_a_loss() -> None:
    distribution = joint.random(2, 3, torch.Generator().manual_seed(0))
    with torch.inference_mode():
        distribution.next_logits(torch.zeros(1, 1, dtype=torch.int64))
    weight = torch.ones(3, dtype=torch.float64, requires_grad=True)
    (
        weight * distribution.next_logits(torch.zeros(1, 1, dtype=torch.int64))
    ).sum().backward()
    assert torch.equal(weight.grad, distribution.conditional(1)[0])
