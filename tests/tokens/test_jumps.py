"""Jumps in continuous time against matrices of all sequences."""

import itertools
import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp
from torch import Tensor
from torch.nn import functional

from gendiff.discrete import Joint, joint, noisy
from gendiff.record import last
from gendiff.tokens import corruption, jumps, masked, uniform
from gendiff.tokens.jumps import Reversal

V, N, DRAWS = 2, 2, 20_000
NOISE = 0.015
"""Total variation of 20000 draws among 9 sequences: 0.0075 on average at most."""


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def at(rate: float) -> Tensor:
    return torch.tensor(rate, dtype=torch.float64)


P = joint.random(N, V, seeded(0))
THREE = joint.random(1, 3, seeded(1))
MASKS, ANEW = corruption.absorbing(V), corruption.uniform(V)
LOPSIDED = torch.tensor(
    [[-1.5, 1.0, 0.5], [0.2, -0.3, 0.1], [0.0, 2.0, -2.0]], dtype=torch.float64
)
"""Three states, none of which is reached from the last but the second."""


def exact(truth: Joint, generator: Tensor) -> jumps.Guess:
    def guess(x: Tensor, rate: Tensor) -> Tensor:
        table = jumps.kernels(generator, rate)[..., : truth.vocabulary, :]
        return noisy.denoise(truth, x, table)

    return guess


def states(generator: Tensor, places: int) -> Tensor:
    each = torch.arange(len(generator))
    return torch.cartesian_prod(*[each] * places).reshape(-1, places)


def through(truth: Joint, generator: Tensor, rate: float) -> Tensor:
    """Return `p_r` of all sequences, flat."""
    table = corruption.kernel(generator, 0.0, rate)[: truth.vocabulary]
    kernel = table
    for _ in range(truth.places - 1):
        kernel = torch.kron(kernel, table)
    return truth.probability.flatten() @ kernel


def matrix(found: Tensor, x: Tensor) -> Tensor:
    """Put rates of jumps of all sequences into one generator."""
    size = len(x)
    out = torch.zeros(size, size, dtype=torch.float64)
    code = found.shape[-1] ** torch.arange(x.shape[1] - 1, -1, -1)
    for row, place, token in itertools.product(*map(range, found.shape)):
        to = x[row].clone()
        to[place] = token
        out[row, int((to * code).sum())] += found[row, place, token]
    assert (out.diagonal() == 0).all()
    return out - torch.diag(out.sum(1))


CASES = [(P, MASKS), (P, ANEW), (THREE, LOPSIDED), (THREE, corruption.banded(3))]


@pytest.mark.parametrize(("truth", "generator"), CASES)
def test_reversed_rates_undo_what_the_noise_does(
    truth: Joint, generator: Tensor
) -> None:
    x, rate = states(generator, truth.places), 0.6
    now = through(truth, generator, rate)
    clean = exact(truth, generator)(x, at(rate)).exp()
    ratios = jumps.ratios(clean, x, jumps.kernels(generator, at(rate)))
    back = matrix(jumps.backward(ratios, x, generator), x)
    noise = matrix(jumps.forward(x, generator), x)
    torch.testing.assert_close(now @ back, -(now @ noise), rtol=0, atol=1e-13)
    # Jump by jump: as many go from y to x as come back.
    flux = now[:, None] * noise
    torch.testing.assert_close(
        (now[:, None] * back).fill_diagonal_(0), flux.mT.fill_diagonal_(0)
    )
    # And so does the corrector, at any strength.
    mixed = Reversal(exact(truth, generator), generator, lambda r: 3 * r)
    found = matrix(mixed(x, at(rate)), x)
    expected = (back + 1.8 * (back + noise)) / (1 - rate)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)
    torch.testing.assert_close(now @ found, now @ back / (1 - rate), rtol=0, atol=1e-12)


def test_marginals_of_three_states_come_back_exactly() -> None:
    x, walk = states(LOPSIDED, 1), Reversal(exact(THREE, LOPSIDED), LOPSIDED)

    def slope(time: float, now: np.ndarray) -> np.ndarray:
        return now @ matrix(walk(x, at(-time)), x).numpy()

    start = through(THREE, LOPSIDED, 0.9).numpy()
    found = solve_ivp(slope, (-0.9, -0.1), start, rtol=1e-8, atol=1e-10).y[:, -1]
    assert found == pytest.approx(through(THREE, LOPSIDED, 0.1).numpy(), abs=1e-7)


def test_ratios_of_a_certain_token_are_those_of_its_kernel() -> None:
    tables = jumps.kernels(LOPSIDED, torch.tensor([0.3, 0.8]))
    for r, table in zip((0.3, 0.8), tables, strict=True):
        kernel = corruption.kernel(LOPSIDED, 0.0, r)
        torch.testing.assert_close(table, kernel, rtol=0, atol=1e-7)
    clean, x = torch.tensor([[1], [2]]), torch.tensor([[0], [1]])
    found = jumps.ratios(functional.one_hot(clean, 3).double(), x, tables)
    for row in range(2):
        line = tables[row, clean[row, 0]]
        torch.testing.assert_close(found[row, 0], line / line[x[row, 0]])


