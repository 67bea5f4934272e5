import math

import pytest
import torch

from gendiff.audio import (
    Instrument,
    Note,
    electric,
    hertz,
    hiss,
    mix,
    organ,
    piano,
    pluck,
    reed,
    room,
    string,
)

TONES = {f.__name__: f for f in (piano, pluck, electric, reed, organ, string)}
RATE = 8000


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def pitch_of(wave: torch.Tensor, near: float) -> float:
    """Return the frequency of the strongest partial near `near`, interpolated."""
    n = 2**18
    power = torch.fft.rfft(wave * torch.hann_window(len(wave)), n=n).abs()
    low, high = (round(near * ratio * n / RATE) for ratio in (0.94, 1.06))
    peak = low + int(power[low:high].argmax())
    return peak * RATE / n


@pytest.mark.parametrize("name", TONES)
@pytest.mark.parametrize("pitch", [57.0, 69.0])
def test_instruments_are_in_tune(name: str, pitch: float) -> None:
    wave = TONES[name](Note(0.0, 1.0, pitch), RATE, generator())
    cents = 1200 * math.log2(pitch_of(wave[: RATE // 2], hertz(pitch)) / hertz(pitch))
    assert abs(cents) < 5


@pytest.mark.parametrize("name", TONES)
def test_louder_is_louder_and_a_released_note_dies(name: str) -> None:
    soft, loud = (
        TONES[name](Note(0.0, 0.5, 60.0, v), RATE, generator()) for v in (0.3, 0.9)
    )
    assert float(loud.square().mean()) > 2 * float(soft.square().mean())
    held = loud[: round(0.5 * RATE)].square().mean()
    assert float(loud[-200:].square().mean()) < 0.01 * float(held)
    assert loud.dtype == torch.float64
    assert len(loud) == round(0.75 * RATE)


def test_hiss_lies_around_its_pitch() -> None:
    wave = hiss(Note(0.0, 1.0, 100.0), RATE, generator())
    power = torch.fft.rfft(wave).abs().square()
    frequency = torch.fft.rfftfreq(len(wave), 1 / RATE)
    centre = float((power * frequency).sum() / power.sum())
    assert centre == pytest.approx(hertz(100.0), rel=0.1)


def test_mix_places_notes_and_stays_inside() -> None:
    score: list[tuple[Instrument, Note]] = [
        (piano, Note(0.0, 0.2, 60.0)),
        (pluck, Note(0.6, 0.2, 67.0, 1.0)),
    ]
    wave = mix(score, seconds=1.0, rate=RATE, generator=generator())
    assert len(wave) == RATE
    assert float(wave.abs().max()) < 1
    gap = wave[round(0.46 * RATE) : round(0.59 * RATE)]
    assert not gap.any()
    noisy = room(wave, generator())
    assert float((noisy - wave).std()) == pytest.approx(0.002, rel=0.05)


def test_a_late_note_is_cut_at_the_end() -> None:
    wave = mix(
        [(organ, Note(0.9, 2.0, 60.0))], seconds=1.0, rate=RATE, generator=generator()
    )
    assert wave[round(0.95 * RATE) :].any()


@pytest.mark.parametrize(
    ("note", "match"),
    [
        (Note(-1.0, 1.0, 60.0), "start at 0"),
        (Note(0.0, 0.0, 60.0), "hold it"),
        (Note(0.0, 1.0, 60.0, 0.0), "velocity"),
        (Note(0.0, 1.0, 130.0), "cannot be heard"),
        (Note(0.0, 1.0, math.nan), "cannot be heard"),
    ],
)
def test_bad_notes_are_refused(note: Note, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        mix([(piano, note)], seconds=1.0, rate=RATE, generator=generator())
