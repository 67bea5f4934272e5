"""Residuals of flow maps: 0 for exact maps, and what they must be for others."""

import numpy as np
import pytest
import torch
from other_line import OTHER
from torch import Tensor

from gendiff.data import two_bumps
from gendiff.exact import Gaussian, QuantileFlow
from gendiff.flow_maps import (
    FlowMap,
    eulerian_residual,
    lagrangian_residual,
    mean_flow_residual,
    mean_velocity,
    semigroup_residual,
)
from gendiff.frames import ANGLE, DATA, FLOW, NOISE, Frame, angle
from gendiff.types import Denoiser, level, like
from gendiff.views import noise, velocity

PLANE = Gaussian(
    torch.tensor([0.4, -1.0], dtype=torch.float64),
    torch.tensor([[1.0, 0.6], [0.6, 0.5]], dtype=torch.float64),
)
POINTS = torch.tensor([[-3.0], [0.2], [2.5]], dtype=torch.float64)
FRAMES = [NOISE, DATA, FLOW, ANGLE, angle(0.5)]


def on_the_plane(x: Tensor, sigma: Tensor, to: Tensor) -> Tensor:
    """Return the flow of `PLANE`, between levels that may differ between samples."""
    total = (PLANE.variances + like(to, x) ** 2) / (
        PLANE.variances + like(sigma, x) ** 2
    )
    return PLANE.mean + PLANE.unrotate(total.sqrt() * PLANE.rotate(x - PLANE.mean))


EXACT: list[tuple[FlowMap, Denoiser, Tensor]] = [
    (QuantileFlow(two_bumps()), two_bumps(), POINTS),
    (QuantileFlow(OTHER), OTHER, POINTS),
    (on_the_plane, PLANE, torch.cat([POINTS, POINTS.flip(0)], 1)),
]
LEVELS = [
    (level(1.0), level(0.4), level(0.1)),
    (level(0.3), level(5.0), level(2.0)),
    tuple(torch.tensor(s).double() for s in ([1.0, 2, 9], [0.5, 2, 3], [0.2, 1, 4])),
]


@pytest.mark.parametrize(("flow", "denoise", "x"), EXACT)
@pytest.mark.parametrize("levels", LEVELS)
def test_exact_maps_leave_nothing(
    flow: FlowMap, denoise: Denoiser, x: Tensor, levels: tuple[Tensor, Tensor, Tensor]
) -> None:
    sigma, between, to = levels
    left = [
        semigroup_residual(flow, x, sigma, between, to),
        lagrangian_residual(flow, denoise, x, sigma, to),
        eulerian_residual(flow, denoise, x, sigma, to),
        *(mean_flow_residual(flow, denoise, x, sigma, to, frame) for frame in FRAMES),
    ]
    for residual in left:
        torch.testing.assert_close(residual, torch.zeros_like(x), rtol=0, atol=1e-10)


@pytest.mark.parametrize(("flow", "denoise", "x"), EXACT)
def test_to_level_0_only_the_lagrangian_has_no_meaning(
    flow: FlowMap, denoise: Denoiser, x: Tensor
) -> None:
    left = eulerian_residual(flow, denoise, x, level(1.0), level(0.0))
    torch.testing.assert_close(left, torch.zeros_like(x), rtol=0, atol=1e-10)


def wrong(x: Tensor, sigma: Tensor, to: Tensor) -> Tensor:
    """Return a map that is no flow's, curved in all its arguments."""
    return x + (like(to, x) - like(sigma, x)) * (x * like(sigma, x)).sin() * like(to, x)


