"""What tests of the surprisal are worth, where it can be told."""

import pytest
import torch

from gendiff.studies.typicality.surprisal_tests import areas, batches, gained

G = torch.Generator().manual_seed(0)
INSIDE = torch.rand(40, generator=G) - 0.5


def test_strangers_that_are_too_likely_are_found_by_distance_only() -> None:
    likely, typical = areas(INSIDE, INSIDE - 10, 0.0)
    assert (likely, typical) == (0, 1)
    found = gained(INSIDE, INSIDE - 10, 0.0)
    assert (found.value, found.error) == (1, 0)
    assert found.n == 40


def test_nothing_is_gained_where_strangers_are_unlikely() -> None:
    found = gained(INSIDE, torch.cat([INSIDE + 10, INSIDE + 12]), 0.0)
    assert found.value == 0


def test_batches_are_drawn_from_their_source() -> None:
    drawn = batches(INSIDE, 7, 500, G)
    assert drawn.shape == (500, 7)
    assert set(drawn.flatten().tolist()) == set(INSIDE.tolist())
    assert float(drawn.mean()) == pytest.approx(float(INSIDE.mean()), abs=0.03)
