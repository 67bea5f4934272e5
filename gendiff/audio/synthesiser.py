r"""Notes from formulas: sounds of which everything is known.

A note is an instrument, a pitch, a duration and a velocity, and every instrument is a
few lines of physics, or of what passed for it: beating strings with stretched partials,
a plucked delay line, modulated carriers, reeds, drawbars, hisses. Because the score is
given and the room noise is added last, a model of these sounds can be asked whether it
plays the right notes, and how many bits a perfect model would need.

Pitches are MIDI numbers, 69 for the A of 440 hertz; velocities lie in (0, 1].

References:
    Fletcher, Blackham and Stratton (1962), Quality of piano tones (inharmonicity).
    Karplus and Strong (1983), Digital synthesis of plucked-string and drum timbres.
    Chowning (1973), The synthesis of complex audio spectra by means of frequency
    modulation.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

TAIL = 0.25
"""Seconds that a note rings on after its key is released."""

ROOM = 0.002
"""Standard deviation of the room noise: 54 dB below full scale."""

LOUDNESS = 0.22
"""Factor of the mix, so that four voices rarely reach the limiter."""


@dataclass(frozen=True, slots=True)
class Note:
    """One note of a score."""

    start: float
    """Seconds from the beginning."""
    duration: float
    """Seconds that the key is held."""
    pitch: float
    """MIDI number."""
    velocity: float = 0.7
    """How hard the key is struck, in (0, 1]."""


Instrument = Callable[[Note, int, torch.Generator], Float[Tensor, " n"]]
"""Plays a note at so many samples a second, from its own beginning."""


def hertz(pitch: float, /) -> float:
    """Return the frequency of a MIDI number in equal temperament.

    >>> hertz(69.0)
    440.0
    """
    return 440.0 * 2 ** ((pitch - 69) / 12)


def piano(note: Note, rate: int, generator: torch.Generator, /) -> Float[Tensor, " n"]:
    """Sum decaying partials `k f sqrt(1 + B k^2)` of two strings that beat."""
    del generator
    f, t = hertz(note.pitch), _times(note, rate)
    stiffness = 2e-4 * 2 ** ((note.pitch - 60) / 12)
    decay = 1.6 * 2 ** (-(note.pitch - 60) / 24)
    wave = torch.zeros_like(t)
    for k in range(1, 41):
        frequency = k * f * math.sqrt(1 + stiffness * k**2)
        if 1.0006 * frequency > 0.47 * rate:
            break
        # The hammer strikes at 0.12 of the string and wakes no node there.
        amplitude = abs(math.sin(0.12 * math.pi * k)) / k ** (2.6 - 0.8 * note.velocity)
        envelope = (-t * (1 + 0.25 * (k - 1)) / decay).exp()
        pair = _sine(frequency, t) + _sine(1.0006 * frequency, t)
        wave = wave + amplitude * envelope * pair
    return note.velocity * wave * _attack(t, 0.004) * _damper(note, t)


def pluck(note: Note, rate: int, generator: torch.Generator, /) -> Float[Tensor, " n"]:
    """Send a burst of noise round a delay line that smooths it (Karplus-Strong)."""
    f, t = hertz(note.pitch), _times(note, rate)
    # Smoothing delays by one sample; a line of whole samples and one of a fraction of
    # a sample make up the rest of the period.
    period = rate / f - 1
    whole = math.floor(period)
    share = period - whole
    gain = 10 ** (-3 / (2.5 * f))
    burst = torch.randn(whole + 3, generator=generator, dtype=torch.float64)
    line = (burst - burst.mean()).tolist()
    out: list[float] = []
    smooth = (0.09, 0.82, 0.09)
    for i in range(len(t)):
        # Linear interpolation between the two whole delays around the period.
        a, b, c, d = line[i + 3], line[i + 2], line[i + 1], line[i]
        taps = (
            (1 - share) * a + share * b,
            (1 - share) * b + share * c,
            (1 - share) * c + share * d,
        )
        value = gain * sum(w * tap for w, tap in zip(smooth, taps, strict=True))
        out.append(value)
        line.append(value)
    wave = torch.tensor(out, dtype=torch.float64)
    return 0.5 * note.velocity * wave * _damper(note, t)


def electric(
    note: Note, rate: int, generator: torch.Generator, /
) -> Float[Tensor, " n"]:
    """Modulate a carrier's phase at its own frequency, ever less (FM, 1 to 1)."""
    del generator
    f, t = hertz(note.pitch), _times(note, rate)
    index = (0.6 + 2.2 * note.velocity) * (-t / 0.35).exp()
    index = index.clamp(max=max(0.0, 0.47 * rate / f - 2))  # side bands below Nyquist
    carrier = torch.sin(2 * math.pi * f * t + index * _sine(f, t))
    return note.velocity * carrier * (-t / 1.3).exp() * _damper(note, t)


def reed(note: Note, rate: int, generator: torch.Generator, /) -> Float[Tensor, " n"]:
    """Sum odd partials and a little of the even ones, with vibrato and breath."""
    f, t = hertz(note.pitch), _times(note, rate)
    phase = _vibrato(f, t, depth=0.004, onset=0.4)
    wave = torch.zeros_like(t)
    for k in range(1, 30):
        if 1.01 * k * f > 0.47 * rate:
            break
        amplitude = (1.0 if k % 2 else 0.12) / k ** (2.3 - note.velocity)
        wave = wave + amplitude * torch.sin(k * phase)
    breath = torch.randn(len(t) + 1, generator=generator, dtype=torch.float64).diff()
    wave = wave + 0.02 * breath
    return note.velocity * wave * _attack(t, 0.03) * _damper(note, t)


