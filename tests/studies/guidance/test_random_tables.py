"""Guides of random tables: equal without guidance, apart with it."""

import pytest
import torch

from gendiff.studies.guidance import random_tables


@pytest.mark.parametrize("gamma", [0.0, 1.0])
def test_at_the_ends_both_guides_agree(gamma: float) -> None:
    draw = torch.Generator().manual_seed(0)
    gaps = [random_tables.gap(gamma, draw) for _ in range(20)]
    assert max(gaps) < 1e-12


def test_beyond_one_they_part_the_farther_the_larger_the_scale() -> None:
    near, far = (
        [random_tables.gap(g, torch.Generator().manual_seed(s)) for s in range(20)]
        for g in (2.0, 5.0)
    )
    assert min(near) > 0
    assert sum(near) < sum(far)
