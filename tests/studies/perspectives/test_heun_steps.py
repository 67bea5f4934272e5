"""Steps of a teacher by Heun's method: those of the sampler, and of second order."""

import torch

from gendiff import last, level
from gendiff.data import two_bumps
from gendiff.distillation import Jump, OneLevel
from gendiff.exact import QuantileFlow
from gendiff.solvers import heun
from gendiff.studies.perspectives.heun_steps import HeunStep

X = torch.linspace(-3, 3, 13, dtype=torch.float64)[:, None]


def test_a_jump_is_the_samplers_step() -> None:
    bumps = two_bumps()
    step = Jump(HeunStep(bumps))(X, level(1.0), level(0.4))
    torch.testing.assert_close(step, last(heun(bumps, X, [1.0, 0.4])))


def test_the_error_of_a_step_falls_with_the_third_power() -> None:
    bumps = two_bumps()
    flow = QuantileFlow(bumps)

    def missed(teacher: HeunStep | OneLevel, to: float) -> float:
        far = Jump(teacher)(X, level(1.0), level(to)) - flow(X, level(1.0), level(to))
        return float(far.abs().max())

    by_heun, by_ddim = HeunStep(bumps), OneLevel(bumps)
    assert 6 < missed(by_heun, 0.9) / missed(by_heun, 0.95) < 10
    assert 3 < missed(by_ddim, 0.9) / missed(by_ddim, 0.95) < 5
