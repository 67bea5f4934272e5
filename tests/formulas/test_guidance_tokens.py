"""Formulas of the section on token by token, by sums over sequences in numpy."""

import itertools
import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from gendiff.discrete import Joint, joint
from gendiff.guidance import Contrast
from gendiff.types import level

Table = NDArray[np.float64]
V, N = 3, 3
RNG = np.random.default_rng(0)
PRIOR: Table = RNG.dirichlet(np.ones(V**N)).reshape([V] * N)
LIKELIHOOD: Table = RNG.uniform(size=[V] * N)
EVERY = list(itertools.product(range(V), repeat=N))


def distribution(p: Table) -> Joint:
    return joint.normalised(torch.from_numpy(np.asarray(p)).log())


FREE = distribution(PRIOR)
CONDITIONAL = joint.given(FREE, torch.from_numpy(LIKELIHOOD).log())


def of_prefix(x: tuple[int, ...]) -> float:
    """Return `p(x_<=t)`."""
    return float(PRIOR[x].sum())


def classified(x: tuple[int, ...]) -> float:
    """Return `p(y | x_<=t)`, averaged over the futures."""
    return float((PRIOR[x] * LIKELIHOOD[x]).sum() / PRIOR[x].sum())


def over_sequences(value: Callable[[tuple[int, ...]], float]) -> Table:
    return np.array([value(x) for x in EVERY]).reshape([V] * N)


def test_g_m07_conditionals_multiply_to_the_conditional_distribution() -> None:
    posterior = PRIOR * LIKELIHOOD / (PRIOR * LIKELIHOOD).sum()

    def product(x: tuple[int, ...]) -> float:
        ratios = (
            posterior[x[: t + 1]].sum() / posterior[x[:t]].sum() for t in range(N)
        )
        return math.prod(float(ratio) for ratio in ratios)

    np.testing.assert_allclose(over_sequences(product), posterior, rtol=1e-12)
    tables = [CONDITIONAL.conditional(t) for t in range(N)]
    again = joint.from_conditionals(tables).probability
    np.testing.assert_allclose(again, posterior, rtol=1e-12)


def test_g_m08_the_example_by_hand() -> None:
    free = distribution(np.full((2, 2), 0.25))
    likelihood = torch.tensor([[0.9, 0.1], [0.5, 0.4]], dtype=torch.float64)
    conditional = joint.given(free, likelihood.log())
    whole = joint.guided(free, conditional, 3.0)
    parts = joint.guided_by_place(free, conditional, 3.0)
    four = np.array([0.9, 0.1, 0.5, 0.4])
    np.testing.assert_allclose(
        whole.probability.flatten(), four**3 / (four**3).sum(), rtol=1e-12
    )
    np.testing.assert_allclose(
        whole.probability.flatten(), [0.7933, 0.0011, 0.1360, 0.0696], atol=5e-5
    )
    np.testing.assert_allclose(
        parts.probability.flatten(), [0.5776, 0.0008, 0.2789, 0.1428], atol=5e-5
    )
    assert joint.total_variation(whole, parts) == pytest.approx(0.216, abs=5e-4)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0, 2.0, 3.0, 5.0])
def test_g_m09_the_factor_of_the_joint(gamma: float) -> None:
    wanted = LIKELIHOOD**gamma / (PRIOR * LIKELIHOOD**gamma).sum()
    whole = joint.guided(FREE, CONDITIONAL, gamma)
    np.testing.assert_allclose(joint.factor(whole, FREE), wanted, rtol=1e-10)
    assert (PRIOR * wanted).sum() == pytest.approx(1)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0, 2.0, 3.0, 5.0])
def test_g_m10_and_g_m11_the_factor_by_place(gamma: float) -> None:
    def scaled(x: tuple[int, ...]) -> float:
        total = 1.0
        for t in range(N):
            futures = [(*x[:t], token) for token in range(V)]
            mean = sum(
                of_prefix(future) / of_prefix(x[:t]) * classified(future) ** gamma
                for future in futures
            )
            total *= classified(x[: t + 1]) ** gamma / mean
        return total

    parts = joint.guided_by_place(FREE, CONDITIONAL, gamma)
    wanted = over_sequences(scaled)
    np.testing.assert_allclose(joint.factor(parts, FREE), wanted, rtol=1e-10)
    np.testing.assert_allclose(parts.probability, PRIOR * wanted, rtol=1e-10)
    if gamma == 1:  # telescopes
        evidence = (PRIOR * LIKELIHOOD).sum()
        np.testing.assert_allclose(wanted, LIKELIHOOD / evidence, rtol=1e-12)


def test_g_m11_factors_agree_when_everything_factorises() -> None:
    rng = np.random.default_rng(1)
    rows, votes = rng.dirichlet(np.ones(V), size=N), rng.uniform(size=(N, V))
    free = joint.independent(torch.from_numpy(rows))
    likelihood = np.einsum("i,j,k->ijk", *votes)
    conditional = joint.given(free, torch.from_numpy(likelihood).log())
    whole = joint.guided(free, conditional, 3.0)
    parts = joint.guided_by_place(free, conditional, 3.0)
    assert joint.total_variation(whole, parts) < 1e-14