def test_multinomial_ratios_have_a_closed_form() -> None:
    clean = torch.randn(4, N, V, generator=seeded(2)).double().softmax(-1)
    x, rate = states(ANEW, N), torch.tensor([0.1, 0.4, 0.7, 0.9]).double()
    found = jumps.ratios(clean, x, jumps.kernels(ANEW, rate))
    expected = uniform.ratios(clean, x, rate)
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=0)


def test_score_entropy_is_least_at_the_truth() -> None:
    truth = torch.tensor([0.3, 2.0, 0.0], dtype=torch.float64)
    weights = torch.tensor([1.0, 0.5, 2.0]).double()
    truth, weights = truth[None, None], weights[None, None]
    zero = jumps.score_entropy(truth, truth, weights)
    assert float(zero) == pytest.approx(0, abs=1e-15)
    # What has no weight may be impossible to the model.
    free = torch.tensor([[[0.0, 0.5, 2.0]]], dtype=torch.float64)
    guess = torch.tensor([[[0.0, 1.0, 0.25]]], dtype=torch.float64).requires_grad_()
    found = jumps.score_entropy(guess, truth, free)
    assert found.isfinite().all()
    found.sum().backward()
    assert guess.grad is not None
    assert guess.grad.isfinite().all()
    guess = torch.tensor([0.5, 1.0, 0.25]).double()
    # Lou et al.: K(a) = a (log a - 1).
    expected = (0.5 - 0.3 * math.log(0.5) + 0.3 * (math.log(0.3) - 1)) + 0.5 * (
        1.0 + 2 * (math.log(2) - 1)
    ) + 2 * 0.25  # fmt: skip
    found = jumps.score_entropy(guess[None, None], truth, weights)
    assert float(found) == pytest.approx(expected, abs=1e-14)


def test_of_masks_it_is_the_masked_loss_times_its_rate() -> None:
    x, rate = states(MASKS, N), 0.3
    logits = torch.randn(len(x), N, V, generator=seeded(3)).double()
    # As everywhere with masks, what is visible is certain.
    seen = functional.one_hot(x.clamp(max=V - 1), V).double().log()
    logits = torch.where((x == V)[..., None], logits, seen).requires_grad_()
    clean = x.where(x < V, torch.tensor([0, 1]))
    table = jumps.kernels(MASKS, at(rate))
    guess = jumps.ratios(logits.softmax(-1), x, table)
    truth = jumps.ratios(functional.one_hot(clean, V).double(), x, table)
    weights = jumps.backward(torch.ones_like(guess), x, MASKS)
    found = jumps.score_entropy(guess, truth, weights)
    expected = masked.surprisal(lambda _: logits, clean, x) * (1 - rate) / rate
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-13)
    found.sum().backward()
    assert logits.grad is not None
    assert logits.grad[(x == V)].isfinite().all()


def test_its_integral_is_the_surprisal() -> None:
    generator = corruption.banded(3)
    x, guess = states(generator, 1), exact(THREE, generator)

    def integrand(root: float, clean: int) -> float:
        rate = root**3
        table = jumps.kernels(generator, at(rate))
        found = jumps.ratios(guess(x, at(rate)).exp(), x, table)
        known = functional.one_hot(torch.full_like(x, clean), 3).double()
        truth = jumps.ratios(known, x, table)
        weights = jumps.backward(torch.ones_like(found), x, generator)
        each = jumps.score_entropy(found, truth, weights)[:, 0]
        return 3 * root**2 * float(table[clean] @ each) / (1 - rate)

    nodes, weights = np.polynomial.legendre.leggauss(16)
    for clean in range(3):
        terms = [integrand(float(u), clean) for u in (1 + nodes) / 2]
        found = float(weights / 2 @ np.array(terms))
        expected = -float(THREE.log_probability[clean])
        assert found == pytest.approx(expected, abs=1e-5)


def leaps(
    rates: jumps.Rates, generator: Tensor, start: Tensor, grid: list[float]
) -> Tensor:
    """Return the distribution of `leaping`, by products of matrices."""
    x, now = states(generator, N), start
    for high, low in itertools.pairwise(grid):
        rows = jumps.leap(rates(x, at(high)), x, high - low)
        now = now @ (rows[:, 0, x[:, 0]] * rows[:, 1, x[:, 1]])
    return now


def counted(x: Tensor, tokens: int) -> Tensor:
    code = (x * tokens ** torch.arange(x.shape[1] - 1, -1, -1)).sum(1)
    return code.bincount(minlength=tokens ** x.shape[1]).double() / len(x)


def distance(p: Tensor, q: Tensor) -> float:
    return float((p - q).abs().sum() / 2)


def table_of(truth: Joint) -> Tensor:
    """Return a joint's probabilities among sequences that may have masks."""
    return functional.pad(truth.probability, (0, 1) * truth.places).flatten()


END = 1 - 1e-9
HIDDEN = torch.eye(9).double()[-1]


