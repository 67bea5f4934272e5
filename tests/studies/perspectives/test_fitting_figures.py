"""Figures tell in words what they show."""

import matplotlib.pyplot as plt
import torch

from gendiff.studies.perspectives import fitting_figures as figures


def test_what_is_left_is_drawn_where_it_is_looked_at() -> None:
    x = torch.linspace(-8, 8, 81)[:, None]
    left = {"plain": [x, 2 * x, 3 * x], "other": [x, x, x]}
    fig, alt = figures.by_place(x, (-(x**2)).exp(), left)
    assert len(fig.axes) == 3
    assert all(len(ax.get_lines()) == 3 for ax in fig.axes)
    assert "equation of the score: plain 6, other 3" in alt
    plt.close(fig)


def test_a_row_for_each_training() -> None:
    fig, alt = figures.in_all({"equation": [0.2, 0.1, 1.0], "decay": [1.0, 1.1, 0.9]})
    (ax,) = fig.axes
    assert [label.get_text() for label in ax.get_yticklabels()] == ["equation", "decay"]
    assert "equation 0.20, 0.10, 1.00" in alt
    plt.close(fig)
