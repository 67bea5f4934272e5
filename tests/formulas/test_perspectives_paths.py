"""Chains and equations of "Perspectives on diffusion": what becomes of many steps.

DDPM's forward chain is linear, so that means and covariances say all of it for Gaussian
data. They are carried from step to step here, without any product of all steps.
"""

import math
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

LEAST, MOST = 0.1, 20.0
"""Of the noise rate, which grows evenly in time from 0 to 1 (Song et al., 2021)."""
MEAN, VARIANCE = 2.0, 0.5
COUNTS = (250, 500, 1_000, 2_000)
Numbers = NDArray[np.float64]


def spent(t: Numbers) -> Numbers:
    """Return the integral of the noise rate up to a time."""
    return LEAST * t + (MOST - LEAST) * t**2 / 2


def chain(count: int, until: float) -> tuple[float, float, float]:
    """Return mean, variance, covariance with the state half-way, of DDPM's chain."""
    mean, variance, covariance = MEAN, VARIANCE, math.nan
    for i in range(1, round(until * count) + 1):
        beta = (LEAST + (MOST - LEAST) * i / count) / count
        keep = math.sqrt(1 - beta)
        mean, variance = keep * mean, keep**2 * variance + beta
        covariance = keep * covariance
        if i == round(until * count) // 2:
            covariance = variance
    return mean, variance, covariance


def equation(until: float, drift: float) -> tuple[float, float, float]:
    """Return the same of `dx = -drift beta x dt + sqrt(beta) dw`, in closed form."""
    half, whole = spent(np.array([until / 2, until]))

    def variance(b: float) -> float:
        kept = math.exp(-2 * drift * b)
        return kept * VARIANCE + (1 - kept) / (2 * drift)

    return (
        math.exp(-drift * whole) * MEAN,
        variance(whole),
        math.exp(-drift * (whole - half)) * variance(half),
    )


def apart(count: int, drift: float) -> float:
    """Return the largest difference of the two, over times and moments."""
    times = (0.2, 0.4, 0.8)
    pairs = [(chain(count, t), equation(t, drift)) for t in times]
    return max(float(np.abs(np.subtract(*pair)).max()) for pair in pairs)


def slope(drift: float) -> float:
    """Return how the difference falls with the number of steps, logs of both."""
    gaps = [apart(count, drift) for count in COUNTS]
    return float(np.polyfit(np.log(COUNTS), np.log(gaps), 1)[0])


def test_c43_ddpm_becomes_the_variance_preserving_equation_as_one_over_its_steps() -> (
    None
):
    assert slope(0.5) == pytest.approx(-1, abs=0.1)
    assert apart(2_000, 0.5) < 0.01


@pytest.mark.parametrize("drift", [0.25, 1.0])
def test_c43_with_another_drift_they_stay_apart(drift: float) -> None:
    assert abs(slope(drift)) < 0.1
    assert apart(2_000, drift) > 0.1


def mean_of(x: Numbers, noise: float, signal: float) -> Numbers:
    """Return the exact mean of clean data, given `signal x0 + noise eps`."""
    gain = signal * VARIANCE / (signal**2 * VARIANCE + noise**2)
    return MEAN + gain * (x - signal * MEAN)


@pytest.mark.parametrize("steps", [3, 50])
def test_s49_time_may_run_from_noise_to_data_or_back(steps: int) -> None:
    times = np.linspace(1, 0, steps + 1)
    ours = theirs = noise = np.array([-1.0, 0.3, 2.0])
    for t, after in pairwise(times):
        # 0 is clean, 1 is noise: the velocity leads from the data to the noise.
        clean = mean_of(ours, t, 1 - t)
        ours = ours + (after - t) * ((ours - (1 - t) * clean) / t - clean)
    for t, after in pairwise(1 - times):
        # 0 is noise, 1 is clean, as in flow matching: it leads the other way.
        clean = mean_of(theirs, 1 - t, t)
        theirs = theirs + (after - t) * (clean - (theirs - t * clean) / (1 - t))
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)
    # By noise level, without a time; the first step is from noise without signal.
    x = MEAN + times[1] / (1 - times[1]) * noise
    for sigma, below in pairwise(times[1:] / (1 - times[1:])):
        clean = mean_of(x, sigma, 1.0)
        x = clean + below / sigma * (x - clean)
    np.testing.assert_allclose(ours, x, rtol=1e-12)
