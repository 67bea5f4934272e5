"""Symbols as vectors, and the power of waves over places."""

import pytest
import torch

from gendiff.families.heat import cosines
from gendiff.studies.perspectives import letter_waves


def test_white_signals_are_flat_and_a_wave_is_one_number() -> None:
    generator = torch.Generator().manual_seed(0)
    white = 3 * torch.randn(500, 16, 4, generator=generator).double()
    assert letter_waves.power(white) == pytest.approx(9, rel=0.1)
    wave = cosines(16)[5][None, :, None]
    expected = torch.zeros(16).double()
    expected[5] = 1
    torch.testing.assert_close(letter_waves.power(wave), expected)


def test_symbols_that_follow_each_other_alike_are_near() -> None:
    generator = torch.Generator().manual_seed(0)
    half = torch.arange(4_000) % 2
    tokens = 2 * half + torch.randint(2, (4_000,), generator=generator)
    vectors = letter_waves.embeddings(tokens, 4, dimensions=2)
    apart = torch.cdist(vectors, vectors)
    assert apart[0, 1] < apart[0, 2] / 3
    assert vectors[tokens].mean().item() == pytest.approx(0, abs=1e-6)
    assert vectors[tokens].square().mean().item() == pytest.approx(1, abs=1e-6)


def test_the_reference_is_text() -> None:
    tokens = letter_waves.reference()
    assert len(tokens) > 100_000
    assert int(tokens.max()) < 70


def test_a_wave_over_places_lies_in_one_band_in_every_dimension() -> None:
    signals = torch.randn(7, 16, 3, generator=torch.Generator().manual_seed(1)).double()
    found, band = letter_waves.bands(signals)
    assert band.tolist() == [k for k in range(1, 16) for _ in range(3)]
    power = torch.zeros(16).double().index_add(0, band, found.abs().square().mean(0))
    torch.testing.assert_close(power[1:] / 3, letter_waves.power(signals)[1:])
    wave = cosines(16)[5][None, :, None] * torch.tensor([1.0, 2.0, 3.0])
    alone, band = letter_waves.bands(wave)
    assert alone[0, band == 5].real.tolist() == pytest.approx([1, 2, 3])
    assert alone[0, band != 5].abs().max() < 1e-12
