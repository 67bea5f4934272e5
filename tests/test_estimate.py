"""A value, its error and what was counted."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, strategies as st

from gendiff.estimate import Estimate, fraction, mean


def test_a_mean_carries_the_error_of_the_mean() -> None:
    found = mean([1.0, 2.0, 4.0], "training runs")
    assert found.value == pytest.approx(7 / 3)
    assert found.error == pytest.approx(np.std([1, 2, 4], ddof=1) / math.sqrt(3))
    assert (found.n, found.of) == (3, "training runs")
    assert mean(torch.tensor([1.0, 2.0, 4.0]), "training runs") == found


def test_one_repetition_has_no_error() -> None:
    with pytest.raises(ValueError, match="takes two training runs"):
        mean([1.0], "training runs")


@given(st.integers(1, 400), st.data())
def test_a_fraction_is_never_certain(n: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, n))
    found = fraction(hits, n, "images")
    assert found.value == hits / n
    assert 0 < found.error < 0.5 / math.sqrt(n)


def test_the_error_of_a_fraction_is_the_binomial_for_many() -> None:
    binomial = math.sqrt(0.3 * 0.7 / 100_000)
    assert fraction(30_000, 100_000, "x").error == pytest.approx(binomial, rel=1e-3)


@pytest.mark.parametrize(("hits", "n"), [(0, 0), (3, 2), (-1, 5)])
def test_impossible_counts_are_refused(hits: int, n: int) -> None:
    with pytest.raises(ValueError, match="hits of"):
        fraction(hits, n, "images")


@pytest.mark.parametrize(
    ("error", "n", "of", "told"),
    [
        (-0.1, 3, "x", "at least 0"),
        (0.1, 0, "x", "at least 1"),
        (0.1, 3, " ", "counts"),
    ],
)
def test_an_estimate_says_what_it_rests_on(
    error: float, n: int, of: str, told: str
) -> None:
    with pytest.raises(ValueError, match=told):
        Estimate(0.5, error, n, of)


def test_many_estimates_at_once_are_tensors() -> None:
    many = Estimate(torch.zeros(3), torch.ones(3), 8, "probes")
    assert many.n == 8
    with pytest.raises(ValueError, match="at least 0"):
        Estimate(torch.zeros(3), torch.tensor([0.1, -0.1, 0.0]), 8, "probes")
