"""Tunes that repeat a motif: two ways to write them, and back."""

import torch

from gendiff.studies.typicality import repeated_tunes as tunes
from gendiff.studies.typicality.repeated_tunes import (
    EVENTS,
    GRID,
    LENGTHS,
    MOTIF,
    NOTES,
)

PITCH, HELD = tunes.tunes(50, torch.Generator().manual_seed(0))


def notes(k: int) -> list[tuple[int, int]]:
    """Return the notes of a tune, as they were drawn."""
    lengths = [LENGTHS[number] for number in HELD[k].tolist()]
    return list(zip(PITCH[k].tolist(), lengths, strict=True))


def test_tunes_repeat_five_notes() -> None:
    assert torch.equal(PITCH[:, MOTIF:], PITCH[:, :-MOTIF])
    assert torch.equal(HELD[:, MOTIF:], HELD[:, :-MOTIF])
    assert sorted(PITCH.unique().tolist()) == list(range(8))
    assert sorted(HELD.unique().tolist()) == list(range(5))


def test_events_are_read_as_they_were_written() -> None:
    rows = EVENTS.write(PITCH, HELD)
    assert rows.shape == (50, 2 * NOTES)
    assert int(rows.max()) < EVENTS.symbols
    assert [EVENTS.read(row) for row in rows.tolist()] == [notes(k) for k in range(50)]


def test_the_grid_is_read_as_it_was_written_but_for_its_end() -> None:
    rows = GRID.write(PITCH, HELD)
    assert rows.shape == (50, tunes.TICKS)
    assert int(rows.max()) < GRID.symbols
    for k, row in enumerate(rows.tolist()):
        read = GRID.read(row)
        assert read == notes(k)[: len(read)]
        # All that fits was read: the last note begins within the grid.
        assert sum(long for _, long in read) <= tunes.TICKS
        assert sum(long for _, long in notes(k)[: len(read) + 2]) > tunes.TICKS or (
            len(read) == NOTES - 1
        )


def test_events_end_where_one_is_none() -> None:
    assert EVENTS.read([3, 8, 2, 12, 9, 9, 1, 8]) == [(3, 2), (2, 8)]
    assert EVENTS.read([3, 8, 2, 1]) == [(3, 2)]


def test_a_motif_is_kept_until_the_first_mistake() -> None:
    whole = notes(0)
    assert tunes.kept(whole) == NOTES - MOTIF
    wrong = [*whole[:12], (whole[12][0], 99), *whole[13:]]
    assert tunes.kept(wrong) == 12 - MOTIF
    assert tunes.kept(whole[:MOTIF]) == 0
    assert tunes.all_kept(EVENTS.write(PITCH, HELD), EVENTS) == [NOTES - MOTIF] * 50