def down(steps: int) -> list[float]:
    return [END * (1 - j / steps) for j in range(steps)] + [0.0]


def test_leaps_over_masks_are_ancestral() -> None:
    x = states(MASKS, N)
    found = jumps.leap(Reversal(exact(P, MASKS), MASKS)(x, at(0.8)), x, 0.3)
    written = P.fill(x).exp() * 0.3 / 0.8
    hidden = torch.full((len(x), N, 1), 0.5 / 0.8).double()
    expected = torch.cat([written, hidden], -1)
    expected = torch.where((x == V)[..., None], expected, functional.one_hot(x, 3))
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)


def test_a_leap_never_leaves_the_simplex() -> None:
    rates = torch.tensor([[[0.0, 2.0, 3.0]]])
    found = jumps.leap(rates, torch.tensor([[0]]), 0.5)
    torch.testing.assert_close(found, torch.tensor([[[0.0, 0.4, 0.6]]]))
    found = jumps.leap(rates, torch.tensor([[0]]), 0.1)
    torch.testing.assert_close(found, torch.tensor([[[0.5, 0.2, 0.3]]]))


@pytest.mark.parametrize("steps", [1, 2])
@pytest.mark.parametrize("churn", [0.0, 2.0])
def test_leaps_draw_the_distribution_of_their_chain(steps: int, churn: float) -> None:
    walk = Reversal(exact(P, MASKS), MASKS, lambda r: churn * (r > 0.6))
    found = last(jumps.leaping(walk, torch.full((DRAWS, N), V), down(steps), seeded(4)))
    expected = leaps(walk, MASKS, HIDDEN, down(steps))
    assert distance(counted(found, V + 1), expected) < NOISE
    assert distance(expected, table_of(P)) > 0.05


@pytest.mark.parametrize("churn", [0.0, 1.0])
def test_errors_of_leaps_are_of_first_order(churn: float) -> None:
    for generator in (MASKS, ANEW):
        walk = Reversal(exact(P, generator), generator, lambda r: churn * (r > 0.3))
        end = through(P, generator, 0.2)
        # From 0.9 on, where the start is known exactly.
        begin = through(P, generator, 0.9)
        grids = [[0.9 - 0.7 * j / s for j in range(s + 1)] for s in (8, 16, 32)]
        error = [distance(leaps(walk, generator, begin, g), end) for g in grids]
        assert error[0] / error[1] == pytest.approx(2, abs=0.3)
        assert error[1] / error[2] == pytest.approx(2, abs=0.15)


def test_thinned_jumps_are_exact() -> None:
    begin, grid = through(P, ANEW, 0.8), [0.8, 0.4, 0.1]
    x = states(ANEW, N)[torch.multinomial(begin, DRAWS, True, generator=seeded(5))]
    walk = Reversal(exact(P, ANEW), ANEW)
    every = states(ANEW, N)
    levels = [at(0.1 + 0.07 * i) for i in range(11)]
    total = [float(walk(every, r).sum((1, 2)).max()) for r in levels]
    bounds = [1.1 * max(total[4:]), 1.1 * max(total[:6])]
    steps = list(jumps.thinning(walk, x, grid, seeded(6), bounds=bounds))
    for step in steps:
        expected = through(P, ANEW, step.level)
        assert distance(counted(step.x, V), expected) < NOISE
        assert distance(begin, expected) > 4 * NOISE
    with pytest.raises(ValueError, match="raise"):
        list(jumps.thinning(walk, x, grid, seeded(6), bounds=[0.1, 0.1]))


def test_thinning_of_constant_rates_is_the_exponential_of_their_matrix() -> None:
    x = torch.randint(3, (DRAWS, 1), generator=seeded(7))

    def noise(x: Tensor, _: Tensor) -> Tensor:
        return jumps.forward(x, LOPSIDED)

    found = last(jumps.thinning(noise, x, [1.0, 0.3], seeded(8), bounds=[2.0]))
    expected = torch.full((3,), 1 / 3).double() @ torch.matrix_exp(0.7 * LOPSIDED)
    assert distance(counted(found, 3), expected) < NOISE


def test_nearly_all_noise_leaves_finite_rates_in_single_precision() -> None:
    x = torch.tensor([[V, V]])
    walk = Reversal(lambda x, _: torch.zeros(*x.shape, V), MASKS)
    found = walk(x, at(1 - 1e-9)).double()
    # A hidden place of two equal tokens is written at the rate 1 / r, half to each.
    assert found[0, 0].tolist() == pytest.approx([0.5, 0.5, 0.0], rel=1e-5)


AGAIN, SOME = Reversal(exact(P, ANEW), ANEW), states(ANEW, N)
WRONG: list[Callable[[], object]] = [
    lambda: jumps.kernels(ANEW, at(1.0)),
    lambda: list(jumps.leaping(AGAIN, SOME, [0.1, 0.5], seeded(0))),
    lambda: list(jumps.thinning(AGAIN, SOME, [0.5, 0.1], seeded(0), bounds=[])),
]


@pytest.mark.parametrize("call", WRONG)
def test_errors_name_the_remedy(call: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match="give"):
        call()
