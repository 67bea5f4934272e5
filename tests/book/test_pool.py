"""Runs under several seeds as one number."""

import math
import statistics

import pytest

from gendiff.book.evidence import Measured, Number
from gendiff.book.pool import change, pool, quantity, shown


def test_the_error_is_the_spread_over_seeds() -> None:
    values = [1.0, 2.0, 4.0]
    found = pool([Number(v, 0.1) for v in values])
    assert found.value == pytest.approx(7 / 3)
    assert found.error == pytest.approx(statistics.stdev(values) / math.sqrt(3))
    assert found.spread == pytest.approx(statistics.stdev(values))
    assert found.k == 3


def test_seeds_that_change_nothing_keep_the_error_of_one_run() -> None:
    found = pool([Number(1.0, 0.3), Number(1.0, 0.4), Number(1.0, 0.5)])
    assert found.error == pytest.approx(math.sqrt((0.09 + 0.16 + 0.25) / 3))


def test_seeds_that_agree_by_luck_keep_the_error_within() -> None:
    found = pool([Number(1.0, 0.3), Number(1.001, 0.4), Number(1.0, 0.5)])
    assert found.error == pytest.approx(math.sqrt((0.09 + 0.16 + 0.25) / 3 / 3))


def test_one_run_has_the_error_it_gave_and_none_is_an_error() -> None:
    assert pool([Number(2.0, 0.3)]).error == pytest.approx(0.3)
    assert pool([Number(2.0)]).error == 0
    with pytest.raises(ValueError, match="no run"):
        pool([])


def test_a_quantity_that_a_run_lacks_is_not_pooled() -> None:
    runs = [{"a": Number(1.0), "b": Number(2.0)}, {"a": Number(3.0)}]
    assert quantity(runs, "b") is None
    assert quantity(runs, "c") is None
    assert set(shown(runs)) == {"a"}
    assert shown(runs)["a"].value == 2.0
    assert shown([]) == {}


def test_doubling_is_paired_by_seed() -> None:
    runs = [
        Measured("X", {"a": Number(v)}, doubled={"a": Number(v + 0.1)})
        for v in (1.0, 5.0, 9.0)
    ]
    found = change(runs, "a")
    assert found is not None
    assert found.value == pytest.approx(0.1)
    assert found.error < 1e-9
    assert change([*runs, Measured("X", {"a": Number(1.0)})], "a") is None
    assert change([], "a") is None