def organ(note: Note, rate: int, generator: torch.Generator, /) -> Float[Tensor, " n"]:
    """Sum drawbars at half, once, twice ... the pitch, steady, with random phases."""
    f, t = hertz(note.pitch), _times(note, rate)
    bars = {0.5: 0.5, 1: 1.0, 2: 0.7, 3: 0.4, 4: 0.4, 6: 0.2, 8: 0.2}
    phases = 2 * math.pi * torch.rand(len(bars), generator=generator)
    wave = torch.zeros_like(t)
    for (ratio, amplitude), phase in zip(bars.items(), phases.tolist(), strict=True):
        if ratio * f < 0.47 * rate:
            wave = wave + amplitude * torch.sin(2 * math.pi * ratio * f * t + phase)
    return 0.6 * note.velocity * wave * _attack(t, 0.02) * _damper(note, t)


def string(note: Note, rate: int, generator: torch.Generator, /) -> Float[Tensor, " n"]:
    """Sum all partials under a formant at 700 hertz, with a slow attack."""
    del generator
    f, t = hertz(note.pitch), _times(note, rate)
    phase = _vibrato(f, t, depth=0.006, onset=0.3)
    wave = torch.zeros_like(t)
    for k in range(1, 40):
        if 1.01 * k * f > 0.47 * rate:
            break
        formant = 1 + 2 * math.exp(-(((k * f - 700) / 400) ** 2))
        wave = wave + formant / k**1.2 * torch.sin(k * phase)
    return 0.4 * note.velocity * wave * _attack(t, 0.08) * _damper(note, t)


def hiss(note: Note, rate: int, generator: torch.Generator, /) -> Float[Tensor, " n"]:
    """Play noise around the pitch: a fricative, or a brush on a cymbal."""
    f, t = hertz(note.pitch), _times(note, rate)
    white = torch.randn(len(t), generator=generator, dtype=torch.float64)
    frequency = torch.fft.rfftfreq(len(t), 1 / rate, dtype=torch.float64)
    band = (-0.5 * ((frequency - f) / (0.35 * f)) ** 2).exp()
    wave = torch.fft.irfft(torch.fft.rfft(white) * band, n=len(t))
    wave = wave / wave.std()
    return 0.5 * note.velocity * wave * _attack(t, 0.02) * _damper(note, t)


def mix(
    score: list[tuple[Instrument, Note]],
    /,
    *,
    seconds: float,
    rate: int,
    generator: torch.Generator,
) -> Float[Tensor, " n"]:
    """Play a score without room noise: amplitudes in (-1, 1), float64.

    Raises:
        ValueError: If a note begins before 0, lasts no time, or is out of range.
    """
    wave = torch.zeros(round(seconds * rate), dtype=torch.float64)
    for instrument, note in score:
        _check(note, rate)
        sound = instrument(note, rate, generator)
        start = round(note.start * rate)
        there = wave[start : start + len(sound)]
        there += sound[: len(there)]
    return torch.tanh(LOUDNESS * wave)


def room(
    clean: Float[Tensor, " n"], generator: torch.Generator, /
) -> Float[Tensor, " n"]:
    """Add the noise of the room, and clip to [-1, 1]."""
    noise = torch.randn(clean.shape, generator=generator, dtype=clean.dtype)
    return (clean + ROOM * noise).clamp(-1, 1)


def _times(note: Note, rate: int) -> Float[Tensor, " n"]:
    n = round((note.duration + TAIL) * rate)
    return torch.arange(n, dtype=torch.float64) / rate


def _sine(frequency: float, t: Tensor) -> Tensor:
    return torch.sin(2 * math.pi * frequency * t)


def _vibrato(f: float, t: Tensor, *, depth: float, onset: float) -> Tensor:
    """Return the phase of a tone whose pitch comes to sway 5.2 times a second."""
    sway = depth * torch.sin(2 * math.pi * 5.2 * t) * ((t - onset) / 0.2).clamp(0, 1)
    steps = 2 * math.pi * f * (1 + sway) * (t[1] - t[0] if len(t) > 1 else 0.0)
    return steps.cumsum(0)


def _attack(t: Tensor, seconds: float) -> Tensor:
    return (t / seconds).clamp(max=1.0)


def _damper(note: Note, t: Tensor) -> Tensor:
    return (-25 * (t - note.duration).clamp(min=0)).exp()


def _check(note: Note, rate: int) -> None:
    if note.start < 0 or not note.duration > 0:
        raise ValueError(
            f"a note from {note.start} s for {note.duration} s; start at 0 or later "
            "and hold it for some time"
        )
    if not 0 < note.velocity <= 1:
        raise ValueError(f"velocity is {note.velocity}; give a fraction in (0, 1]")
    if not 20 < hertz(note.pitch) < 0.47 * rate:
        raise ValueError(
            f"pitch {note.pitch} is {hertz(note.pitch):.0f} Hz, which cannot be heard "
            f"at {rate} samples a second; give a MIDI number such as 60"
        )
