"""Chains and equations of "Perspectives on diffusion": what becomes of many steps.

DDPM's forward chain is linear, so that means and covariances say all of it for Gaussian
data. They are carried from step to step here, without any product of all steps.
"""

import math

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
