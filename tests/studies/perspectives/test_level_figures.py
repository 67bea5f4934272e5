"""Figures of one level and many show the numbers that they are given."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from gendiff.studies.perspectives import level_figures


def test_each_panel_says_how_much_lies_in_either_half() -> None:
    points = torch.tensor([[1.0, 1.0], [0.5, 0.1], [0.2, 0.2], [-1.0, -1.0]])
    assert level_figures.fraction_above(points) == pytest.approx(0.75)
    fig, alt = level_figures.samples({"data": points, "one\nlevel": -points}, 1.2)
    texts = [[text.get_text() for text in ax.texts] for ax in fig.axes]
    assert texts == [["75 %", "25 %"], ["25 %", "75 %"]]
    assert "data 75 %, one level 25 %" in alt
    plt.close(fig)


def test_errors_stand_above_distortions() -> None:
    fig, alt = level_figures.errors(
        [0.1, 1.0], {"drawn": [30.0, 1.5], "even": [2.0, 1.0]}, [0.02, 0.4]
    )
    above, below = fig.axes
    np.testing.assert_array_equal(above.lines[0].get_ydata(), [30, 1.5])
    np.testing.assert_array_equal(below.lines[0].get_ydata(), [0.02, 0.4])
    assert "drawn, 30 at the least level and 1.5 at the largest" in alt
    plt.close(fig)


def test_the_best_single_level_is_named() -> None:
    walks = {"exact": {0.1: 0.8, 0.4: 0.3, 1.6: 1.2}}
    fig, alt = level_figures.one_by_one(walks, {"annealed": 0.15}, 0.09)
    np.testing.assert_array_equal(fig.axes[0].lines[1].get_ydata(), [0.15, 0.15])
    assert "exact 0.30 at 0.4" in alt
    assert "annealed 0.15, two real sets 0.09" in alt
    plt.close(fig)


def test_steps_are_ticks() -> None:
    fig, alt = level_figures.steps({"learnt": {8: 0.4, 16: 0.2}}, 0.1)
    labels = [text.get_text() for text in fig.axes[0].get_xticklabels()]
    assert labels == ["8", "16"]
    assert "learnt: 0.40 at 8, 0.20 at 16. Two real sets: 0.10" in alt
    plt.close(fig)
