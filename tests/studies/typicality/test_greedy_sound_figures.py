"""The figures of decoding sound are drawn from what they are given."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from gendiff.studies.typicality import (
    amplitude_codes as codings,
    greedy_sound_figures as figures,
)


def test_the_modes_are_those_of_the_formula() -> None:
    fig = figures.modes(codings.even(256), codings.mu_law(256))
    fig.canvas.draw()
    formula, found = fig.axes[1].get_lines()[:2]
    exact, near = (np.asarray(line.get_ydata(), float) for line in (formula, found))
    loud = exact > 0.01
    assert near[loud] == pytest.approx(exact[loud], rel=0.05)
    even, mu_law = fig.axes[0].get_lines()[:2]
    x = np.asarray(even.get_xdata(), float)
    assert abs(x[np.argmax(even.get_ydata())]) < 0.01
    assert float(np.max(mu_law.get_ydata())) == pytest.approx(1)
    plt.close("all")


def test_what_is_left_is_sorted_and_power_in_decibels() -> None:
    left = {"mu-law": torch.tensor([0.5, 0.0, 0.1]), "even": torch.tensor([0.2] * 3)}
    power = {name: torch.tensor([1.0, 0.1]) for name in left}
    fig = figures.wavenets(left, power, (1.0, 0.25))
    fig.canvas.draw()
    sorted_left = np.asarray(fig.axes[0].get_lines()[0].get_ydata(), float)
    assert sorted_left == pytest.approx([1e-4, 0.1, 0.5])
    decibels = np.asarray(fig.axes[1].get_lines()[0].get_ydata(), float)
    assert decibels == pytest.approx([0, -10])
    gaussian = np.asarray(fig.axes[1].get_lines()[2].get_ydata(), float)
    assert gaussian == pytest.approx([0, 10 * np.log10(0.25)])
    plt.close("all")
