"""Conformance checks: put your own denoiser, solver or frame to the library's tests.

Each check raises an `AssertionError` that says what is wrong, and returns nothing or a
measured number. They are what the library's own suite runs::

    from gendiff.testing import check_solver
    check_solver(my_solver, order=2)
"""

import math
from functools import cache, partial
from itertools import pairwise

import numpy as np
import torch

from gendiff.clocks import Clock
from gendiff.exact.mixture import GaussianMixture
from gendiff.frames import NOISE, Frame
from gendiff.record import last
from gendiff.solvers.multistep import unipc
from gendiff.types import Denoiser, Solver, level

SMOOTH = GaussianMixture.isotropic(
    torch.tensor([0.3, 0.7], dtype=torch.float64),
    torch.tensor([[-1.0, 0.5], [1.0, 0.0]], dtype=torch.float64),
    torch.tensor([0.8, 0.6], dtype=torch.float64),
)
"""Two wide overlapping modes: a problem on which orders show at few steps."""


def check_denoiser(
    denoise: Denoiser, x: torch.Tensor, *, low: float = 1e-3, high: float = 1e4
) -> None:
    """Check what holds for every denoiser of data with bounded spread, at `x`.

    Shape and type are kept; one level and one level a sample agree; samples do not
    see each other; everything is finite from `low` to `high`; and at `low` hardly
    anything is changed.

    Raises:
        AssertionError: Naming the property that fails.
    """
    for sigma in np.geomspace(low, high, 8):
        out = denoise(sigma * x, level(sigma))
        assert out.shape == x.shape, f"shape {out.shape} for input {x.shape}"
        assert out.dtype == x.dtype, f"dtype {out.dtype} for input {x.dtype}"
        assert out.isfinite().all(), f"not finite at sigma = {sigma:g}"
    sigma = torch.full((len(x),), 0.7, dtype=torch.float64)
    one, each = denoise(x, level(0.7)), denoise(x, sigma)
    torch.testing.assert_close(one, each, msg="one level and one a sample differ")
    torch.testing.assert_close(
        one.flip(0), denoise(x.flip(0), level(0.7)), msg="samples see each other"
    )
    near = (denoise(x, level(low)) - x).abs().max() / x.abs().max()
    assert near < math.sqrt(low), f"moves x by {float(near):.2g} at sigma = {low:g}"


def measured_order(
    solver: Solver,
    *,
    denoise: Denoiser = SMOOTH,
    steps: tuple[int, int] = (64, 128),
    high: float = 10.0,
    low: float = 0.1,
) -> float:
    """Return the slope of log error against log step count, between two counts.

    The error is the largest over 64 trajectories of the probability flow, against a
    third-order reference with 2,000 steps.
    """
    x, exact = _reference(denoise, high, low)
    errors = [
        float((last(solver(denoise, x, _grid(high, low, n))) - exact).abs().max())
        for n in steps
    ]
    return math.log(errors[0] / errors[1]) / math.log(steps[1] / steps[0])


def _grid(high: float, low: float, n: int) -> list[float]:
    return np.geomspace(high, low, n + 1).tolist()


