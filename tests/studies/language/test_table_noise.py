"""Samplers that take noise of tokens back, on tables: against loops and draws."""

import itertools
import math

import pytest
import torch

from gendiff.discrete import joint
from gendiff.record import last
from gendiff.studies.language import table_noise, table_writers
from gendiff.studies.language.table_noise import END, advance, bound, clean, denoised
from gendiff.tokens import corruption, unmasking

V, N = 2, 3
GENERATORS = {
    "absorbing": corruption.absorbing(V),
    "uniform": corruption.uniform(V),
    "banded": corruption.banded(V),
}


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


P = joint.random(N, V, seeded(0))


@pytest.mark.parametrize("name", GENERATORS)
def test_noise_and_what_is_known_of_it_are_bayes_rule(name: str) -> None:
    kernel = corruption.kernel(GENERATORS[name], 0.0, 0.4)
    w = len(kernel)
    noisy = table_noise.noised(P, kernel)
    known = clean(P, kernel)
    for row, x in enumerate(itertools.product(range(w), repeat=N)):
        weight = torch.zeros([V] * N, dtype=torch.float64)
        for c in itertools.product(range(V), repeat=N):
            steps = [float(kernel[a, b]) for a, b in zip(c, x, strict=True)]
            weight[c] = P.probability[c] * math.prod(steps)
        assert float(noisy[x]) == pytest.approx(float(weight.sum()))
        for i in range(N):
            others = [j for j in range(N) if j != i]
            expected = weight.sum(others) / weight.sum()
            assert known[row, i].tolist() == pytest.approx(expected.tolist())


def test_places_move_on_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_noise, "CHUNK", 3)
    table = joint.random(2, 3, seeded(1)).probability
    rows = torch.rand(9, 2, 3, generator=seeded(2), dtype=torch.float64)
    rows = rows / rows.sum(-1, keepdim=True)
    hand = torch.zeros(3, 3, dtype=torch.float64)
    for row, x in enumerate(itertools.product(range(3), repeat=2)):
        hand += table[x] * rows[row, 0][:, None] * rows[row, 1]
    assert (advance(table, rows) - hand).abs().max() < 1e-15


def test_masks_are_taken_back_as_by_the_sampler_of_rates() -> None:
    rates = table_noise.even(3)
    found = denoised(P, GENERATORS["absorbing"], rates)
    start = torch.full((40_000, N), V)
    steps = unmasking.ancestral(P.fill, start, V, [1.0, *rates[1:]], seeded(3))
    x = last(steps)
    often = (x * torch.tensor([4, 2, 1])).sum(1).bincount(minlength=8).double()
    drawn = joint.normalised(often.reshape(2, 2, 2).log())
    assert joint.total_variation(found, drawn) < 0.01


@pytest.mark.parametrize("name", GENERATORS)
def test_one_step_draws_places_alone_and_costs_their_total_correlation(
    name: str,
) -> None:
    grid = table_noise.even(1)
    alone = joint.independent(torch.stack([P.marginal(i) for i in range(N)]))
    found = denoised(P, GENERATORS[name], grid)
    assert joint.total_variation(found, alone) < 1e-6
    assert bound(P, GENERATORS[name], grid) == pytest.approx(
        P.entropy() + joint.divergence(P, alone), abs=1e-6
    )


@pytest.mark.parametrize("name", GENERATORS)
def test_the_bound_holds_and_both_errors_fall_as_one_over_the_steps(name: str) -> None:
    off: list[float] = []
    lost: list[float] = []
    for steps in (16, 32, 64):
        grid = table_noise.even(steps)
        found = denoised(P, GENERATORS[name], grid)
        off.append(joint.total_variation(found, P))
        lost.append(bound(P, GENERATORS[name], grid) - P.entropy())
        assert joint.divergence(P, found) < lost[-1]
    for errors in (off, lost):
        assert errors[1] / errors[2] == pytest.approx(2.0, abs=0.1)


def test_a_bound_of_masks_is_that_of_binomial_counts() -> None:
    """The price list, with every step's number of written places averaged over."""
    rates = table_noise.even(4)
    x = P.sample(1, seeded(0)).new_tensor(list(itertools.product(range(V), repeat=N)))
    price = [0.0] * N
    for n in range(1, N + 1):
        for places in itertools.combinations(range(N), n):
            noisy = x.clone()
            noisy[:, list(places)] = V
            logs = P.fill(noisy).gather(-1, x[..., None])[..., 0]
            mean = -(P.probability.flatten() @ logs[:, list(places)].mean(1))
            price[n - 1] += float(mean) / math.comb(N, n)
    total = 0.0
    for high, low in itertools.pairwise(rates):
        for n in range(1, N + 1):
            often = math.comb(N, n) * high**n * (1 - high) ** (N - n)
            total += often * n * (1 - low / high) * price[n - 1]
    assert bound(P, GENERATORS["absorbing"], rates) == pytest.approx(total, abs=1e-6)


def test_independent_places_are_exact_in_any_number_of_steps() -> None:
    alone = joint.independent(torch.tensor([[0.2, 0.8], [0.5, 0.5]]).double())
    for generator in GENERATORS.values():
        found = denoised(alone, generator, table_noise.even(2))
        assert joint.total_variation(found, alone) < 1e-6


def test_errors_name_the_remedy() -> None:
    for rates in ([1.0, 0.0], [END, 0.5], [END, 0.2, 0.3, 0.0], [END]):
        with pytest.raises(ValueError, match="give numbers from"):
            denoised(P, GENERATORS["uniform"], rates)


def test_a_table_of_writers_has_the_order_of_the_states() -> None:
    table = table_writers.hidden(V, N)
    states = table_noise.states(V + 1, N)
    assert states[int(table.flatten().argmax())].tolist() == [V] * N
