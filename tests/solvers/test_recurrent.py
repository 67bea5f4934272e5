"""Self-recurrence: once is the solver, more often keeps the distribution."""

import math
from functools import partial

import pytest
import torch

from gendiff.exact import Isotropic
from gendiff.grids import geometric
from gendiff.noise import seeded
from gendiff.record import Counted, last
from gendiff.solvers import Recurrent, euler
from gendiff.testing import SMOOTH

X = torch.randn(6, 2, generator=torch.Generator().manual_seed(3), dtype=torch.float64)


def test_recurrence_keeps_the_distribution() -> None:
    data = Isotropic(torch.tensor(0.5).double(), 0.8)
    generator = torch.Generator().manual_seed(0)
    high = 3.0
    x = 0.5 + math.sqrt(0.8**2 + high**2) * torch.randn(
        20_000, 1, generator=generator, dtype=torch.float64
    )
    noise = seeded(generator)
    solver = Recurrent(partial(euler, eta=1.0, noise=noise), 3, noise)
    end = last(solver(data, x, geometric(80, low=0.02, high=high)))
    assert float(end.mean()) == pytest.approx(0.5, abs=0.03)
    assert float(end.std()) == pytest.approx(0.8, abs=0.03)


def test_recurrence_once_is_the_solver_and_more_cost_more() -> None:
    grid = geometric(6, low=0.1, high=4.0)
    counted = Counted(SMOOTH)
    once = list(Recurrent(euler, 1)(counted, X, grid))
    plain = list(euler(SMOOTH, X, grid))
    assert [step.level for step in once] == [step.level for step in plain]
    assert torch.equal(once[-1].x, plain[-1].x)
    assert counted.nfe == len(grid) - 1
    noise = seeded(torch.Generator().manual_seed(1))
    last(Recurrent(euler, 4, noise)(counted, X, grid))
    assert counted.nfe == 5 * (len(grid) - 1)


def test_no_try_is_no_step() -> None:
    with pytest.raises(ValueError, match="repeats is 0"):
        Recurrent(euler, 0)