@cache
def _reference(
    denoise: Denoiser, high: float, low: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return starting points and where the flow takes them."""
    generator = torch.Generator().manual_seed(0)
    with torch.inference_mode(mode=False):  # the cache serves all modes
        x = high * torch.randn(64, 2, generator=generator, dtype=torch.float64)
        return x, last(unipc(denoise, x, _grid(high, low, 2000), order=3, frame=NOISE))


def check_solver(solver: Solver, *, order: int, within: float = 0.2) -> float:
    """Check that a deterministic solver walks its grid and has its order; return it.

    Raises:
        AssertionError: If it skips a level, changes the type of the state, writes into
            its argument, or its measured order differs by more than `within`.
    """
    grid = [2.0, 1.0, 0.5, 0.0]
    for dtype in (torch.float32, torch.float64):
        x = torch.ones(3, 2, dtype=dtype)
        steps = list(solver(SMOOTH, x, grid))
        levels = [step.level for step in steps]
        assert levels == grid[1:], f"visited {levels} of the grid {grid}"
        assert all(s.x.dtype == dtype for s in steps), f"does not keep {dtype}"
        assert bool((x == 1).all()), "writes into its argument"
        assert all(
            s.x.data_ptr() != s_next.x.data_ptr() for s, s_next in pairwise(steps)
        ), "yields the same tensor twice"
    found = measured_order(solver)
    assert abs(found - order) < within, f"order {found:.2f}, not {order}"
    return found


def check_clock(clock: Clock, sigma: torch.Tensor) -> None:
    """Check that forward, inverse and rate of a clock tell the same story at `sigma`.

    Raises:
        AssertionError: If `inverse` does not undo `forward`, or the rate is not its
            derivative.
    """
    back = clock.inverse(clock.forward(sigma))
    torch.testing.assert_close(
        back, sigma, rtol=1e-9, atol=0, msg="inverse does not undo forward"
    )
    h = 1e-6 * sigma
    change = clock.forward(sigma + h) - clock.forward(sigma - h)
    torch.testing.assert_close(
        clock.rate(sigma),
        change / (2 * h),
        rtol=1e-6,
        atol=0,
        msg="rate is not du/dsigma",
    )


def check_frame(frame: Frame) -> None:
    """Check that scale, clock, rate and target of a frame tell the same story.

    Raises:
        AssertionError: If the rate is not the clock's derivative, the target not the
            velocity of `(x0, eps)`, or `skip_out` does not recover `x0`.
    """
    sigma = torch.from_numpy(np.geomspace(0.05, 20.0, 9))
    h = 1e-6 * sigma
    up, down = sigma + h, sigma - h
    check_clock(frame.clock, sigma)
    du = frame.clock.forward(up) - frame.clock.forward(down)
    for x0, eps in ((1.0, 0.0), (0.0, 1.0), (0.3, -0.8)):
        ends = [frame.scale(s) * (x0 + s * eps) for s in (up, down)]
        velocity = (ends[0] - ends[1]) / du
        a, b = frame.target(sigma)
        target = a * x0 + b * eps + torch.zeros_like(sigma)
        torch.testing.assert_close(
            target, velocity, rtol=1e-5, atol=1e-6, msg="target is not dy/du"
        )
        skip, out = frame.skip_out(sigma)
        torch.testing.assert_close(
            skip * (x0 + sigma * eps) + out * target,
            torch.full_like(sigma, x0),
            rtol=0,
            atol=1e-9,
            msg="skip_out does not recover x0",
        )


def linear_moments(
    solver: partial[object] | Solver,
    denoise: Denoiser,
    grid: list[float],
    *,
    dtype: torch.dtype = torch.float64,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return a stochastic solver's mean and variance on 1-D data, without sampling.

    For a Gaussian's denoiser every solver is linear in its start and in its draws. A
    batch in which each sample carries one of them alone therefore gives the
    distribution of the end exactly: no Monte Carlo error hides a bias.

    Args:
        solver: Takes `noise` as a keyword.
        denoise: A 1-D Gaussian with `mean` and `variances`.
        grid: Noise levels.
        dtype: What the solver computes in.
    """
    draws = 4 * len(grid)
    x = torch.zeros(draws + 2, 1, dtype=dtype)
    x[0] = 1.0  # the start alone; the last row stays without start and draws
    count = 0

    def noise(like: torch.Tensor) -> torch.Tensor:
        nonlocal count
        count += 1
        assert count <= draws, "more draws than rows"
        unit = torch.zeros_like(like)
        unit[count] = 1.0
        return unit

    end = last(solver(denoise, x, grid, noise=noise)).flatten().double()  # type: ignore[operator]
    factors = end[:-1] - end[-1]
    mean, variance = denoise.mean, denoise.variances  # type: ignore[attr-defined]
    start = float(variance) + grid[0] ** 2
    out_mean = end[-1] + factors[0] * float(mean)
    return out_mean, factors[0] ** 2 * start + (factors[1:] ** 2).sum()
