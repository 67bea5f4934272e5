import math

import numpy as np
import pytest
import torch
from hypothesis import given, strategies as st

from gendiff import grids
from gendiff.clocks import COSINE, FLOW_TIME, INVERSE, LOG, SIGMA
from gendiff.grids import even


@given(n=st.integers(2, 60), low=st.floats(1e-3, 0.1), high=st.floats(1.0, 500.0))
def test_grids_decrease_from_high_to_zero(n: int, low: float, high: float) -> None:
    for grid in (
        grids.karras(n, low=low, high=high),
        grids.geometric(n, low=low, high=high),
        grids.even(FLOW_TIME, n, high=high),
        grids.even(COSINE, n, high=high),
    ):
        grids.demand_grid(grid)
        assert len(grid) == n + 1
        assert grid[0] == pytest.approx(high)
        assert grid[-1] == 0


def test_karras_pinned() -> None:
    # Karras et al. (2022), eq. 5, by hand for n = 3: (80^(1/7) + 0.002^(1/7)) / 2.
    middle = ((80 ** (1 / 7) + 0.002 ** (1 / 7)) / 2) ** 7
    assert grids.karras(3) == pytest.approx([80, middle, 0.002, 0])


def test_flow_is_even_in_time() -> None:
    sigma = np.array(grids.even(FLOW_TIME.scaled(0.5), 7, high=20.0))
    assert np.diff(sigma / (0.5 + sigma)) == pytest.approx(-(20 / 20.5) / 7)


def test_angle_is_even_in_angle() -> None:
    sigma = np.array(grids.even(COSINE.scaled(0.7), 5, high=3.0))
    assert np.diff(np.arctan(sigma / 0.7)) == pytest.approx(-math.atan(3 / 0.7) / 5)


@pytest.mark.parametrize("n", [1, 2, 9])
def test_even_keeps_its_ends_to_the_digit(n: int) -> None:
    grid = even(INVERSE, n, low=0.1, high=7.0)
    assert len(grid) == n + 1
    assert (grid[0], grid[-1]) == (7.0, 0.0)
    assert np.diff(1 / np.array(grid[:-1])) == pytest.approx(
        (10 - 1 / 7) / max(n - 1, 1)
    )
    assert even(SIGMA, n, high=7.0) == pytest.approx(np.linspace(7, 0, n + 1).tolist())


def test_a_grid_has_one_low_end() -> None:
    with pytest.raises(ValueError, match="finite"):
        even(LOG, 5)
    with pytest.raises(ValueError, match="at least 1"):
        even(FLOW_TIME, 0)


def test_betas() -> None:
    # DDPM's linear betas end at alpha_bar = 4.04e-5 (Ho et al. 2020): sigma = 157.
    grid = grids.from_betas(torch.linspace(1e-4, 0.02, 1000).double())
    assert grid[0] == pytest.approx(157.4, rel=1e-3)
    assert grid[-2] == pytest.approx(math.sqrt(1e-4 / (1 - 1e-4)))
    assert len(grid) == 1001


@pytest.mark.parametrize(
    "bad",
    [[1.0], [1.0, 1.0], [1.0, 2.0], [math.inf, 0.0], [1.0, -1.0], [math.nan, 0.0]],
)
def test_bad_grids_are_named(bad: list[float]) -> None:
    with pytest.raises(ValueError, match="grid"):
        grids.demand_grid(bad)


def test_bad_arguments() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        grids.karras(0)
    with pytest.raises(ValueError, match="low"):
        grids.geometric(5, low=2.0, high=1.0)
    with pytest.raises(ValueError, match="alpha_bar"):
        grids.from_alpha_bar([0.5, 0.0])
    for quiet in ([], [1.0]):
        with pytest.raises(ValueError, match="without noise; give"):
            grids.from_alpha_bar(quiet)
    with pytest.raises(ValueError, match="without noise; give"):
        grids.from_betas([])
