"""Spectra: frequencies, normalisation, and rings."""

import math

import pytest
import torch

from gendiff.data import power_law
from gendiff.metrics import frequencies, radial_average


def test_frequencies_are_cycles_per_image() -> None:
    radial = frequencies(8, 8)
    assert radial[0, 0] == 0
    assert radial[0, 1] == radial[1, 0] == radial[0, 7] == 1
    assert radial[3, 4].item() == pytest.approx(5)
    assert frequencies(8, 16)[0, 8].item() == pytest.approx(4)  # half a cycle a pixel


@pytest.mark.parametrize("exponent", [0.0, 1.0, 2.0, 3.0])
@pytest.mark.parametrize("shape", [(16, 16), (8, 12)])
def test_power_law_falls_as_promised(shape: tuple[int, int], exponent: float) -> None:
    power, radial = power_law(*shape, exponent=exponent), frequencies(*shape)
    assert power.mean().item() == pytest.approx(1)
    assert (power > 0).all()
    assert (power[2, 0] / power[4, 0]).item() == pytest.approx(
        (radial[4, 0] / radial[2, 0]).item() ** exponent
    )
    if shape[0] == shape[1]:
        assert power[0, 0] == power[0, 1]


def test_mean_of_the_spectrum_is_the_pixel_variance() -> None:
    generator = torch.Generator().manual_seed(0)
    noise = torch.randn(4000, 16, 16, dtype=torch.float64, generator=generator)
    shaped = torch.fft.fft2(noise) * power_law(16, 16).sqrt()
    field = torch.fft.ifft2(shaped).real
    assert field.var().item() == pytest.approx(1, rel=0.06)


def test_rings_of_a_constant_are_constant() -> None:
    frequency, power = radial_average(torch.full((9, 9), 3.0, dtype=torch.float64))
    assert len(frequency) == 4
    torch.testing.assert_close(power, torch.full_like(power, 3))


def test_rings_average_their_members() -> None:
    radial = frequencies(16, 16)
    frequency, power = radial_average(radial)
    assert len(frequency) == 7
    torch.testing.assert_close(power, frequency)
    # Ring 1 has four members at 1 and four at sqrt(2), which rounds to 1.
    assert frequency[0].item() == pytest.approx((1 + math.sqrt(2)) / 2)
    assert ((frequency - torch.arange(1, 8)).abs() < 0.25).all()
