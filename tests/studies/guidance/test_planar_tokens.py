"""The plane as two tokens: masses, and every way right where nothing is guided."""

import pytest
import torch

from gendiff.book.run import Run
from gendiff.studies.guidance import planar_tokens

RUN = Run("guidance/exact", "smoke", 0)


def test_points_are_counted_where_they_lie() -> None:
    edge = planar_tokens.EDGE
    points = torch.tensor([[-edge + 0.1, edge - 0.1], [-99.0, 99.0], [0.1, 0.1]])
    cells = planar_tokens.counted(points)
    assert float(cells[0, -1]) == pytest.approx(2 / 3)
    half = planar_tokens.CELLS // 2
    assert float(cells[half, half]) == pytest.approx(1 / 3)


def test_without_guidance_all_ways_reach_the_target() -> None:
    both = planar_tokens.mixtures(torch.Generator().manual_seed(0))["checkers"]
    cells = planar_tokens.guided(
        RUN, both, 1.0, points=4_000, fine=4, evaluations=30, steps=40
    )
    assert all(float(mass.sum()) == pytest.approx(1) for mass in cells.values())
    far = planar_tokens.distances(cells)
    assert [*far] == [
        "flow",
        "SDE",
        planar_tokens.FORWARD,
        planar_tokens.BACKWARD,
        "floor",
    ]
    assert max(far.values()) < far["floor"] + 0.03


def test_all_ways_are_as_near_as_samples_where_nothing_is_guided() -> None:
    sizes = {"points": 1_000, "fine": 4, "evaluations": 20, "steps": 20}
    found = planar_tokens.nearness(RUN, (1.0,), **sizes)
    assert [*found] == ["token by token", "flow", "SDE", "floor"]
    assert max(found.values()) < found["floor"] + 0.05
    far = planar_tokens.nearness(RUN, (1.0, 5.0), **sizes)
    assert far["flow"] > found["flow"] + 0.1
