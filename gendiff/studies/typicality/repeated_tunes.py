"""Tunes in which a motif of five notes goes round and round, written in two ways.

Pitches and lengths of the motif are random. On a grid each tick says what begins there,
so that the note to repeat stands as far back as the motif is long; as a list of events,
pitch and length in turn, it always stands ten symbols back.

References:
    Oore et al. (2020), This time with feeling: learning expressive musical performance.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, takewhile

import torch
from jaxtyping import Int
from torch import Tensor

KEYS = HOLD = 8
"""Pitches; on the grid the next number says that nothing begins."""
LENGTHS = (2, 3, 4, 6, 8)
"""How many ticks a note can last."""
NOTES, MOTIF = 24, 5
TICKS = 4 * NOTES

Rows = Int[Tensor, "b n"]
Written = Int[Tensor, "b t"]
Note = tuple[int, int]
"""A pitch, and a length in ticks."""


@dataclass(frozen=True)
class Writing:
    """A way to write tunes as symbols, and to read what a network has written."""

    symbols: int
    write: Callable[[Rows, Rows], Written]
    read: Callable[[Sequence[int]], list[Note]]


def tunes(n: int, generator: torch.Generator, /) -> tuple[Rows, Rows]:
    """Draw pitches and lengths, the latter by their number, of repeated motifs."""
    pitch = torch.randint(KEYS, (n, MOTIF), generator=generator)
    held = torch.randint(len(LENGTHS), (n, MOTIF), generator=generator)
    around = torch.arange(NOTES) % MOTIF
    return pitch[:, around], held[:, around]


def as_events(pitch: Rows, held: Rows, /) -> Written:
    """Write a tune as pitch, length, pitch, length ..."""
    return torch.stack([pitch, KEYS + held], 2).flatten(1)


def as_grid(pitch: Rows, held: Rows, /) -> Written:
    """Write a tune as what begins at each tick."""
    ticks = torch.tensor(LENGTHS)[held]
    begin = ticks.cumsum(1) - ticks
    empty = torch.full((len(pitch), max(LENGTHS) * NOTES), HOLD)
    return empty.scatter(1, begin, pitch)[:, :TICKS]


def from_events(row: Sequence[int], /) -> list[Note]:
    """Read the notes of a list of events, up to the first that is none."""

    def notes() -> Iterator[Note]:
        return zip(row[::2], row[1::2], strict=False)

    whole = takewhile(lambda note: note[0] < KEYS <= note[1], notes())
    return [(pitch, LENGTHS[number - KEYS]) for pitch, number in whole]


def from_grid(row: Sequence[int], /) -> list[Note]:
    """Read the notes of a grid; the last one's length is not known."""
    begin = [k for k, code in enumerate(row) if code != HOLD]
    return [(row[a], b - a) for a, b in pairwise(begin)]


EVENTS = Writing(KEYS + len(LENGTHS), as_events, from_events)
GRID = Writing(KEYS + 1, as_grid, from_grid)


def kept(notes: Sequence[Note], /) -> int:
    """Return for how many notes the motif is kept up after its first statement."""
    again = zip(notes[MOTIF:], notes, strict=False)
    return len(list(takewhile(lambda pair: pair[0] == pair[1], again)))


def all_kept(rows: Written, writing: Writing, /) -> list[float]:
    """Return for how many notes each tune keeps its motif."""
    return [float(kept(writing.read(row))) for row in rows.tolist()]
