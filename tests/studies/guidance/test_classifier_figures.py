"""The figures of guidance by a classifier can be drawn, and say what they show."""

import numpy as np
import torch
from matplotlib import pyplot as plt

from gendiff.estimate import Estimate
from gendiff.studies.guidance import classifier_figures as figures

IMAGES = torch.zeros(20, 1, 24, 24)
LEVELS = [0.05, 0.9, 10.0]


def about(value: float) -> Estimate:
    return Estimate(value, 0.1, 2, "samples")


def test_sheets_are_drawn() -> None:
    scales = (0.0, 1.0, 10.0)
    fig, alt = figures.opening(
        dict.fromkeys(scales, IMAGES), {s: about(s / 20) for s in scales}
    )
    assert len(fig.axes) == 3
    assert "takes 5% of all images at scale 1" in alt
    fig, alt = figures.shelf({"a": IMAGES, "b": IMAGES}, {"a": about(0.25)})
    assert alt.endswith("accepts 25% (a).")
    rows = {"little ink": IMAGES, "much ink": IMAGES}
    placed = {"to the left": about(-0.07), "to the right": about(0.07)}
    fig, alt = figures.wishes(
        rows, {"little ink": 0.06, "much ink": 0.14}, placed, [0.1, 0.9]
    )
    assert "at -0.070 of the width" in alt
    plt.close("all")


def test_the_worst_disagreements_come_first() -> None:
    guide, judge = np.full(20, 0.9), np.full(20, 0.8)
    judge[7] = 0.1
    labels = torch.arange(20) % 10
    fig, alt = figures.disagreements(IMAGES, labels, guide, judge)
    assert fig.axes[0].get_title(loc="center") == "a 7?\nguide 0.90\njudge 0.10"
    assert "them: asked for 7, guide 0.90, judge 0.10; " in alt
    plt.close("all")


def test_curves_are_drawn() -> None:
    runs = np.full((3, 3, 3), 0.25)
    asked = {s: about(value) for s, value in ((0.0, 3.0), (1.0, 1.0), (10.0, 2.0))}
    falling = [0.9, 0.6, 0.1]
    readers = {"told": falling, "not told": falling, "shelf": [0.9, 0.3, 0.1]}
    drawn = {
        "fallen to 0.30": figures.accuracies(LEVELS, readers, LEVELS),
        "guess about 50%": figures.guesses(LEVELS, falling, [0.9, 0.5, 0.1], falling),
        "0.25 and 0.25 (b)": figures.directions(
            LEVELS[::-1], dict.fromkeys("abc", runs)
        ),
        "least at 1 with 1.00": figures.distances(asked, asked, asked, 0.5, steps=9),
        "up to 2.0 times": figures.slopes(LEVELS, [1.0] * 3, [1.0, 2.0, 1.5], "0"),
    }
    for words, (fig, alt) in drawn.items():
        assert words in alt
        assert len(fig.axes) == (2 if "(b)" in words else 1)
    plt.close("all")


def test_the_level_nearest_to_one() -> None:
    assert figures.near_one([0.05, 0.4, 2.0, 3.0]) == 2
