"""Figures of paths draw the density they say, as much of a path, and their numbers."""

import math
from typing import cast

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from matplotlib.patches import Rectangle

from gendiff.exact import GaussianMixture
from gendiff.studies.perspectives import path_figures

BUMPS = GaussianMixture.isotropic(
    torch.tensor([0.4, 0.6], dtype=torch.float64),
    torch.tensor([[-1.5], [1.0]], dtype=torch.float64),
    0.3,
)
Z = np.linspace(-path_figures.TALL, path_figures.TALL, 201)


def test_a_column_of_the_map_is_the_density_of_scaled_states() -> None:
    clean, drowned = path_figures.heat(BUMPS, [0.0, 1e3]).T
    width = math.sqrt(0.3**2 + 0.24 * 2.5**2)  # weights times the squared gap
    left, right = (np.exp(-((width * Z - mean) ** 2) / 0.18) for mean in (-1.5, 1.0))
    bumps = (0.4 * left + 0.6 * right) / (0.3 * math.sqrt(math.tau))
    np.testing.assert_allclose(clean, width * bumps, atol=1e-12)
    np.testing.assert_allclose(
        drowned, np.exp(-(Z**2) / 2) / math.sqrt(math.tau), atol=1e-3
    )
    assert np.trapezoid(clean, Z) == pytest.approx(1, abs=1e-6)


def test_paths_are_drawn_up_to_a_step_and_beside_them_the_density_there() -> None:
    map_ = path_figures.heat(BUMPS, [20.0, 3.0, 1.0, 0.3, 0.03])
    walks = {
        "SDE": np.arange(15.0).reshape(5, 3) / 5,
        "ODE": -np.arange(15.0).reshape(5, 3) / 5,
    }
    fig = path_figures.paths(map_, walks, 2, {name: w[2] for name, w in walks.items()})
    for row, walk in enumerate(walks.values()):
        lines = fig.axes[2 * row].get_lines()
        assert len(lines) == 3 + 3  # a path and the point where it is
        for k, line in enumerate(lines[:3]):
            np.testing.assert_array_equal(line.get_ydata(), walk[:3, k])
            np.testing.assert_array_equal(line.get_xdata(), [0, 0.25, 0.5])
        (beside,) = fig.axes[2 * row + 1].get_lines()
        np.testing.assert_array_equal(beside.get_xdata(), map_[:, 2])
    plt.close(fig)


def test_a_histogram_beside_the_paths_has_the_scale_of_a_density() -> None:
    map_ = path_figures.heat(BUMPS, [1.0, 0.0])
    crowd = np.linspace(-1, 1, 1_000)
    walks = {name: np.zeros((2, 1)) for name in "ab"}
    fig = path_figures.paths(map_, walks, 1, dict.fromkeys("ab", crowd))
    bars = [cast("Rectangle", bar).get_width() for bar in fig.axes[1].patches]
    assert sum(bars) * 0.1 == pytest.approx(1)
    assert max(bars) == pytest.approx(0.5, rel=0.03)
    plt.close(fig)


def test_the_chain_learns_towards_the_data() -> None:
    fig, alt = path_figures.graph()
    fig.canvas.draw()
    places = {text.get_text(): text.get_position() for text in fig.axes[0].texts}
    assert places["$x_T$"][0] < places["$x_0$"][0]
    assert places["$p(x_{t-1}\\mid x_t)$, learnt"][1] > 0
    assert places["$q(x_t\\mid x_{t-1})$, fixed"][1] < 0
    assert "above point to the data and are learnt" in alt
    plt.close(fig)


def test_what_a_chain_lacks_is_drawn_and_said() -> None:
    ks, gaps = {5: 0.173, 50: 0.0184}, {5: 6.9, 50: 0.815}
    fig, alt = path_figures.against_steps(ks, 0.0025, gaps, -1.02)
    above, below = fig.axes
    np.testing.assert_array_equal(above.get_lines()[0].get_xydata(), [*ks.items()])
    np.testing.assert_array_equal(above.get_lines()[1].get_ydata(), [0.0025] * 2)
    np.testing.assert_array_equal(below.get_lines()[0].get_xydata(), [*gaps.items()])
    assert "slope -1.02" in {text.get_text() for text in below.texts}
    for said in ("0.17 at 5, 0.018 at 50", "data have 0.0025", "6.9 at 5, 0.81 at 50"):
        assert said in alt
    plt.close(fig)


def test_ends_are_drawn_over_the_data() -> None:
    x, true = np.linspace(-3, 3, 7), np.ones(7)
    made = {"ODE": (x[::2], true[::2]), "SDE": (x, 2 * true)}
    fig, alt = path_figures.ends(x, true, made)
    for line, (name, (at, density)) in zip(
        fig.axes[0].get_lines(), made.items(), strict=True
    ):
        assert line.get_label() == name
        np.testing.assert_array_equal(line.get_xydata(), np.stack([at, density], 1))
    assert "ODE and SDE end with" in alt
    plt.close(fig)
