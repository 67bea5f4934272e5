"""Kolmogorov-Smirnov against scipy and its own distribution."""

import pytest
import torch
from hypothesis import given, strategies as st
from scipy import stats

from gendiff.metrics import ks_critical, ks_distance


@given(st.lists(st.floats(-3, 3), min_size=1, max_size=20))
def test_one_sample_agrees_with_scipy(x: list[float]) -> None:
    values = torch.tensor(x, dtype=torch.float64)
    found = ks_distance(values, torch.special.ndtr)
    assert found == pytest.approx(stats.ks_1samp(values, stats.norm.cdf).statistic)


def test_critical_values() -> None:
    # Tables: 0.409 for n = 10, and 1.358 / sqrt(n) in the limit.
    assert ks_critical(10) == pytest.approx(0.409, abs=5e-4)
    assert ks_critical(100_000) == pytest.approx(1.358 / 100_000**0.5, rel=2e-3)
    assert ks_critical(50, level=0.01) > ks_critical(50)


def test_perfect_samples_exceed_the_critical_value_as_often_as_said() -> None:
    generator = torch.Generator().manual_seed(0)
    drawn = torch.rand(2000, 30, generator=generator)
    critical = ks_critical(30)
    over = sum(ks_distance(x, lambda u: u.clamp(0, 1)) > critical for x in drawn)
    assert over / 2000 == pytest.approx(0.05, abs=0.015)
