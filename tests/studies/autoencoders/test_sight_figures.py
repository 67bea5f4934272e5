import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from gendiff.data.photographs import CHINA
from gendiff.studies.autoencoders import sight, sight_figures


def test_figures_say_their_numbers() -> None:
    seen = sight.look_at(CHINA, shrink=20)
    eps = torch.zeros_like(seen.picture)
    words = sight_figures.levels(seen, eps, (8.0, 3.0, 1.0))[1]
    assert f"{seen.reach(3.0):.1f} at σ = 3" in words
    assert sight_figures.glance(seen, eps, 1.0).axes
    small = sight.square(CHINA, 32)
    sees = sight.distribution(32, 2.0)
    films, words = sight_figures.falling(small, small, sees, [1.0, 0.5])
    assert len(films) == 2
    assert "cycles per image" in words
    assert sight_figures.outline(seen.picture[0].repeat(1, 5, 5), eps[0])[1]
    plt.close("all")


def test_blocks_bear_noise_in_proportion_to_their_side() -> None:
    flat = torch.randn(1, 8, 8, generator=torch.Generator()).repeat_interleave(8, 1)
    flat = flat.repeat_interleave(8, 2)  # blocks of 8 are alike
    one, two = (
        sight_figures.correlations(flat, np.array([side]), block=side)[0]
        for side in (1, 8)
    )
    assert one == pytest.approx(two, abs=0.02)
