"""Six objectives agree where the model can be right, and part where it can't."""

import numpy as np
import pytest
from scipy import stats

from gendiff.studies.typicality import one_bump

X = np.linspace(-9, 8, 802)
BELL = one_bump.Data(X, stats.norm.pdf(X, -0.4, 1.3))
TWO = one_bump.Data(
    X, 0.3 * stats.norm.pdf(X, -2, 0.5**0.5) + 0.7 * stats.norm.pdf(X, 1, 0.2**0.5)
)


def test_quantiles_and_distribution_function_are_the_normal_ones() -> None:
    assert BELL.cdf == pytest.approx(stats.norm.cdf(X, -0.4, 1.3), abs=1e-4)
    known = stats.norm.ppf(one_bump.LEVELS, -0.4, 1.3)
    assert BELL.quantiles == pytest.approx(known, abs=0.01)


@pytest.mark.parametrize("name", one_bump.OBJECTIVES)
def test_every_objective_finds_the_truth_if_it_can(name: str) -> None:
    found = one_bump.best(one_bump.OBJECTIVES[name], BELL)
    assert found == pytest.approx([-0.4, 1.3], abs=0.02)


def test_likelihood_and_score_matching_return_mean_and_deviation() -> None:
    mean = 0.3 * -2 + 0.7 * 1
    std = (0.3 * (0.5 + 4) + 0.7 * (0.2 + 1) - mean**2) ** 0.5
    for objective in (one_bump.likelihood, one_bump.score_matching):
        assert one_bump.best(objective, TWO) == pytest.approx([mean, std], abs=0.01)


def test_the_likelihood_of_the_truth_is_the_entropy() -> None:
    found = one_bump.likelihood(BELL, -0.4, 1.3)
    assert found == pytest.approx(stats.norm.entropy(-0.4, 1.3), abs=1e-6)


def test_a_perfect_critic_is_fooled_by_the_truth_alone() -> None:
    assert one_bump.perfect_critic(BELL, -0.4, 1.3) == pytest.approx(0, abs=1e-12)
    far = one_bump.perfect_critic(BELL, 50.0, 0.5) * BELL.step
    assert far == pytest.approx(np.log(2), abs=1e-3)  # the model's mass is off the line