@pytest.mark.parametrize("levels", LEVELS[:2])
def test_residuals_of_a_wrong_map_by_finite_differences(
    levels: tuple[Tensor, Tensor, Tensor],
) -> None:
    sigma, between, to = levels
    x, h = POINTS, 1e-5
    v = noise(OTHER, x, sigma)
    speeds = (wrong(x, sigma, to + h) - wrong(x, sigma, to - h)) / (2 * h)
    arrived = wrong(x, sigma, to)
    expected = speeds - (arrived - OTHER(arrived, to)) / to
    got = lagrangian_residual(wrong, OTHER, x, sigma, to)
    torch.testing.assert_close(got, expected, rtol=1e-7, atol=1e-7)
    ends = [wrong(x + s * h * v, sigma + s * h, to) for s in (1, -1)]
    expected = (ends[0] - ends[1]) / (2 * h)
    got = eulerian_residual(wrong, OTHER, x, sigma, to)
    torch.testing.assert_close(got, expected, rtol=1e-7, atol=1e-7)
    twice = wrong(wrong(x, sigma, between), between, to)
    torch.testing.assert_close(
        semigroup_residual(wrong, x, sigma, between, to), twice - arrived
    )
    assert float((twice - arrived).abs().min()) > 1e-3


@pytest.mark.parametrize("frame", FRAMES, ids=lambda frame: frame.name)
@pytest.mark.parametrize("flow", [QuantileFlow(OTHER), wrong])
def test_the_identity_of_mean_flow_by_finite_differences(
    frame: Frame, flow: FlowMap
) -> None:
    # Along the trajectory, in the coordinates and by the clock of the frame.
    x, sigma, to, h = POINTS, level(1.0), level(0.4), 1e-5
    v = velocity(OTHER, x, sigma, frame)

    def mean(step: float) -> Tensor:
        after = frame.clock.inverse(frame.clock.forward(sigma) + step)
        y = frame.scale(sigma) * x + step * v
        return mean_velocity(flow, y / frame.scale(after), after, to, frame)

    slope = (mean(h) - mean(-h)) / (2 * h)
    elapsed = frame.clock.forward(sigma) - frame.clock.forward(to)
    expected = mean(0.0) - v + elapsed * slope
    got = mean_flow_residual(flow, OTHER, x, sigma, to, frame)
    torch.testing.assert_close(got, expected, rtol=1e-6, atol=3e-8)


def test_pinned_mean_velocities() -> None:
    flow, data = QuantileFlow(two_bumps()), two_bumps()
    u = mean_velocity(flow, POINTS, level(1.0), level(0.0), FLOW)[:, 0]
    np.testing.assert_allclose(u, [2.153196, -1.100591, -0.724453], atol=1e-6)
    v = velocity(data, POINTS, level(1.0), FLOW)[:, 0]
    np.testing.assert_allclose(v, [1.642069, -1.146494, 0.004007], atol=1e-6)


@pytest.mark.parametrize("frame", FRAMES, ids=lambda frame: frame.name)
def test_over_a_short_time_the_mean_is_the_velocity(frame: Frame) -> None:
    sigma, near = level(1.0), level(1 - 1e-6)
    u = mean_velocity(QuantileFlow(OTHER), POINTS, sigma, near, frame)
    v = velocity(OTHER, POINTS, sigma, frame)
    torch.testing.assert_close(u, v, rtol=0, atol=1e-5)


def test_networks_can_be_trained_by_every_residual() -> None:
    weight = torch.ones((), dtype=torch.float64, requires_grad=True)

    def net(x: Tensor, sigma: Tensor, to: Tensor) -> Tensor:
        return x + (like(to, x) - like(sigma, x)) * weight * x.sin()

    sigma, to = level(1.0), level(0.4)
    for residual in (
        semigroup_residual(net, POINTS, sigma, level(0.7), to),
        lagrangian_residual(net, OTHER, POINTS, sigma, to),
        eulerian_residual(net, OTHER, POINTS, sigma, to),
        mean_flow_residual(net, OTHER, POINTS, sigma, to, FLOW),
    ):
        (slope,) = torch.autograd.grad(residual.square().sum(), weight)
        assert float(slope.abs()) > 1e-3
