"""Melodies: two ways to write them, and back."""

import pytest
import torch

from gendiff.studies.typicality import motifs

PITCH, DURATION = motifs.melodies(20, torch.Generator().manual_seed(0))


def test_melodies_repeat_their_motif() -> None:
    assert torch.equal(PITCH[:, motifs.MOTIF :], PITCH[:, : -motifs.MOTIF])
    assert motifs.all_kept(list(PITCH)) == [1.0] * 20
    assert {int(d) for d in DURATION.unique()} == {3, 4, 5, 6}


def test_both_ways_keep_the_pitches() -> None:
    ticks = motifs.on_grid(PITCH, DURATION)
    events = motifs.as_events(PITCH, DURATION)
    assert ticks.shape == (20, motifs.TICKS)
    assert int(events.max()) < motifs.EVENTS
    assert torch.equal(torch.stack(motifs.off_grid(ticks)), PITCH)
    assert torch.equal(torch.stack(motifs.of_events(events)), PITCH)
    begins = (ticks[0] < motifs.PITCHES).nonzero()[:, 0]
    assert torch.equal(begins.diff(), DURATION[0, :-1])


def test_what_is_kept_is_counted_eight_notes_back() -> None:
    melody = torch.tensor([1, 2, 3, 4, 5, 6, 7, 8, 1, 0, 3, 0, 9, 9])
    assert motifs.kept(melody) == pytest.approx(2 / 6)
    assert motifs.kept(melody[:8]) == 0
    longer = torch.cat([PITCH[0], PITCH[0] + 1])
    assert motifs.kept(longer) == 1
