"""Formulas of the chapter on language, by sums over sequences in numpy."""

import itertools
import math

import numpy as np
import pytest
import torch

from gendiff.discrete import joint
from gendiff.tokens import corruption, masked

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
    found = masked.loss(lambda x: logits[x.unbind(1)], tokens, V, generator)
    error = float(found.std()) / math.sqrt(len(found))
    assert float(found.mean()) == pytest.approx(by_rate, abs=4 * error)
