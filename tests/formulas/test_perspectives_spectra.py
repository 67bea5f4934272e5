"""The spectra of "Perspectives on diffusion": what adds up, and what is flat.

Signals are Gaussian fields, whose every frequency has an independent normal amplitude;
means over draws follow from the normal distribution's moments.
"""

import math

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from gendiff.exact import Field
from gendiff.metrics import power_spectrum, radial_average, radial_spectrum, slope

N, DRAWS = 64, 4_000
Spectrum = NDArray[np.complex128]


def spectra(power: NDArray[np.float64], seed: int) -> Spectrum:
    """Return the transforms of real signals that have a power at each frequency."""
    rng = np.random.default_rng(seed)
    white = np.fft.rfft(rng.normal(size=(DRAWS, N)), norm="ortho")
    return np.sqrt(power) * white


FREQUENCY = np.arange(N // 2 + 1)
SIGNAL = spectra(64 / np.maximum(FREQUENCY, 1.0) ** 2, 0)
NOISE = spectra(np.ones(N // 2 + 1), 1)


@pytest.mark.parametrize("exponent", [-2.0, -2.79])
def test_m15_power_falls_as_the_square_of_magnitude(exponent: float) -> None:
    side = 64
    axis = torch.fft.fftfreq(side, dtype=torch.float64) * side
    radius = (axis[:, None] ** 2 + axis**2).sqrt().clamp(min=1)
    field = Field(radius**exponent, torch.zeros((), dtype=torch.float64))
    images = field.sample(100, torch.Generator().manual_seed(0), channels=1)
    frequency, power = radial_spectrum(images)
    assert slope(frequency, power, high=30.0) == pytest.approx(exponent, abs=0.03)
    magnitude = torch.fft.fft2(images, norm="ortho").abs().mean((0, 1))
    fitted = slope(*radial_average(magnitude), high=30.0)
    assert fitted == pytest.approx(exponent / 2, abs=0.03)
    # A sum over a ring, of which there is more farther out, is flatter by one power.
    whole = power_spectrum(images)
    inside = [radius.round() == r for r in range(1, 31)]
    sums = torch.stack([whole[ring].sum() for ring in inside])
    counts = torch.stack([ring.sum() for ring in inside]).double()
    rings = torch.arange(1, 31, dtype=torch.float64)
    assert slope(rings, sums) == pytest.approx(exponent + 1, abs=0.06)
    assert slope(rings, counts) == pytest.approx(1, abs=0.05)


def test_m16_power_adds_and_magnitude_does_not() -> None:
    # E08: spectra of signal and noise add as amplitudes and, on average, as power.
    both = SIGNAL + NOISE
    power = [(np.abs(a) ** 2).mean(0) for a in (both, SIGNAL, NOISE)]
    np.testing.assert_allclose(power[0], power[1] + power[2], rtol=0.08)
    lost = np.abs(both).mean(0) / (np.abs(SIGNAL) + np.abs(NOISE)).mean(0) - 1
    ratio = 8 / np.maximum(FREQUENCY, 1.0)  # of the signal's magnitude to the noise's
    expected = np.sqrt(1 + ratio**2) / (1 + ratio) - 1
    np.testing.assert_allclose(lost, expected, atol=0.04)
    assert lost.min() == pytest.approx(math.sqrt(0.5) - 1, abs=0.03)


def test_m17_noise_is_flat_in_power_and_not_quite_in_magnitude() -> None:
    power, magnitude = (np.abs(NOISE) ** 2).mean(0), np.abs(NOISE).mean(0)
    np.testing.assert_allclose(power, 1, rtol=0.08)
    # The first and the last bin are real: |z| of one normal number instead of two.
    real, complex_ = math.sqrt(2 / math.pi), math.sqrt(math.pi) / 2
    assert (real, complex_) == pytest.approx((0.798, 0.886), abs=1e-3)
    np.testing.assert_allclose(magnitude[[0, -1]], real, atol=0.04)
    np.testing.assert_allclose(magnitude[1:-1], complex_, atol=0.035)
    assert magnitude[1:-1].mean() == pytest.approx(complex_, abs=0.005)
