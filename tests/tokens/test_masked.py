"""Prices of masked diffusion against sums over orders, chains and all schedules."""

import itertools
import math

import pytest
import torch
from torch import Tensor

from gendiff.discrete import Joint, joint
from gendiff.tokens import masked

V, N = 2, 4
STAY = torch.tensor([[0.9, 0.1], [0.1, 0.9]], dtype=torch.float64)
SKEW = torch.tensor([[0.9, 0.1], [0.3, 0.7]], dtype=torch.float64)


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


P = joint.random(N, V, seeded(0))
WRONG = joint.random(N, V, seeded(1))


def every() -> Tensor:
    return torch.cartesian_prod(*[torch.arange(V)] * N)


def exact(truth: Joint, model: Joint) -> Tensor:
    """Return the prices by sums over all sequences and all masks."""
    found: list[float] = []
    x = every()
    weight = truth.probability.flatten()
    for n in range(1, N + 1):
        costs: list[Tensor] = []
        for places in itertools.combinations(range(N), n):
            noisy = x.clone()
            noisy[:, list(places)] = V
            costs.append(weight @ masked.surprisal(model.fill, x, noisy).sum(1) / n)
        found.append(float(torch.stack(costs).mean()))
    return torch.tensor(found, dtype=torch.float64)


def test_the_bound_is_the_average_over_orders_of_writing_one_by_one() -> None:
    by_order: list[float] = []
    x, weight = every(), P.probability.flatten()
    for order in itertools.permutations(range(N)):
        hidden, total = torch.full_like(x, V), 0.0
        for place in order:
            logs = WRONG.fill(hidden)[:, place].gather(1, x[:, place : place + 1])
            total -= float(weight @ logs[:, 0])
            hidden[:, place] = x[:, place]
        by_order.append(total)
    bound = float(exact(P, WRONG).sum())
    assert bound == pytest.approx(sum(by_order) / len(by_order), abs=1e-12)
    assert float(exact(P, P).sum()) == pytest.approx(P.entropy(), abs=1e-12)
    # And the integral over the masking rate with weight 1 / t, by Simpson's rule.
    t = torch.linspace(1e-9, 1, 2001, dtype=torch.float64)
    integrand = torch.zeros_like(t)
    for n, price in enumerate(exact(P, WRONG).tolist(), start=1):
        integrand += math.comb(N, n) * t ** (n - 1) * (1 - t) ** (N - n) * n * price
    simpson = (
        (t[1] - t[0])
        / 3
        * (
            integrand[0]
            + integrand[-1]
            + 4 * integrand[1:-1:2].sum()
            + 2 * integrand[2:-1:2].sum()
        )
    )
    assert float(simpson) == pytest.approx(bound, abs=1e-6)


def test_loss_and_prices_estimate_the_exact_ones() -> None:
    x = P.sample(10_000, seeded(2))
    truth = exact(P, WRONG)
    losses = masked.Bound(V)(WRONG.fill, (x,), seeded(3))
    assert float(losses.mean()) == pytest.approx(float(truth.sum()), abs=0.03)
    found = masked.prices(WRONG.fill, x, V, seeded(4))
    torch.testing.assert_close(found, truth, rtol=0, atol=0.02)


def test_counts_are_spread_over_the_batch() -> None:
    seen: list[Tensor] = []

    def spy(noisy: Tensor) -> Tensor:
        seen.append((noisy == V).sum(1))
        return torch.zeros(*noisy.shape, V)

    masked.Bound(V)(spy, (torch.zeros(3 * N, N, dtype=torch.int64),), seeded(0))
    assert seen[0].bincount().tolist() == [0, 3, 3, 3, 3]


def test_the_loss_varies_less_than_with_weight_one_over_t() -> None:
    generator = seeded(5)
    x = P.sample(4000, generator)
    t = torch.rand(len(x), 1, generator=generator).double()
    noisy = x.where(torch.rand(x.shape, generator=generator) >= t, V)
    other = masked.surprisal(WRONG.fill, x, noisy).sum(1) / t[:, 0]
    ours = masked.Bound(V)(WRONG.fill, (x,), generator)
    assert float(ours.var()) < float(other.var()) / 2


