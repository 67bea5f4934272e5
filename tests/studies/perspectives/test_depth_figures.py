"""Figures of a sampler as a deep network, and the numbers in their words."""

import matplotlib.pyplot as plt
import torch

from gendiff.studies.perspectives import depth_figures as figures
from gendiff.studies.perspectives.one_field import Arrival

POINTS = torch.zeros(5, 2)
RACE = Arrival(arrived=True, spent=2.5, times=[1.0, 2.5], distances=[0.3, 0.05])


def test_every_figure_says_what_it_shows() -> None:
    levels = [0.1, 1.0]
    drawn = {
        "a 0.700, b 0.800": figures.bars_and_samples({1: 10**6, 2: 2 * 10**6}, 10**6,
                                         {"a": (POINTS, 0.7), "b": (POINTS, 0.8)}),
        "slow after 2.5": figures.races({"fast": [RACE], "slow": [RACE]}, 0.06, "s"),
        "-0.25 with 200": figures.sizes({"flow": [(100, 1.0), (200, -0.25)]}, -0.5),
        "halves from 0.50 to 4.00": figures.splits({"halves": (levels, [0.5, 4.0])}),
    }  # fmt: skip
    for number, (fig, alt) in drawn.items():
        fig.canvas.draw()
        assert number in alt
        plt.close(fig)
