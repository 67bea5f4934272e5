"""The figures of guidance by a classifier can be drawn, and say what they show."""

import numpy as np
import torch
from matplotlib import pyplot as plt

from gendiff.estimate import Estimate
from gendiff.studies.guidance import classifier_figures as figures
from gendiff.studies.guidance.nuisances import Energies

IMAGES = torch.zeros(20, 1, 24, 24)
LEVELS = [0.05, 0.9, 10.0]


def about(value: float) -> Estimate:
    return Estimate(value, 0.1, 2, "samples")


def test_sheets_are_drawn() -> None:
    shares = {0.0: 0.1, 1.0: 0.25, 10.0: 0.5}
    fig, alt = figures.opening(dict.fromkeys(shares, IMAGES), shares)
    assert len(fig.axes) == 3
    assert alt.endswith("the others in 25% at scale 1, 50% at scale 10.")
    fig, alt = figures.wishes(
        {"a": IMAGES, "b": IMAGES},
        inked={"little": 0.06},
        missed=[0.1, 0.9],
        large={"by a row": 0.5},
    )
    assert len(fig.axes) == 2
    assert "0.060 (little)" in alt
    assert alt.endswith("Large digits: 50% by a row.")
    plt.close("all")


def test_the_worst_disagreements_come_first() -> None:
    guide, judge = np.full(20, 0.9), np.full(20, 0.8)
    judge[7] = 0.1
    labels = torch.arange(20) % 10
    fig, alt = figures.disagreements(
        IMAGES, labels, {"guide": guide, "judge": judge, "twin": guide}
    )
    assert len(fig.axes) == 4
    assert fig.axes[0].get_title(loc="center") == (
        "a 7?\nguide 0.900\njudge 0.100\ntwin 0.900"
    )
    assert "them: asked for 7, guide 0.900, judge 0.100, twin 0.900; " in alt
    plt.close("all")


def test_curves_are_drawn() -> None:
    falling = [0.9, 0.6, 0.1]
    readers = {"told": falling, "not told": falling, "shelf": [0.9, 0.3, 0.1]}
    ones = torch.ones(3, 5)
    energies = Energies(ones, ones / 2, ones / 4, torch.tensor([[1.0, 4, 1]]).T * ones)
    by_scale = {"96 calls": {0.0: about(0.5), 10.0: about(0.75)}}
    drawn = {
        "clean images has 0.30": figures.accuracies(LEVELS, readers, LEVELS),
        "guess about 50%": figures.guesses(LEVELS, falling, [0.9, 0.5, 0.1], falling),
        "0.25 and 0.12 (difference)": figures.directions(LEVELS, energies, energies),
        "Doubts, 96 calls: 0.50 at 0, 0.75 at 10": figures.pushed(
            by_scale, by_scale, 1
        ),
    }
    for words, (fig, alt) in drawn.items():
        assert words in alt
        assert len(fig.axes) == (2 if "(" in words or "Doubts" in words else 1)
    assert "greatest at level 0.90" in drawn["0.25 and 0.12 (difference)"][1]
    plt.close("all")


def test_a_sampler_walks_from_left_to_right() -> None:
    ones = torch.ones(3, 5)
    fig, _ = figures.directions(LEVELS, *(Energies(ones, ones, ones, ones),) * 2)
    low, high = fig.axes[0].get_xlim()
    assert low > high
    plt.close("all")


def test_the_level_nearest_to_one() -> None:
    assert figures.near_one([0.05, 0.4, 2.0, 3.0]) == 2
