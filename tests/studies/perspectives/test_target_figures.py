"""The figures of what a network is asked for draw what they are given."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from gendiff.studies.perspectives import target_figures
from gendiff.studies.perspectives.other_noises import Seen

X = np.linspace(-2.0, 2.0, 101)


@pytest.fixture(autouse=True)
def close() -> None:
    plt.close("all")


def test_noises_and_their_errors() -> None:
    right = Seen(X, np.ones(101), X / 2, X / 2)
    wrong = Seen(X, np.ones(101), X / 2, 0 * X)
    fig, alt = target_figures.noises(
        {"Gaussian": right, "uniform": wrong}, {"Gaussian": X, "uniform": X}
    )
    assert len(fig.axes) == 2
    assert "Gaussian 0, uniform 1" in alt


def test_mean_and_median() -> None:
    lines = {"mean": X, "median": X + 0.25}
    _, alt = target_figures.mean_or_median(X, lines, lines, 1.0)
    assert "by up to 0.25" in alt


def test_targets() -> None:
    cells = {("noise", "native"): 3.0, ("clean", "native"): 1.5}
    fig, alt = target_figures.targets({"digits": cells, "plane": cells})
    assert len(fig.axes) == 2
    assert "plane: noise target, native weights 3, clean target" in alt
