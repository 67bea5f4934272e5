"""Power spectra: white noise is flat, a wave is a peak, a power law has its slope."""

import pytest
import torch

from gendiff.data import power_law
from gendiff.metrics import (
    frequencies,
    power_spectrum,
    radial_spectrum,
    slope,
    windowed,
)


def noise(n: int, *shape: int, at: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(at)
    return torch.randn(n, *shape, generator=generator, dtype=torch.float64)


def field(n: int, side: int, exponent: float) -> torch.Tensor:
    root = power_law(side, side, exponent=exponent).sqrt()
    return torch.fft.ifft2(torch.fft.fft2(noise(n, 1, side, side)) * root).real


def test_white_noise_is_flat_at_its_variance() -> None:
    power = power_spectrum(2 * noise(4000, 2, 8, 12))
    assert power.shape == (8, 12)
    assert (power / 4 - 1).abs().max() < 0.09
    _, rings = radial_spectrum(2 * noise(200, 1, 32, 32))
    assert (rings / 4 - 1).abs().max() < 0.1


def test_mean_power_is_the_mean_square() -> None:
    x = noise(3, 2, 6, 10) + 0.5
    assert power_spectrum(x).mean().item() == pytest.approx(x.square().mean().item())


def test_a_wave_is_one_peak() -> None:
    ticks = torch.arange(16, dtype=torch.float64) / 16
    wave = (2 * torch.pi * 3 * ticks).cos().expand(1, 1, 16, 16)
    power = power_spectrum(wave)
    assert power[0, 3].item() == pytest.approx(16**2 / 4)  # half of 1/2, over one bin
    power[0, 3] = power[0, 13] = 0
    assert power.max() < 1e-20
    frequency, rings = radial_spectrum(wave)
    assert frequency[rings.argmax()].item() == pytest.approx(3, abs=0.1)


@pytest.mark.parametrize("exponent", [1.0, 2.0, 3.0])
def test_a_power_law_has_its_slope(exponent: float) -> None:
    side = 32
    exact = frequencies(side, side).clamp(min=1) ** -exponent
    row = slope(frequencies(side, side)[0, 1:16], exact[0, 1:16])
    assert row == pytest.approx(-exponent, rel=1e-9)
    found = slope(*radial_spectrum(field(400, side, exponent)), low=2.0)
    assert found == pytest.approx(-exponent, abs=0.06)


def test_the_window_keeps_white_noise_and_hides_the_seam() -> None:
    x = noise(1500, 1, 16, 16)
    assert windowed(x).square().mean().item() == pytest.approx(1, rel=0.02)
    # A ramp has no waves, but its seam has many.
    ramp = torch.linspace(-1, 1, 64, dtype=torch.float64).expand(1, 1, 64, 64)
    bare, faded = power_spectrum(ramp), power_spectrum(windowed(ramp))
    assert bare[0, 20] > 1e-2
    assert faded[0, 20] < 1e-4 * bare[0, 20]


def test_windowed_images_do_not_depend_on_brightness() -> None:
    x = noise(2, 3, 8, 8)
    torch.testing.assert_close(windowed(x + 5), windowed(x))


def test_slope_uses_the_range_given() -> None:
    frequency = torch.arange(1.0, 20.0)
    power = torch.where(frequency < 10, frequency**-2, 0.01)
    assert slope(frequency, power, high=9.0) == pytest.approx(-2)
    assert slope(frequency, power, low=10.0) == pytest.approx(0, abs=1e-4)
    with pytest.raises(ValueError, match="widen the range"):
        slope(frequency, power, low=18.5)
