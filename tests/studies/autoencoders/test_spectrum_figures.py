import matplotlib.pyplot as plt
import numpy as np
import torch

from gendiff import grids
from gendiff.data import power_law
from gendiff.metrics import frequencies
from gendiff.objectives import clean_weight, noise_weight
from gendiff.studies.autoencoders import spectrum_figures
from gendiff.studies.autoencoders.spectrum_figures import Filling


def test_figures_say_their_numbers() -> None:
    grid, f = grids.geometric(6, low=0.02, high=60.0), np.arange(1.0, 8.0)
    filling = Filling(grid, f, np.ones((6, 7)), np.ones(7), np.full(7, 0.5))
    assert "falls from 0.5" in spectrum_figures.arrivals(filling, np.ones(7))[1]
    assert spectrum_figures.filled(filling, 2, torch.zeros(8, 1, 16, 16)).axes
    distribution, upper = power_law(32, 32), frequencies(32, 32) > 8
    assert (
        "above 8 cycles"
        in spectrum_figures.budget(distribution, distribution, upper, 0.01)[1]
    )
    rules = dict.fromkeys("abcd", noise_weight) | {"a": clean_weight}
    curves = dict.fromkeys(rules, np.full((3, 7), 0.25))
    words = spectrum_figures.weights(rules, f, curves, curves)[1]
    assert "a 0.250 and 0.250" in words
    plt.close("all")
