import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from gendiff import grids
from gendiff.data.fields import frequencies, power_law
from gendiff.data.photographs import CHINA
from gendiff.objectives import clean_weight, noise_weight
from gendiff.studies import shape_figures, sight, sight_figures, spectrum_figures
from gendiff.studies.near_far import GROUPS
from gendiff.studies.spectrum_figures import Filling

FOUR = np.array([1.0, 2.0, 4.0, 8.0])


def test_figures_of_photographs() -> None:
    seen = sight.look_at(CHINA, shrink=20)
    eps = torch.zeros_like(seen.picture)
    words = sight_figures.levels(seen, eps, (8.0, 3.0, 1.0))[1]
    assert f"{seen.reach(3.0):.1f} at σ = 3" in words
    assert sight_figures.glance(seen, eps, 1.0).axes
    small = sight.square(CHINA, 32)
    sees = sight.law(32, 2.0)
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


def test_figures_of_shapes() -> None:
    pooled = np.zeros((10, 4))
    words = shape_figures.discs((4, 16, 64, 256), pooled, FOUR, FOUR / 2)[1]
    assert "8 and 4.00 for 256 pixels" in words
    curves = {group: np.array([1.0, 0.2]) for group in GROUPS}
    bears = dict.fromkeys(GROUPS, 1.25)
    sigmas, examples = np.array([0.2, 2.0]), torch.Generator()
    words = shape_figures.near_far(sigmas, curves, bears, examples)[1]
    assert "σ = 1.25 for near" in words
    plt.close("all")


def test_figures_of_spectra() -> None:
    grid, f = grids.geometric(6, low=0.02, high=60.0), np.arange(1.0, 8.0)
    filling = Filling(grid, f, np.ones((6, 7)), np.ones(7), np.full(7, 0.5))
    assert "falls from 0.5" in spectrum_figures.arrivals(filling, np.ones(7))[1]
    assert spectrum_figures.filled(filling, 2, torch.zeros(8, 1, 16, 16)).axes
    law, upper = power_law(32, 32), frequencies(32, 32) > 8
    assert "above 8 cycles" in spectrum_figures.budget(law, law, upper, 0.01)[1]
    rules = dict.fromkeys("abcd", noise_weight) | {"a": clean_weight}
    curves = dict.fromkeys(rules, np.full((3, 7), 0.25))
    words = spectrum_figures.weights(rules, f, curves, curves)[1]
    assert "a 0.250 and 0.250" in words
    plt.close("all")
