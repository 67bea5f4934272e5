"""Formulas of the chapter on language, by sums over sequences in numpy."""

import itertools
import math

import numpy as np
import pytest
import torch
from scipy.integrate import quad
from scipy.stats import norm

from gendiff.discrete import joint
from gendiff.tokens import corruption, masked
from gendiff.tokens.sampling import categorical

V, N = 2, 3
RNG = np.random.default_rng(0)
EVERY = list(itertools.product(range(V), repeat=N))


def test_l_c19_slopes_depend_on_the_numbering_and_ratios_do_not() -> None:
    probability = np.array([0.5, 0.2, 0.3])
    slopes: list[float] = []
    ratios: list[float] = []
    for number in ([0.0, 1.0, 2.0], [2.0, 0.0, 1.0], [0.0, 1e-6, 2.0]):
        rise = math.log(probability[1]) - math.log(probability[0])
        slopes.append(rise / (number[1] - number[0]))
        at = dict(zip(number, probability.tolist(), strict=True))
        ratios.append(at[number[1]] / at[number[0]])
    assert ratios == pytest.approx([0.4] * 3)
    assert slopes[0] == pytest.approx(-2 * slopes[1])
    # The nearer the numbers of two symbols, the steeper: there is no limit.
    assert slopes[2] == pytest.approx(1e6 * slopes[0])


def test_l_m08_a_mask_stays_with_the_ratio_of_what_is_hidden() -> None:
    # Signal 0.7 falls to 0.6: by Bayes on the table of a token, then and now.
    now = {"hidden before": 0.3, "hidden since": 0.7 * (1 - 0.6 / 0.7)}
    stays = now["hidden before"] / sum(now.values())
    assert stays == pytest.approx(0.75)
    hiding = corruption.absorbing(V)
    found = corruption.posterior(
        corruption.kernel(hiding, 0.0, 0.3), corruption.kernel(hiding, 0.3, 0.4)
    )
    assert found[:V, V, V].tolist() == pytest.approx([stays] * V)


def test_l_m09_multinomial_kernels_multiply_and_reverse_by_bayes() -> None:
    keep = [0.9, 0.8, 0.7]
    steps = [a * np.eye(5) + (1 - a) * np.ones((5, 5)) / 5 for a in keep]
    signal = np.cumprod(keep).tolist()
    product = steps[0] @ steps[1] @ steps[2]
    noise = corruption.uniform(5)
    whole = corruption.kernel(noise, 0.0, 1 - signal[2]).numpy()
    assert np.abs(product - whole).max() < 1e-14
    assert np.abs(whole.sum(1) - 1).max() < 1e-14
    before = corruption.kernel(noise, 0.0, 1 - signal[1])
    last = corruption.kernel(noise, 1 - signal[1], 1 - signal[2])
    found = corruption.posterior(before, last).numpy()
    for clean, noisy in itertools.product(range(5), repeat=2):
        weight = steps[2][:, noisy] * (steps[0] @ steps[1])[clean]
        assert found[clean, noisy] == pytest.approx(weight / weight.sum(), abs=1e-14)


def test_l_m10_the_bound_in_continuous_time_is_the_average_over_orders() -> None:
    data = RNG.dirichlet(np.ones(V**N)).reshape([V] * N)
    # Any conditionals: of each masked sequence and place, those of no joint.
    logits = torch.from_numpy(RNG.normal(size=[V + 1] * N + [N, V]))

    def q(x: tuple[int, ...], visible: tuple[int, ...], place: int) -> float:
        seen = tuple(x[i] if i in visible else V for i in range(N))
        return float(logits[seen][place].softmax(0)[x[place]])

    by_order = [
        sum(
            -float(data[x]) * math.log(q(x, order[:k], order[k]))
            for x in EVERY
            for k in range(N)
        )
        for order in itertools.permutations(range(N))
    ]
    # At rate t a given mask of n places has probability t^n (1 - t)^(N - n), and the
    # integral of that over t, divided by t, is a Beta function.
    by_rate = 0.0
    for n in range(1, N + 1):
        beta = math.factorial(n - 1) * math.factorial(N - n) / math.factorial(N)
        for hidden in itertools.combinations(range(N), n):
            rest = tuple(i for i in range(N) if i not in hidden)
            by_rate += beta * sum(
                -float(data[x]) * math.log(q(x, rest, i)) for x in EVERY for i in hidden
            )
    assert by_rate == pytest.approx(sum(by_order) / len(by_order), abs=1e-12)
    # The library's loss estimates it.
    generator = torch.Generator().manual_seed(0)
    tokens = joint.normalised(torch.from_numpy(data).log()).sample(20_000, generator)
    found = masked.Bound(V)(lambda x: logits[x.unbind(1)], (tokens,), generator)
    error = float(found.std()) / math.sqrt(len(found))
    assert float(found.mean()) == pytest.approx(by_rate, abs=4 * error)


