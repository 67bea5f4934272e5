"""Formulas of the section on noise and scale, against numbers from elsewhere."""

import math

import pytest
import torch

from gendiff.data.fields import frequencies
from gendiff.data.shapes import disc
from gendiff.exact.field import Field
from gendiff.types import level

SIDE = 128
LEVELS = (0.5, 1.0, 2.0, 5.0)


def field() -> Field:
    """Return a field with power 1 / f^2, unit pixel variance and no mean brightness."""
    f = frequencies(SIDE, SIDE)
    power = torch.where(f > 0, f.clamp(min=1) ** -2.0, 0.0)
    return Field(power / power.mean(), torch.zeros((), dtype=torch.float64))


@pytest.mark.parametrize("area", [4, 16, 64, 256])
@pytest.mark.parametrize("contrast", [0.5, 2.0])
def test_a_m09_pooled_evidence(area: int, contrast: float) -> None:
    # d' = a sqrt(A) / sigma: the distance of two means in units of their spread, for
    # an observer who sums the pixels of the disc.
    sigma, n = 3.0, 40_000
    generator = torch.Generator().manual_seed(area)
    inside = disc(area).flatten().double()
    pixels = int(inside.sum())
    assert pixels == area
    noise = sigma * torch.randn(n, area, generator=generator, dtype=torch.float64)
    absent, present = noise[: n // 2].sum(1), (noise[n // 2 :] + contrast).sum(1)
    spread = math.sqrt((absent.var() + present.var()) / 2)
    measured = (present.mean() - absent.mean()).item() / spread
    # Standard error of d': two means of n / 2, and the spread's own.
    error = math.sqrt(4 / n + measured**2 / (2 * n))
    assert measured == pytest.approx(contrast * math.sqrt(area) / sigma, abs=4 * error)


@pytest.mark.parametrize(
    ("sigma", "cycles"), list(zip(LEVELS, (47.2, 23.6, 11.8, 4.7), strict=True))
)
def test_a_m10_half_gain_frequency(sigma: float, cycles: float) -> None:
    # Along a row S = c / f^2 goes through sigma^2 between two whole frequencies; 1 / G
    # is linear in f^2, so it is found without knowing c.
    gain = field().gain(level(sigma))[0, 1 : SIDE // 2]
    squares = torch.arange(1, SIDE // 2, dtype=torch.float64) ** 2
    after = int((gain < 0.5).nonzero()[0])
    low, high = 1 / gain[after - 1], 1 / gain[after]
    part = (2 - low) / (high - low)
    crossing = squares[after - 1] + part * (squares[after] - squares[after - 1])
    assert crossing.sqrt().item() == pytest.approx(cycles, abs=0.051)
    assert crossing.sqrt().item() * sigma == pytest.approx(23.6, abs=0.005)


@pytest.mark.parametrize(
    ("sigma", "modes"), list(zip(LEVELS, (8367, 4060, 1587, 380), strict=True))
)
def test_a_m10_number_of_passed_modes(sigma: float, modes: int) -> None:
    assert round(field().gain(level(sigma)).sum().item()) == modes


@pytest.mark.parametrize("sigma", LEVELS)
def test_a_m10_gain_is_the_regression_on_noisy_coefficients(sigma: float) -> None:
    # The denoiser's gain, found by least squares from samples, wave by wave.
    exact = field()
    generator = torch.Generator().manual_seed(7)
    x0 = exact.sample(200, generator)
    noise = torch.randn(x0.shape, generator=generator, dtype=torch.float64)
    clean, noisy = exact.rotate(x0), exact.rotate(x0 + sigma * noise)
    ring = frequencies(SIDE, SIDE).round() == 12
    fitted = (clean * noisy)[:, ring].sum() / noisy[:, ring].square().sum()
    wanted = exact.gain(level(sigma))[ring].mean()
    assert fitted.item() == pytest.approx(wanted.item(), rel=0.03)


def test_nats_are_passed_modes_integrated_over_levels() -> None:
    # d/d(ln sigma) of ln(1 + S / sigma^2) / 2 is -G: the chapter's budget of nats.
    exact = field()
    power = exact.power[exact.power > 0]
    floor, step = 0.05, 1e-4
    rate = (
        0.5 * torch.log1p(power / (floor * math.exp(step)) ** 2).sum()
        - 0.5 * torch.log1p(power / (floor * math.exp(-step)) ** 2).sum()
    ) / (2 * step)
    passed = exact.gain(level(floor)).sum()
    assert -rate.item() == pytest.approx(passed.item(), rel=1e-6)
