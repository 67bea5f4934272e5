"""Piano notes and bursts of hiss: sounds for a small WaveNet, and how loud it goes on.

The hiss stands for what cannot be predicted, such as the `s` of speech. Networks go on
from the middle of sounds that they haven't heard, sampled at a temperature or greedily,
all at the same time; `Played` takes the results apart.

References:
    van den Oord et al. (2016), arXiv:1609.03499 (the network).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import torch
from jaxtyping import Float, Int
from torch import Tensor

from gendiff.audio import WaveNet, synthesiser
from gendiff.estimate import Estimate, fraction
from gendiff.studies.typicality.resonators import RATE, at_the_end
from gendiff.tokens.decoding import top_k

PITCH, VOICE = 102.0, 0.75
"""Of the hiss: its MIDI number, and how loud a burst to go on from is."""
SECONDS = 3.0
"""Length of a piece."""
SILENCE = 0.01
"""What counts as silence, as a fraction of the loudness."""
EXCERPT, EXCERPTS = 1_024, 6
"""Samples of an excerpt, and excerpts of a batch."""
COLD = 1e-6
"""What a temperature is divided by at least."""
ONSET = 1_000
"""Samples of a burst before a network takes over."""

Sounds = Float[Tensor, "b n"]


def piece(seconds: float, generator: torch.Generator, /) -> Float[Tensor, " n"]:
    """Play notes and bursts of hiss, with gaps between them."""
    now = 0.0
    score: list[tuple[synthesiser.Instrument, synthesiser.Note]] = []
    while True:
        gap, held, force, kind, key = torch.rand(5, generator=generator).tolist()
        now += 0.05 + 0.3 * gap
        held = 0.12 + 0.25 * held
        if now + held + 0.25 > seconds:
            break
        pitch = PITCH if kind < 0.5 else 48.0 + math.floor(25 * key)
        play = synthesiser.hiss if kind < 0.5 else synthesiser.piano
        score.append((play, synthesiser.Note(now, held, pitch, 0.5 + 0.5 * force)))
        now += held + 0.1
    dry = synthesiser.mix(score, seconds=seconds, rate=RATE, generator=generator)
    return synthesiser.room((2 * dry).clamp(-1, 1), generator)


def pieces(n: int, generator: torch.Generator, /) -> Sounds:
    """Play some pieces of three seconds."""
    return torch.stack([piece(SECONDS, generator) for _ in range(n)])


def excerpts(
    codes: Int[Tensor, "b n"], generator: torch.Generator, /
) -> tuple[Int[Tensor, "k m"]]:
    """Draw a batch of excerpts of coded pieces."""
    which = torch.randint(len(codes), (EXCERPTS,), generator=generator).tolist()
    latest = codes.shape[1] - EXCERPT
    start = torch.randint(latest, (EXCERPTS,), generator=generator).tolist()
    cuts = [codes[i, s : s + EXCERPT] for i, s in zip(which, start, strict=True)]
    return (torch.stack(cuts),)


def small_wavenet(levels: int, channels: int, dilations: int, /) -> WaveNet:
    """Return an untrained network that sees `2^dilations` samples."""
    steps = [2**k for k in range(dilations)]
    return WaveNet(levels, dilations=steps, width=channels, skip=2 * channels)


def in_a_row(sounds: Sounds, seconds: float, /) -> Float[Tensor, " t"]:
    """Return the beginnings of sounds one after the other, with short gaps."""
    gap = torch.zeros(RATE // 20, dtype=torch.float64)
    n = int(seconds * RATE)
    return torch.cat([part for row in sounds for part in (row[:n], gap)])


@dataclass(frozen=True)
class Prompts:
    """What networks go on from, and at which temperature; 0 is greedy.

    There are as many rows for sampling from anywhere as for going on greedily, then the
    bursts at each temperature, and greedily at last.
    """

    anywhere: Sounds
    bursts: Float[Tensor, "k n"]
    temperatures: Sequence[float]

    @property
    def rows(self) -> Sounds:
        """The sounds to go on from."""
        again = self.bursts.repeat(len(self.temperatures) + 1, 1)
        return torch.cat([self.anywhere, self.anywhere, again])

    @property
    def heat(self) -> Float[Tensor, "b 1"]:
        """The temperature of each row."""
        n = len(self.anywhere)
        each = [tau for tau in (*self.temperatures, 0.0) for _ in self.bursts]
        return torch.tensor([1.0] * n + [0.0] * n + each)[:, None]

    def shape(self, logits: Float[Tensor, "b v"], /) -> Float[Tensor, "b v"]:
        """Return the logits of all rows, each at its temperature."""
        tau = self.heat.to(logits.device)
        greedy = top_k(logits, k=1)
        return torch.where(tau > 0, logits / tau.clamp(min=COLD), greedy)


def prompts(
    unheard: Sounds,
    bursts: int,
    field: int,
    temperatures: Sequence[float],
    generator: torch.Generator,
    /,
) -> Prompts:
    """Cut sounds at random places, and bursts of hiss in their middle.

    Args:
        unheard: Sounds that no network has heard.
        bursts: How many bursts to play.
        field: Samples that a network sees.
        temperatures: Of the bursts, without 0.
        generator: Draws the places and the bursts.

    Raises:
        ValueError: If a network would see more than there is before a cut.
    """
    if not 1 <= field <= min(ONSET, unheard.shape[1]):
        raise ValueError(
            f"a field of {field} samples; a burst has {ONSET} before it is cut, a "
            f"sound {unheard.shape[1]}: give a shorter field"
        )
    places = torch.rand(len(unheard), generator=generator)
    cut = (field + (unheard.shape[1] - field) * places).long().tolist()
    before = [x[c - field : c] for x, c in zip(unheard, cut, strict=True)]
    note = [(synthesiser.hiss, synthesiser.Note(0.0, 0.4, PITCH, VOICE))]
    play = partial(synthesiser.mix, note, rate=RATE, generator=generator)
    loud = torch.stack([2 * play(seconds=0.5) for _ in range(bursts)])
    return Prompts(torch.stack(before), loud[:, ONSET - field : ONSET], temperatures)


@dataclass(frozen=True)
class Played:
    """What one network has made of the prompts, as amplitudes."""

    sound: Float[Tensor, "rows t"]
    prompts: Prompts

    @property
    def sampled(self) -> Sounds:
        """What was sampled from anywhere."""
        return self.sound[: len(self.prompts.anywhere)]

    @property
    def greedy(self) -> Sounds:
        """What was decoded greedily from the same places."""
        n = len(self.prompts.anywhere)
        return self.sound[n : 2 * n]

    def hiss(self, k: int, /) -> Sounds:
        """Return the hisses at the temperature with this number; the last is greedy."""
        n = len(self.prompts.bursts)
        start = 2 * len(self.prompts.anywhere) + k * n
        return self.sound[start : start + n]

    @property
    def left(self) -> Float[Tensor, " b"]:
        """What greedy decoding leaves of the loudness at the end, by prompt."""
        return at_the_end(self.greedy, 0.2) / self._loudness

    @property
    def left_by_sampling(self) -> Float[Tensor, " b"]:
        """What is left of it if the network samples on."""
        return at_the_end(self.sampled, 0.2) / self._loudness

    @property
    def power(self) -> Float[Tensor, "temperatures b"]:
        """The power of the hisses between 2 and 4 kHz, by temperature."""
        rows: list[Tensor] = []
        for k in range(len(self.prompts.temperatures) + 1):
            x = self.hiss(k)[:, : RATE // 10].double()
            spectrum = torch.fft.rfft(x - x.mean(1, keepdim=True)).abs().square()
            rows.append(spectrum[:, spectrum.shape[1] // 2 :].sum(1) / x.shape[1] ** 2)
        return torch.stack(rows)

    @property
    def _loudness(self) -> float:
        return float(self.sampled.double().var(1).mean().sqrt())


def silent(left: Float[Tensor, " b"], /) -> Estimate:
    """Return which fraction of the sounds ends in silence."""
    return fraction(int((left < SILENCE).sum()), len(left), "prompts")
