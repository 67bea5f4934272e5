"""Adams' weights against the textbook's, and the folded corrector against itself."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
import torch

from gendiff.clocks import LOG, SIGMA
from gendiff.frames import FLOW, NOISE, Frame
from gendiff.record import last
from gendiff.solvers import multistep, unipc
from gendiff.solvers.adams import adams
from gendiff.testing import SMOOTH
from gendiff.types import level

EQUAL = tuple(float(n) for n in range(8, 1, -1))
BASHFORTH = {
    1: ["1"],
    2: ["3/2", "-1/2"],
    3: ["23/12", "-16/12", "5/12"],
    4: ["55/24", "-59/24", "37/24", "-9/24"],
}
UNEQUAL = [10.0, 6.0, 3.1, 1.4, 0.5, 0.2]


def weights(order: int) -> list[float]:
    return [-float(Fraction(w)) for w in BASHFORTH[order]]  # sigma falls by 1 a step


@pytest.mark.parametrize("order", [1, 2, 3])
def test_predictors_are_adams_bashforth(order: int) -> None:
    steps = adams(EQUAL, order, SIGMA, SIGMA, 0)
    assert steps[0] == pytest.approx(weights(1))
    assert steps[-1] == pytest.approx(weights(order), abs=1e-13)


@pytest.mark.parametrize("order", [1, 2, 3])
def test_corrected_predictions_gain_an_order(order: int) -> None:
    """Over equal steps Moulton's correction makes the next order's prediction."""
    steps = adams(EQUAL, order, SIGMA, SIGMA, len(EQUAL))
    assert steps[-1] == pytest.approx(weights(order + 1), abs=1e-13)
    only_first = adams(EQUAL, order, SIGMA, SIGMA, 1)
    assert only_first[-1] == pytest.approx(weights(order), abs=1e-13)
    assert len(only_first[1]) == 2


def integral(knots: list[float], values: np.ndarray, a: float, b: float) -> np.ndarray:
    """Integrate the polynomial through values at knots, by its monomials."""
    degrees = np.arange(len(knots))
    coefficients = np.linalg.solve(np.vander(knots, increasing=True), values)
    return ((b ** (degrees + 1) - a ** (degrees + 1)) / (degrees + 1)) @ coefficients


@pytest.mark.parametrize("order", [1, 2, 3])
def test_one_sum_is_predicting_and_correcting(order: int) -> None:
    """Zhao et al. (2023), algorithms 1 and 2, with the corrected states kept."""
    x = 10 * torch.randn(5, 2, generator=torch.Generator().manual_seed(2)).double()
    start, state, seen = x.numpy(), x.numpy(), []
    for i, (here, there) in enumerate(pairwise(UNEQUAL)):
        x0 = SMOOTH(torch.from_numpy(state), level(here)).numpy()
        seen.append(((state - x0) / here).ravel())
        if i > 0:
            knots = slice(max(0, i - order), i + 1)
            change = integral(
                UNEQUAL[knots], np.array(seen[knots]), UNEQUAL[i - 1], here
            )
            start = start + change.reshape(start.shape)
        knots = slice(max(0, i - order + 1), i + 1)
        change = integral(UNEQUAL[knots], np.array(seen[knots]), here, there)
        state = start + change.reshape(start.shape)
    got = last(unipc(SMOOTH, x, UNEQUAL, order=order, frame=NOISE, along=SIGMA))
    np.testing.assert_allclose(got.numpy(), state, rtol=1e-11, atol=1e-11)


def test_dpm_solver_2m_as_its_docstring_has_it() -> None:
    x = 10 * torch.randn(5, 2, generator=torch.Generator().manual_seed(2)).double()
    got = last(multistep(SMOOTH, x, UNEQUAL, order=2))
    lengths = -np.diff(np.log(UNEQUAL))
    before = None
    for i, sigma in enumerate(UNEQUAL[:-1]):
        clean = SMOOTH(x, level(sigma))
        h = lengths[i]
        x = np.exp(-h) * x + (1 - np.exp(-h)) * clean
        if before is not None:
            x = x + (np.exp(-h) - 1 + h) * (clean - before) / lengths[i - 1]
        before = clean
    torch.testing.assert_close(got, x, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("frame", [NOISE, FLOW])
def test_where_the_variable_does_not_reach_0_the_last_step_denoises(
    frame: Frame,
) -> None:
    x = 10 * torch.randn(5, 2, generator=torch.Generator().manual_seed(2)).double()
    *_, before, end = multistep(SMOOTH, x, [*UNEQUAL, 0.0], frame=frame, along=LOG)
    assert torch.equal(end.x, SMOOTH(before.x, level(UNEQUAL[-1])))
    *_, whole = multistep(SMOOTH, x, [*UNEQUAL, 0.0], frame=frame, along=frame.clock)
    assert not torch.equal(whole.x, whole.denoised)
