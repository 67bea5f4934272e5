"""Formulas of "Fewer steps", by another route.

What follows is written as in the papers, in their own coordinates, and held against the
library's. That alpha-blending and direct iteration are Euler steps of a flow is in
`test_interpolants`, the equations of flow maps are in `test_perspectives`.
"""

import math
from functools import partial

import pytest
import torch

from gendiff.data import two_bumps
from gendiff.frames import ANGLE
from gendiff.precondition import Preconditioned
from gendiff.types import level
from gendiff.views import velocity

ANGLES = [0.05, 0.4, math.pi / 4, 1.1, 1.5]
exactly = partial(torch.testing.assert_close, rtol=0, atol=1e-12)


def points(seed: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(7, 3, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize("t", ANGLES)
def test_n07_trigflow_is_the_frame_of_the_angle(t: float) -> None:
    # Lu and Song (2024), section 3.1, for data of unit deviation:
    # x_t = cos(t) x_0 + sin(t) z, v_t = cos(t) z - sin(t) x_0.
    x0, z, sigma = points(0), points(1), level(math.tan(t))
    canvas = math.cos(t) * x0 + math.sin(t) * z
    target = math.cos(t) * z - math.sin(t) * x0
    a, b = ANGLE.target(sigma)
    exactly(ANGLE.scale(sigma) * (x0 + sigma * z), canvas)
    exactly(a * x0 + b * z, target)
    assert float(ANGLE.clock.forward(sigma)) == pytest.approx(t, abs=1e-12)
    assert float(ANGLE.clock.inverse(level(t))) == pytest.approx(float(sigma), rel=1e-9)


@pytest.mark.parametrize("t", ANGLES)
def test_n07_a_prediction_is_the_same_both_ways(t: float) -> None:
    # D = cos(t) x_t - sin(t) F, and back F = (cos(t) x_t - D) / sin(t).
    canvas, said, sigma = points(2), points(3), level(math.tan(t))
    clean = math.cos(t) * canvas - math.sin(t) * said
    state = canvas / math.cos(t)
    skip, out = ANGLE.skip_out(sigma)
    exactly(skip * state + out * said, clean)

    def denoise(x: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
        del x, sigma
        return clean

    again = velocity(denoise, state, sigma, ANGLE)
    torch.testing.assert_close(again, (math.cos(t) * canvas - clean) / math.sin(t))
    torch.testing.assert_close(again, said)


class _Sees(torch.nn.Module):
    """Remembers what it was shown, and says something that is no symmetry of it."""

    def forward(self, x: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
        del noise
        self.seen = x
        return x.sin() + 0.3


@pytest.mark.parametrize("t", ANGLES)
def test_n07_the_network_sees_the_canvas(t: float) -> None:
    net = _Sees()
    canvas, sigma = points(4), level(math.tan(t))
    clean = Preconditioned(net, data_std=1.0)(canvas / math.cos(t), sigma)
    exactly(net.seen, canvas)
    expected = math.cos(t) * canvas - math.sin(t) * (canvas.sin() + 0.3)
    exactly(clean, expected)


@pytest.mark.parametrize("t", ANGLES)
def test_n07_the_flow_turns_with_the_prediction(t: float) -> None:
    # dx_t/dt = F along the probability flow: the score's flow dx = -sigma score dsigma,
    # by the chain rule, in the coordinates of the canvas.
    data, sigma = two_bumps(), level(math.tan(t))
    x = torch.linspace(-3, 3, 9, dtype=torch.float64)[:, None]
    eps = (x - data(x, sigma)) / sigma
    speed = math.cos(t) * eps / math.cos(t) ** 2 - math.sin(t) * x
    torch.testing.assert_close(velocity(data, x, sigma, ANGLE), speed)
