"""Melodies that repeat a motif of four notes, on a grid of ticks or as events.

Every note has a duration of its own. On the grid a tick is a pitch where a note begins
and a rest elsewhere, so the note to repeat stands at a distance that varies; as events,
each a pitch with its duration, it always stands four tokens back.

References:
    Oore et al. (2020), This time with feeling: learning expressive musical performance.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Int
from torch import Tensor

PITCHES = 12
SHORT, LONG = 3, 6
"""The shortest and the longest note, in ticks."""
MOTIF, NOTES = 4, 16
TICKS = NOTES * LONG
EVENTS = PITCHES * (LONG - SHORT + 1)
"""How many events there are: a pitch with a duration."""

Notes = Int[Tensor, "b n"]


def melodies(n: int, generator: torch.Generator, /) -> tuple[Notes, Notes]:
    """Draw pitches and durations of melodies that repeat four notes."""
    motif = torch.randint(PITCHES, (n, MOTIF), generator=generator)
    duration = torch.randint(SHORT, LONG + 1, (n, NOTES), generator=generator)
    return motif.repeat(1, NOTES // MOTIF), duration


def on_grid(pitch: Notes, duration: Notes, /) -> Int[Tensor, "b t"]:
    """Return melodies as ticks: a pitch where a note begins, a rest elsewhere."""
    start = duration.cumsum(1) - duration
    return torch.full((len(pitch), TICKS), PITCHES).scatter(1, start, pitch)


def as_events(pitch: Notes, duration: Notes, /) -> Notes:
    """Return melodies as events: a pitch with its duration is one number."""
    return pitch + PITCHES * (duration - SHORT)


def off_grid(ticks: Int[Tensor, "b t"], /) -> list[Int[Tensor, " n"]]:
    """Return the pitches of melodies on a grid, as many as each has."""
    return [x[x < PITCHES] for x in ticks]


def of_events(events: Notes, /) -> list[Int[Tensor, " n"]]:
    """Return the pitches of melodies of events."""
    return list(events % PITCHES)


def kept(melody: Int[Tensor, " n"], /) -> float:
    """Return which fraction of the notes repeats the one eight before.

    Notes after the sixteenth don't count; a melody too short to repeat keeps nothing.
    """
    back, heard = 2 * MOTIF, melody[:NOTES]
    if len(heard) <= back:
        return 0.0
    return float((heard[back:] == heard[:-back]).double().mean())


def all_kept(found: Sequence[Int[Tensor, " n"]], /) -> list[float]:
    """Return that fraction for each melody."""
    return [kept(melody) for melody in found]