def test_the_joint_guide_averages_outside_the_power() -> None:
    # The form in the docstring of `gendiff.discrete.joint`.
    whole = joint.guided(FREE, CONDITIONAL, 3.0)
    for place in range(N):
        for prefix in itertools.product(range(V), repeat=place):
            futures = [(*prefix, token) for token in range(V)]
            share = np.array(
                [float((PRIOR[x] * LIKELIHOOD[x] ** 3).sum()) for x in futures]
            )
            np.testing.assert_allclose(
                whole.conditional(place)[prefix].exp(), share / share.sum(), rtol=1e-10
            )


@pytest.mark.parametrize("gamma", [0.5, 2.0, 3.0])
def test_g_m14_temperature_by_place_divides_by_every_partition(gamma: float) -> None:
    def partitions(x: tuple[int, ...]) -> float:
        total = 1.0
        for t in range(N):
            shares = PRIOR[x[:t]].reshape(V, -1).sum(1) / of_prefix(x[:t])
            total *= float((shares**gamma).sum())
        return total

    parts = joint.tempered_by_place(FREE, gamma)
    wanted = PRIOR**gamma / over_sequences(partitions)
    np.testing.assert_allclose(parts.probability, wanted, rtol=1e-10)
    whole = joint.tempered(FREE, gamma)
    assert joint.total_variation(whole, parts) > 0.01


def test_g_m15_and_g_c24_equal_for_independent_and_for_even_chains() -> None:
    even = torch.tensor([0.5, 0.5]).double()
    uneven = torch.tensor([[0.9, 0.1], [0.6, 0.4]]).double()
    flips = torch.tensor([[0.8, 0.2], [0.2, 0.8]]).double()
    apart = joint.independent(torch.tensor([[0.3, 0.7], [0.9, 0.1], [0.5, 0.5]]))

    def gap(p: Joint) -> float:
        return joint.total_variation(
            joint.tempered(p, 2.0), joint.tempered_by_place(p, 2.0)
        )

    assert gap(joint.chain(even, uneven, 2)) == pytest.approx(0.112, abs=5e-4)
    assert gap(apart) < 1e-14
    assert gap(joint.chain(even, flips, 5)) < 1e-14
    dependent = joint.chain(even, flips, 5)
    assert (dependent.conditional(1).exp() - 0.5).abs().min() > 0.29


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0, 3.0])
def test_g_m25_contrasted_logits_are_the_reweighted_conditional(gamma: float) -> None:
    # Two networks that see the last token, one-hot, of a chain given the class or not.
    steps = {
        "free": torch.tensor([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6], [0.3, 0.3, 0.4]]),
        "class": torch.tensor([[0.1, 0.8, 0.1], [0.3, 0.3, 0.4], [0.6, 0.1, 0.3]]),
    }

    def net(name: str) -> Callable[[Tensor, Tensor], Tensor]:
        return lambda x, sigma: x @ steps[name].double().log() + 2.0

    one_hot = torch.eye(3).double()
    guide = Contrast(net("class"), net("free"), gamma)
    probability = guide(one_hot, level(0.0)).softmax(-1).numpy()
    free, conditional = steps["free"].double().numpy(), steps["class"].double().numpy()
    wanted = free * (conditional / free) ** gamma
    wanted = wanted / wanted.sum(1, keepdims=True)
    np.testing.assert_allclose(probability, wanted, atol=1e-12)


@pytest.mark.parametrize("gamma", [0.0, 2.0, 5.0])
def test_g_m25_on_every_prefix_of_a_table(gamma: float) -> None:
    parts = joint.guided_by_place(FREE, CONDITIONAL, gamma)
    for place in range(N):
        free, conditional = FREE.conditional(place), CONDITIONAL.conditional(place)
        mixed = torch.lerp(free, conditional, gamma).softmax(-1)
        for prefix in itertools.product(range(V), repeat=place):
            weight = np.array(
                [
                    of_prefix((*prefix, token)) * classified((*prefix, token)) ** gamma
                    for token in range(V)
                ]
            )
            wanted = weight / weight.sum()
            np.testing.assert_allclose(mixed[prefix], wanted, atol=1e-12)
            np.testing.assert_allclose(
                parts.conditional(place)[prefix].exp(), wanted, atol=1e-12
            )


@pytest.mark.parametrize("gamma", [0.5, 1.0, 3.0, 8.0])
def test_e30_masked_tokens_can_be_guided(gamma: float) -> None:
    # A hidden token given those that are visible, by sums over the table.
    states = [s for s in itertools.product(range(V + 1), repeat=N) if V in s]
    tokens = torch.tensor(states)
    # The guide's algebra acts on logits as on signals; visible places are certain.
    toward, away = (
        distribution.fill(tokens).clamp(min=-1e3).flatten(1)
        for distribution in (CONDITIONAL, FREE)
    )
    guide = Contrast(lambda _, __: toward, lambda _, __: away, gamma)
    logits = guide(torch.zeros_like(away), level(0.0))
    filled = logits.unflatten(1, (N, V)).softmax(-1).numpy()
    for state, distributions in zip(states, filled, strict=True):
        seen = tuple(slice(None) if t == V else slice(t, t + 1) for t in state)
        for place in (i for i, t in enumerate(state) if t == V):
            others = tuple(axis for axis in range(N) if axis != place)
            share = PRIOR[seen].sum(others)
            agree = (PRIOR[seen] * LIKELIHOOD[seen]).sum(others) / share
            wanted = share * agree**gamma
            np.testing.assert_allclose(
                distributions[place], wanted / wanted.sum(), atol=1e-12
            )