@pytest.mark.parametrize("transition", [STAY, SKEW])
def test_prices_of_a_chain_are_those_of_its_table(transition: Tensor) -> None:
    stationary = torch.linalg.matrix_power(transition, 500)[0]
    table = joint.chain(stationary, transition, N)
    found = masked.chain_prices(transition, N)
    torch.testing.assert_close(found, exact(table, table), rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("places", "pinned"),
    [
        (16, [5.5210, 2.2979, 0.8981, 0.2818, 0.0]),
        (48, [17.299, 7.487, 3.248, 1.388, 0.536]),
    ],
)
def test_parallel_steps_cost_bits_of_the_chain(
    places: int, pinned: list[float]
) -> None:
    prices = masked.chain_prices(STAY, places)
    entropy = math.log(2) + (places - 1) * -(0.9 * math.log(0.9) + 0.1 * math.log(0.1))
    found = [
        masked.cost(prices, masked.even(places, s)) - entropy for s in (1, 2, 4, 8, 16)
    ]
    assert found == pytest.approx(pinned, abs=6e-5 if places == 16 else 6e-4)


def test_the_schedule_is_the_best_of_all() -> None:
    prices = masked.chain_prices(STAY, 9)
    for steps in range(1, 10):
        inner = itertools.combinations(range(8, 0, -1), steps - 1)
        best = min(masked.cost(prices, [9, *middle, 0]) for middle in inner)
        found = masked.schedule(prices, steps)
        assert len(found) == steps + 1
        assert masked.cost(prices, found) == pytest.approx(best, abs=1e-12)
        assert best <= masked.cost(prices, masked.even(9, steps)) + 1e-12


def test_cosine_counts_are_those_of_maskgit() -> None:
    # 256 places, 8 steps: the table that follows from the published code.
    assert masked.cosine(256, 8) == [256, 251, 236, 212, 181, 142, 97, 49, 0]
    for places, steps in ((3, 3), (5, 4), (2, 1), (100, 99)):
        counts = masked.cosine(places, steps)
        assert len(counts) == steps + 1
        masked.demand_counts(counts)
    with pytest.raises(ValueError, match="give 1 to 3"):
        masked.cosine(3, 4)


def test_a_long_schedule_is_that_of_every_way_listed() -> None:
    """The same programme over lists, the smaller count first where two ways tie."""
    prices = torch.tensor([0.25, 0.5, 0.5, 1.0, 1.0, 1.0, 1.5, 1.75, 3.0, 3.0]).double()
    chain = masked.chain_prices(STAY, 24)
    for price in (prices, chain, torch.ones(12).double()):
        for steps in (1, 2, 5, 9):
            best: list[tuple[float, list[int]]] = [(0.0, [0])]
            best += [(math.inf, [])] * len(price)
            for _ in range(steps):
                best = [(math.inf, [])] + [
                    min(
                        ((n - m) * float(price[n - 1]) + best[m][0], [n, *best[m][1]])
                        for m in range(n)
                    )
                    for n in range(1, len(price) + 1)
                ]
            assert masked.schedule(price, steps) == best[-1][1]
    # Seconds would be noticed: every step of 400 places, 400 times 80,000 ways.
    assert masked.schedule(torch.ones(400), 400) == list(range(400, -1, -1))


def test_errors_name_the_remedy() -> None:
    prices = masked.chain_prices(STAY, 3)
    for counts in ([3], [3, 3, 0], [3, 1]):
        with pytest.raises(ValueError, match="fall to 0"):
            masked.cost(prices, counts)
    with pytest.raises(ValueError, match="3 prices"):
        masked.cost(prices, [2, 0])
    with pytest.raises(ValueError, match="give 1 to 3"):
        masked.schedule(prices, 4)
    with pytest.raises(ValueError, match="give 1 to 3"):
        masked.even(3, 0)
    with pytest.raises(ValueError, match="at least 1"):
        masked.chain_prices(STAY, 0)
