"""Multinomial diffusion against Bayes' rule, entropies and chains of matrices."""

import itertools
import math

import numpy as np
import pytest
import torch
from torch import Tensor

from gendiff.discrete import Joint, joint, noisy
from gendiff.record import last
from gendiff.tokens import corruption, uniform

V, N, DRAWS = 3, 2, 20_000
NOISE = 0.015
"""Total variation of 20000 draws among 9 sequences: 0.0075 on average at most."""


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


P, Q = joint.random(N, V, seeded(0)), joint.random(N, V, seeded(1))
NODES, WEIGHTS = np.polynomial.legendre.leggauss(24)
EVERY = torch.cartesian_prod(*[torch.arange(V)] * N)
LOGITS = torch.randn(len(EVERY), N, V, generator=seeded(2)).double()


def tables(rate: Tensor) -> Tensor:
    rate = rate[..., None, None]
    return (1 - rate) * torch.eye(V).double() + rate / V


class Exact:
    """The posterior of a joint, as a network."""

    def __init__(self, truth: Joint) -> None:
        self.truth = truth

    def __call__(self, tokens: Tensor, rate: Tensor) -> Tensor:
        return noisy.denoise(self.truth, tokens, tables(rate))


def kernel(low: float, high: float) -> Tensor:
    return corruption.kernel(corruption.uniform(V), low, high)


def at(rate: float) -> Tensor:
    return torch.tensor(rate, dtype=torch.float64)


def through(truth: Joint, rate: float) -> Tensor:
    """Return `p_r` of every sequence."""
    table = kernel(0.0, rate)
    return torch.einsum("ab,ac,bd->cd", truth.probability, table, table)


def chain(truth: Joint, rates: list[float]) -> Joint:
    """Return the distribution of `ancestral`, by products of matrices."""
    now = torch.full((len(EVERY),), 1 / len(EVERY), dtype=torch.float64)
    for high, low in itertools.pairwise(rates):
        clean = Exact(truth)(EVERY, at(high)).exp()
        rows = uniform.step(clean, EVERY, high, low)
        now = now @ (rows[:, 0, EVERY[:, 0]] * rows[:, 1, EVERY[:, 1]])
    return joint.normalised(now.reshape(V, V).log())


def counted(x: Tensor) -> Joint:
    often = (x[:, 0] * V + x[:, 1]).bincount(minlength=V**2)
    return joint.normalised(often.reshape(V, V).double().log())


def grid(steps: int) -> list[float]:
    return [1 - j / steps for j in range(steps)] + [0.0]


@pytest.mark.parametrize(("high", "low"), [(0.7, 0.2), (0.4, 0.0), (0.9, 0.8)])
def test_a_step_is_the_average_of_posteriors(high: float, low: float) -> None:
    clean = LOGITS.softmax(-1)
    posterior = corruption.posterior(kernel(0.0, low), kernel(low, high))
    expected = corruption.reverse(clean, EVERY, posterior)
    found = uniform.step(clean, EVERY, high, low)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-13)


def test_a_step_is_the_posterior_of_what_the_other_places_say() -> None:
    high, low = 0.7, 0.2
    clean = Exact(P)(EVERY, at(high)).exp()
    for place in range(N):
        rest = through_others(place, high)
        torch.testing.assert_close(
            normalised(uniform.leave_one_out(clean, EVERY, at(high))[:, place]), rest
        )
        # Hoogeboom et al.: a probability vector in the place of the clean token.
        plugged = kernel(low, high).mT[EVERY[:, place]] * (rest @ kernel(0.0, low))
        found = uniform.step(clean, EVERY, high, low)[:, place]
        torch.testing.assert_close(found, normalised(plugged), rtol=0, atol=1e-13)
        wrong = kernel(low, high).mT[EVERY[:, place]] * (
            clean[:, place] @ kernel(0.0, low)
        )
        assert (found - normalised(wrong)).abs().max() > 0.05


def normalised(rows: Tensor) -> Tensor:
    return rows / rows.sum(-1, keepdim=True)


def through_others(place: int, rate: float) -> Tensor:
    """Return `p(x_0i | noisy tokens of other places)`."""
    table = P.probability if place == 0 else P.probability.mT
    return normalised((table @ kernel(0.0, rate))[:, EVERY[:, 1 - place]].mT)


@pytest.mark.parametrize("rate", [0.05, 0.5, 0.95])
def test_ratios_are_those_of_noisy_probabilities(rate: float) -> None:
    found = uniform.ratios(Exact(P)(EVERY, at(rate)).exp(), EVERY, at(rate))
    table = through(P, rate)
    for row, (a, b) in enumerate(EVERY.tolist()):
        expected = torch.stack([table[:, b], table[a, :]]) / table[a, b]
        torch.testing.assert_close(found[row], expected, rtol=1e-12, atol=0)


def test_the_bound_is_the_surprisal_of_whatever_was_inverted() -> None:
    def integrand(rate: float, model: Joint, row: int) -> float:
        tokens = EVERY[row].expand(len(EVERY), N)
        chance = kernel(0.0, rate)[tokens, EVERY].prod(1)
        clean = Exact(model)(EVERY, at(rate)).exp()
        each = uniform.bound(clean, tokens, EVERY, at(rate).expand(len(EVERY)))
        return float(chance @ each.sum(1))

    for model, row in itertools.product((P, Q), (0, 5)):
        # Substituting a cube takes away the logarithm at 0.
        found = sum(
            w * 3 * u * u * integrand(u**3, model, row)
            for u, w in zip((1 + NODES) / 2, WEIGHTS / 2, strict=True)
        )
        a, b = EVERY[row].tolist()
        assert found == pytest.approx(-float(model.log_probability[a, b]), abs=1e-6)


