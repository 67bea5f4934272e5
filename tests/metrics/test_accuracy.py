"""Accuracy and its standard error."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gendiff.metrics.accuracy import accuracy, share


def test_accuracy_by_hand_and_in_batches() -> None:
    images = torch.eye(4).repeat(5, 1)
    labels = torch.arange(4).repeat(5)
    labels[:5] = (labels[:5] + 1) % 4
    found = accuracy(lambda x: 3 * x, images, labels, batch=7)
    assert found.value == 15 / 20


@given(st.integers(1, 400), st.data())
def test_error_is_near_the_binomial_and_never_zero(n: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, n))
    found = share(hits, n)
    assert found.value == hits / n
    assert found.error > 0
    assert found.error < 0.5 / math.sqrt(n)


def test_error_is_the_binomial_for_many() -> None:
    assert share(30_000, 100_000).error == pytest.approx(
        math.sqrt(0.3 * 0.7 / 100_000), rel=1e-3
    )


@pytest.mark.parametrize(("hits", "n"), [(0, 0), (3, 2), (-1, 5)])
def test_impossible_counts_are_refused(hits: int, n: int) -> None:
    with pytest.raises(ValueError, match="hits in"):
        share(hits, n)
