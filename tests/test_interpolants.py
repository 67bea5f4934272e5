"""Paths between samples: their derivatives, their walks, and other names for steps."""

from functools import partial

import pytest
import torch
from other_line import OTHER
from torch import Tensor

from gendiff.data import two_bumps
from gendiff.exact import GaussianMixture
from gendiff.exact.interpolated import Interpolated
from gendiff.frames import FLOW
from gendiff.interpolants import (
    LINEAR,
    Interpolant,
    alpha_blending,
    bridge,
    diffuse,
    indi,
    transport,
)
from gendiff.noise import seeded
from gendiff.testing import SMOOTH
from gendiff.types import level
from gendiff.views import velocity

TURNING = Interpolant(
    lambda t: (torch.pi * t / 2).cos(),
    lambda t: (torch.pi * t / 2).sin(),
    lambda t: 0.3 * (torch.pi * t).sin() ** 2,
)
PATHS = {"linear": LINEAR, "bridge": bridge(0.8), "turning": TURNING}
TIME = level(0.3)


def normal(*shape: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator, dtype=torch.float64)


START, END, Z = normal(3, 6, 2).unbind()


@pytest.mark.parametrize("name", PATHS)
def test_a_path_leads_from_the_start_to_the_end(name: str) -> None:
    path = PATHS[name]
    for time, there in ((0.0, START), (1.0, END)):
        found = path.state(START, END, Z, level(time))
        torch.testing.assert_close(found, there, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", PATHS)
@pytest.mark.parametrize("time", [TIME, torch.linspace(0.1, 0.9, 6).double()])
def test_velocity_is_the_derivative_of_the_state(name: str, time: Tensor) -> None:
    path, h = PATHS[name], 1e-6
    states = [path.state(START, END, Z, time + step) for step in (h, -h)]
    slope = (states[0] - states[1]) / (2 * h)
    got = path.velocity(START, END, Z, time)
    torch.testing.assert_close(got, slope, rtol=0, atol=1e-8)


def test_the_score_is_that_of_the_noise_around_the_mean() -> None:
    path, time = bridge(0.8), torch.linspace(0.1, 0.9, 6).double()
    x = path.state(START, END, Z, time)
    mean = path.state(START, END, torch.zeros_like(Z), time)
    variance = (0.64 * time * (1 - time))[:, None]
    torch.testing.assert_close(path.score(Z, time), (mean - x) / variance)


def test_with_noise_at_the_end_the_straight_path_is_the_flow() -> None:
    unit = torch.ones(1, 1, dtype=torch.float64)
    noise = GaussianMixture(unit[0], 0 * unit, unit[None])
    for data in (two_bumps(), OTHER):
        path = Interpolated(LINEAR, data, noise)
        y, time = 2 * normal(20, 1), level(0.35)
        sigma = time / (1 - time)
        expected = velocity(data, (1 + sigma) * y, sigma, FLOW)
        torch.testing.assert_close(path.velocity(y, time), expected)


BLEND = Interpolated(LINEAR, two_bumps(), OTHER)
X = 2 * normal(20, 1, seed=3)


def mean_ends(x: Tensor, time: float) -> tuple[Tensor, Tensor]:
    """Return the mean start and end of what passes `x`, by summation over a lattice."""
    ends = torch.linspace(-9, 9, 4001, dtype=torch.float64)
    starts = (x - time * ends) / (1 - time)
    before = BLEND.start.log_density(starts.reshape(-1, 1), level(0.0))
    after = BLEND.end.log_density(ends[:, None], level(0.0))
    weight = (before.reshape(starts.shape) + after).softmax(1)
    return (weight * starts).sum(1, keepdim=True), (weight * ends).sum(1, keepdim=True)


def test_alpha_blending_and_direct_iteration_are_euler_steps() -> None:
    start, end = mean_ends(X, 0.6)
    for times in ([0.6, 0.45], [0.6, 0.75], [0.6, 0.0]):
        (euler,) = transport(BLEND.velocity, X, times)
        blended = alpha_blending(X, start, end, *times)
        torch.testing.assert_close(blended, euler, rtol=0, atol=1e-9)
        torch.testing.assert_close(indi(X, start, *times), euler, rtol=0, atol=1e-9)
    # With one and the same network the three are one, to the last digits.
    v = BLEND.velocity(X, level(0.6))
    start, end = X - 0.6 * v, X + 0.4 * v
    (euler,) = transport(BLEND.velocity, X, [0.6, 0.45])
    for other in (alpha_blending(X, start, end, 0.6, 0.45), indi(X, start, 0.6, 0.45)):
        torch.testing.assert_close(other, euler, rtol=0, atol=1e-12)


def moments(x: Tensor) -> Tensor:
    return torch.stack([x.mean(), x.var(correction=0), (x < 0).double().mean()])


@pytest.mark.parametrize("epsilon", [0.0, 0.3])
@pytest.mark.parametrize("times", [(0.0, 1.0), (1.0, 0.0)])
def test_flow_and_diffusion_end_in_the_same_distribution(
    epsilon: float, times: tuple[float, float]
) -> None:
    n, generator = 6_000, torch.Generator().manual_seed(0)
    both = Interpolated(bridge(1.0), two_bumps(), OTHER)
    ends = [data.sample(n, generator) for data in (both.start, both.end)]
    now, wanted = ends if times[0] == 0 else ends[::-1]
    grid = torch.linspace(*times, 81).tolist()
    walk = partial(diffuse, epsilon=epsilon, noise=seeded(generator))
    for now in walk(both.velocity, both.score, now, grid):  # noqa: B007, B020
        pass
    # Four standard errors of both, and the bias of Euler's steps.
    apart = (moments(now) - moments(wanted)).abs()
    assert (apart < torch.tensor([0.15, 0.4, 0.03])).all()
    if epsilon == 0:
        x = ends[0] if times[0] == 0 else ends[1]
        *_, flow = transport(both.velocity, x, grid)
        torch.testing.assert_close(now, flow)


def test_a_step_with_noise_has_its_mean_and_spread_in_both_directions() -> None:
    def pull(x: Tensor, time: Tensor) -> Tensor:
        return -x * (1 + time)

    def drift(x: Tensor, time: Tensor) -> Tensor:
        return x.sin() + time

    for times in ([0.2, 0.5], [0.5, 0.2]):
        step = times[1] - times[0]
        (end,) = diffuse(drift, pull, START, times, epsilon=0.7, noise=lambda _: Z)
        time = times[0]
        expected = START + step * (START.sin() + time) - 0.3 * 0.7 * START * (1 + time)
        torch.testing.assert_close(end, expected + (2 * 0.7 * 0.3) ** 0.5 * Z)


def test_what_has_no_meaning_is_named() -> None:
    with pytest.raises(ValueError, match="width is 0"):
        bridge(0.0)
    with pytest.raises(ValueError, match="epsilon is -1"):
        next(diffuse(BLEND.velocity, BLEND.score, X, [0.0, 1.0], epsilon=-1.0))
    with pytest.raises(ValueError, match="time is 0"):
        indi(X, X, 0.0, -0.1)
    with pytest.raises(ValueError, match="1 dimensions, the end 2"):
        Interpolated(LINEAR, OTHER, SMOOTH)