def test_the_bound_is_the_published_one() -> None:
    rate = torch.full((len(EVERY),), 0.3, dtype=torch.float64)
    tokens = EVERY.flip(0)
    others = normalised(uniform.leave_one_out(LOGITS.softmax(-1), EVERY, rate))
    found = uniform.bound(LOGITS.softmax(-1), tokens, EVERY, rate)
    true = torch.nn.functional.one_hot(tokens, V).double() * V * 0.7 + 0.3
    model = others * V * 0.7 + 0.3
    here = EVERY[..., None]
    true_here, model_here = true.gather(-1, here), model.gather(-1, here)
    logs = (true / true_here * (model_here * true / model / true_here).log()).sum(-1)
    expected = (logs + (V / model_here - V / true_here)[..., 0]) / (V * 0.7)
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("left", [1e-3, 1e-5, 1e-9, 1e-12])
def test_towards_pure_noise_the_bound_vanishes_in_float32_too(left: float) -> None:
    rate = torch.full((len(EVERY),), 1 - left, dtype=torch.float64)
    clean = LOGITS.float().softmax(-1)
    found = uniform.bound(clean, EVERY.flip(0), EVERY, rate)
    assert found.dtype == torch.float32
    exact = uniform.bound(clean.double(), EVERY.flip(0), EVERY, rate)
    assert torch.equal(found, exact.float())  # nothing is rounded on the way
    # To second order in what is left, ratios are 1 + left (w(y) - w(x)) v / W.
    other = uniform.leave_one_out(clean.double(), EVERY, rate)
    truth = torch.nn.functional.one_hot(EVERY.flip(0), V).double()
    wrong = V * (other / other.sum(-1, keepdim=True) - truth)
    wrong = wrong - wrong.gather(-1, EVERY[..., None])
    expected = left * wrong.square().mean(-1) / 2
    assert float((found - expected).abs().max()) < 200 * left**2 + 2e-6


def test_at_pure_noise_there_is_nothing_to_learn() -> None:
    rate = torch.ones(len(EVERY), dtype=torch.float64)
    found = uniform.bound(LOGITS.float().softmax(-1), EVERY.flip(0), EVERY, rate)
    assert float(found.abs().max()) < 2e-6


def test_the_loss_estimates_the_bound() -> None:
    tokens = P.sample(DRAWS, seeded(3))
    for model, value in ((P, P.entropy()), (Q, P.entropy() + joint.divergence(P, Q))):
        found = uniform.Bound(V)(Exact(model), (tokens,), seeded(4))
        error = float(found.std()) / math.sqrt(DRAWS)
        assert float(found.mean()) == pytest.approx(value, abs=4 * error)
        assert error < 0.045


def test_noise_comes_at_its_rate() -> None:
    rate = torch.tensor([0.0, 0.3, 1.0]).repeat_interleave(DRAWS)
    found = uniform.noise(torch.ones(len(rate), 1).long(), rate, V, seeded(5))
    for k, r in enumerate((0.0, 0.3, 1.0)):
        often = found[k * DRAWS : (k + 1) * DRAWS, 0].bincount(minlength=V) / DRAWS
        expected = kernel(0.0, r)[1] if r < 1 else torch.full((V,), 1 / V).double()
        assert often.tolist() == pytest.approx(expected.tolist(), abs=0.015)


@pytest.mark.parametrize("steps", [1, 2, 4])
def test_steps_write_the_distribution_of_their_chain(steps: int) -> None:
    start = torch.randint(V, (DRAWS, N), generator=seeded(7))
    given = start.clone()
    walk = list(uniform.ancestral(Exact(P), start, grid(steps), seeded(8)))
    assert joint.total_variation(counted(walk[-1].x), chain(P, grid(steps))) < NOISE
    assert [step.level for step in walk] == grid(steps)[1:]
    assert (start == given).all()


def test_errors_fall_with_the_length_of_steps() -> None:
    error = [joint.total_variation(chain(P, grid(s)), P) for s in (1, 16, 32, 64)]
    assert error[0] > 5 * NOISE
    assert error[1] / error[2] == pytest.approx(2, abs=0.2)
    assert error[2] / error[3] == pytest.approx(2, abs=0.1)


def test_independent_places_are_exact_in_any_number_of_steps() -> None:
    alone = joint.independent(torch.tensor([[0.2, 0.1, 0.7], [0.5, 0.3, 0.2]]).double())
    for steps in (1, 2, 3):
        assert joint.total_variation(chain(alone, grid(steps)), alone) < 1e-12
    start = torch.randint(V, (DRAWS, N), generator=seeded(9))
    found = last(uniform.ancestral(Exact(alone), start, grid(2), seeded(10)))
    assert joint.total_variation(counted(found), alone) < NOISE


def test_errors_name_the_remedy() -> None:
    with pytest.raises(ValueError, match="fall from 1 to 0"):
        list(uniform.ancestral(Exact(P), EVERY, [0.9, 0.0], seeded(0)))