def test_l_m11_steps_cost_what_their_first_place_does() -> None:
    # Two symbols that stay with probability 0.9, by a sum over all 2^16 masks.
    places = 16
    flip = (1 - 0.8 ** np.arange(places + 1)) / 2

    def surprise(p: np.ndarray) -> np.ndarray:
        return -p * np.log(np.clip(p, 1e-300, 1.0))

    def entropy(p: np.ndarray) -> np.ndarray:
        return surprise(p) + surprise(1 - p)

    # A place between neighbours at distances a and b, 0 for none on that side: the
    # entropy of the two bits that tell whether the symbols on the way change.
    a, b = np.meshgrid(flip, flip, indexing="ij")
    between = entropy(a) + entropy(b) - entropy(a * (1 - b) + b * (1 - a))
    between[0], between[:, 0] = entropy(flip), entropy(flip)
    between[0, 0] = math.log(2)
    visible = np.array(list(itertools.product((False, True), repeat=places)))
    price = np.zeros(places + 1)
    ahead = np.zeros((places, len(visible)), dtype=int)
    since = np.zeros(len(visible), dtype=int)
    for place in reversed(range(places)):
        ahead[place] = since
        since = np.where(visible[:, place], 1, np.where(since, since + 1, 0))
    since = np.zeros(len(visible), dtype=int)
    hidden = places - visible.sum(1)
    for place in range(places):
        cost = np.where(visible[:, place], 0.0, between[since, ahead[place]])
        price += np.bincount(hidden, cost, minlength=places + 1)
        since = np.where(visible[:, place], 1, np.where(since, since + 1, 0))
    ways = np.array([n * math.comb(places, n) for n in range(places + 1)])
    price[1:] /= ways[1:]
    chain = float(entropy(np.array(0.1)) * (places - 1) + math.log(2))
    found = [places / s * price[:: places // s].sum() - chain for s in (1, 2, 4, 8, 16)]
    assert found == pytest.approx([5.5210, 2.2979, 0.8981, 0.2818, 0.0], abs=6e-5)


def frequency_on_a_grid(chance: float, spacing: float) -> float:
    """Count how often a token wins a race whose numbers `u` lie on a grid."""
    clock = -np.log(np.arange(1, round(1 / spacing)) * spacing)[::-1]
    # Against all others together; whoever's clock over chance is less has won.
    later = len(clock) - np.searchsorted(clock, clock / chance * (1 - chance), "right")
    return float(later.sum()) * spacing**2


def test_l_m13_what_is_rare_is_drawn_too_rarely_on_a_grid() -> None:
    c = np.array([0.5, 1.0, 2.0, 4.0])
    expected = (c / np.expm1(c)).tolist()
    assert expected == pytest.approx([0.771, 0.582, 0.313, 0.075], abs=5e-4)
    # Of S steps each draws the token with probability p / S, the grid's spacing over c.
    spacing = 2.0**-12
    found = [frequency_on_a_grid(spacing / x, spacing) * x / spacing for x in c]
    assert found == pytest.approx(expected, abs=2e-3)
    p = np.array([1e-3, 1e-4, 1e-5])
    c = 1000 / (2**24 * p)
    assert (c / np.expm1(c)).tolist() == pytest.approx([0.97, 0.73, 0.015], abs=5e-3)


def test_l_m13_the_library_draws_off_the_grid() -> None:
    logits = torch.randn(200, 5000, generator=torch.Generator().manual_seed(0))
    drawn = categorical(logits, torch.Generator().manual_seed(1))
    # The race that torch runs: the token whose clock over probability is least.
    generator = torch.Generator().manual_seed(1)
    clock = torch.empty(200, 5000).exponential_(generator=generator)
    assert (drawn == (logits.softmax(-1) / clock).argmax(-1)).all()
    uniform = torch.rand(200, 5000, generator=generator)

    def off_grid(clock: torch.Tensor) -> float:
        steps = -torch.expm1(-clock[clock < 2**-10].double()) * 2**24
        return float((steps - steps.round()).abs().max())

    assert off_grid(clock) > 0.4
    assert off_grid(-torch.log1p(-uniform)) < 0.01


@pytest.mark.parametrize("signal", [0.3, 1.0, 3.0])
def test_l_s23_the_largest_of_gaussians_is_multinomial_noise(signal: float) -> None:
    vocabulary = 5

    def stays(z: float) -> float:
        return float(norm.pdf(z - signal) * norm.cdf(z) ** (vocabulary - 1))

    def turns(z: float) -> float:
        rest = norm.cdf(z) ** (vocabulary - 2)
        return float(norm.pdf(z) * norm.cdf(z - signal) * rest)

    # One-hot tokens times the signal, plus noise, then the largest coordinate.
    same, other = (quad(each, -12, 12 + signal)[0] for each in (stays, turns))
    rate = vocabulary * other
    kernel = corruption.kernel(corruption.uniform(vocabulary), 0.0, rate)
    assert kernel[0].tolist() == pytest.approx([same] + [other] * 4, abs=1e-8)
    noise = torch.randn(40_000, vocabulary, generator=torch.Generator().manual_seed(0))
    noise[:, 0] += signal
    often = noise.argmax(1).bincount(minlength=vocabulary) / len(noise)
    assert often.tolist() == pytest.approx(kernel[0].tolist(), abs=0.01)
