"""The figures of one model under many names draw what they are given."""

import matplotlib.pyplot as plt
import pytest
import torch

from gendiff.studies.perspectives import perspective_figures
from gendiff.studies.perspectives.eight_names import Name


@pytest.fixture(autouse=True)
def close() -> None:
    plt.close("all")


def test_an_arrow_is_drawn_under_all_names() -> None:
    one = torch.tensor([1.0, -2.0], dtype=torch.float64)
    names = [Name("clean signal", one, one), Name("noise", 2 * one, one)]
    fig, alt = perspective_figures.one_arrow(torch.zeros(5, 2), one, names, [0.0, 1e-9])
    assert len(fig.axes) == 2
    assert "2 colours" in alt
    assert "noise (2.00, −4.00): 1e-09" in alt


def test_constants_are_told() -> None:
    gaps = {"noisy density": {"a": -2.0, "b": -2.0}, "clean": {"a": -1.0, "b": -0.5}}
    fig, alt = perspective_figures.constants(gaps, -2.0)
    assert len(fig.axes) == 2
    assert "clean: a -1.000, b -0.500" in alt
    assert [bar.get_extents().width > 0 for bar in fig.axes[0].patches] == [False] * 2
    assert all(bar.get_extents().width > 0 for bar in fig.axes[1].patches)


def test_cells_readings_and_the_schematic() -> None:
    points = {"chain": torch.zeros(4, 2), "SDE": torch.ones(4, 2)}
    tables = {"steps": torch.eye(25), "jumps": torch.eye(25)}
    apart = dict(zip([*points, *tables], (1.0, 1.25, 1.5, 1.75), strict=True))
    fig, alt = perspective_figures.cells(points, tables, apart)
    assert len(fig.axes) == 4
    assert "SDE: 1.25, steps: 1.50" in alt
    errors = {"noise": torch.tensor([1.0, 2.0]), "score": torch.tensor([8.0, 1.0])}
    _, alt = perspective_figures.readings(errors, [0.1, 1.0])
    assert "score from 8 to 1" in alt
    assert "8 times the smallest" in alt
    fig, _ = perspective_figures.schematic()
    assert len(fig.axes) == 2
