"""The figures of guidance by a classifier can be drawn."""

import numpy as np
import torch
from matplotlib import pyplot as plt

from gendiff.estimate import Estimate
from gendiff.studies import classifier_figures as figures


def test_the_figures_are_drawn() -> None:
    images = torch.zeros(10, 1, 24, 24)
    levels = [0.1, 1.0, 10.0]
    runs = np.random.default_rng(0).random((3, 3, 3))
    lines = {s: Estimate(s, 0.1, 2, "samples") for s in (0.0, 1.0, 10.0)}
    drawn = [
        figures.sheets({"a": images, "b": images}, height=3.0),
        figures.verdicts(images[:3], ["a", "b", "c"]),
        figures.accuracies(levels, dict.fromkeys("abc", levels), ticks=levels),
        figures.guesses(levels, levels, levels, levels),
        figures.directions(levels[::-1], {"a": runs, "b": runs, "c": runs}),
        figures.distances({"a": lines, "b": lines, "c": lines}, 0.5),
        figures.slopes(levels, levels, levels, at="0"),
    ]
    assert [len(fig.axes) for fig in drawn] == [2, 3, 1, 1, 2, 1, 1]
    plt.close("all")
