import math

import pytest
import torch

from gendiff.clocks import Clock
from gendiff.frames import ANGLE, DATA, FLOW, NOISE, STRAIGHT, Frame, angle
from gendiff.testing import check_frame

FRAMES = (*STRAIGHT, ANGLE, angle(0.5))


def named(frame: Frame) -> str:
    return frame.name


@pytest.mark.parametrize("frame", FRAMES, ids=named)
def test_frame_is_consistent(frame: Frame) -> None:
    check_frame(frame)


@pytest.mark.parametrize("frame", FRAMES, ids=named)
def test_skip_out_takes_tensors(frame: Frame) -> None:
    sigma = torch.tensor([0.1, 1.0, 7.0], dtype=torch.float64)
    skip, out = frame.skip_out(sigma)
    for i, s in enumerate(sigma.tolist()):
        expected = frame.skip_out(s)
        got = [float(torch.as_tensor(c).expand(3)[i]) for c in (skip, out)]
        assert got == pytest.approx(expected)


def test_angle_is_edm_up_to_sign() -> None:
    # Karras et al. (2022), table 1, with sigma_data = 1.
    for sigma in (0.01, 0.5, 1.0, 30.0):
        skip, out = ANGLE.skip_out(sigma)
        assert skip == pytest.approx(1 / (sigma**2 + 1))
        assert -out == pytest.approx(sigma / math.sqrt(sigma**2 + 1))


def test_known_targets() -> None:
    assert NOISE.skip_out(3.0) == (1.0, -3.0)
    assert DATA.skip_out(3.0) == (0.0, 1.0)
    skip, out = FLOW.skip_out(3.0)
    assert (skip, out) == (0.25, -0.75)


def test_a_broken_frame_is_found() -> None:
    clock = Clock(FLOW.clock.forward, FLOW.clock.inverse, NOISE.clock.rate)
    wrong = Frame("wrong", FLOW.scale, clock, FLOW.target)
    with pytest.raises(AssertionError, match="rate"):
        check_frame(wrong)
    wrong = Frame("wrong", FLOW.scale, FLOW.clock, NOISE.target)
    with pytest.raises(AssertionError, match="target"):
        check_frame(wrong)


@pytest.mark.parametrize("std", [0.0, -1.0, math.inf, math.nan])
def test_angle_rejects_bad_std(std: float) -> None:
    with pytest.raises(ValueError, match="unit"):
        angle(std)


def test_clocks_are_monotone() -> None:
    sigma = torch.logspace(-3, 3, 200, dtype=torch.float64)
    for frame in FRAMES:
        ticks = frame.clock.forward(sigma).diff()
        assert abs(ticks.sign().sum()) == len(sigma) - 1
