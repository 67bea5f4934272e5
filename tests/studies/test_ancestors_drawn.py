"""The figures of the ancestors, drawn from numbers that are made up."""

import matplotlib as mpl
import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from gendiff.data.toys import moons
from gendiff.studies import ancestor_figures, code_figures, point_figures
from gendiff.studies.moments import ERRORS

G = torch.Generator().manual_seed(0)
POINTS = torch.randn(50, 2, generator=G)
SMALL = torch.rand(24, 8, 8, generator=G)
LARGE = torch.rand(49, 16, 16, generator=G)
THREE = np.linspace(0.1, 1.0, 9)[None] * np.ones((3, 1))


@pytest.fixture(autouse=True)
def closed() -> None:
    plt.close("all")


def falling(*sizes: int) -> dict[int, float]:
    return {size: 0.9 / size for size in sizes}


def of_codes() -> list[Figure]:
    images = LARGE[:6].flatten(1)
    runs = dict.fromkeys((128, 32, 16), THREE[:, :2])
    weight = torch.randn(20, 256, generator=G)
    probes = {"σ = 0.1": [0.5, 0.6], "falling": [0.7, 0.8], "untrained": [0.5, 0.5]}
    return [
        code_figures.bottleneck(
            falling(2, 4, 8, 16, 32),
            falling(2, 4, 8, 16, 32),
            falling(2, 4, 8),
            {"input": images, "8": images},
        ),
        code_figures.essence({"noisy": runs, "clean": runs}),
        code_figures.learnt_filters({0.1: weight, 2.0: weight}, {0.1: 4.0, 2.0: 3.0}),
        code_figures.spectra({"nothing": torch.linspace(1, 0.1, 8)}),
        code_figures.schedules(
            probes, constant=["σ = 0.1"], pixels=0.6, noise=LARGE[0]
        ),
    ]


def of_points() -> list[Figure]:
    nets = {str(k): lambda x: 0.9 * x for k in range(4)}
    errors = {law: {0.1: [0.2, 0.3], 0.4: [0.1, 0.2]} for law in ERRORS}
    around, exact = {0.05: 0.5, 0.9: 0.3}, {0.05: 0.4, 0.9: 0.1}
    panels = {"one": POINTS, "two": POINTS}
    return [
        point_figures.portraits(nets, list(nets), POINTS),
        point_figures.local_moments(
            errors, lambda x: 0.5 * x, moons(), POINTS, sigma=0.4
        ),
        point_figures.clouds(panels, POINTS, reach=(3, 3), height=2.0),
        point_figures.around_centres(panels, POINTS[:8], height=2.0),
        point_figures.one_level(around, exact, 0.08),
    ]


def of_ancestors() -> list[Figure]:
    steps = [1, 2, 3]
    curves = {1: [-30.0, -25.0, -20.0], 10: [-31.0, -26.0, -21.0]}
    history = {arm: np.ones((3, 5, 2)) for arm in ("one", "two", "three")}
    least = torch.linspace(1, 40, 9), torch.linspace(0.9, 0.1, 9)
    return [
        ancestor_figures.boltzmann(steps, curves, -35.0, SMALL, SMALL),
        ancestor_figures.depth(history),
        ancestor_figures.sheets(LARGE, LARGE),
        ancestor_figures.rates(falling(4, 8, 16, 32), 0.5, least, SMALL[:16]),
        ancestor_figures.sharing(np.geomspace(0.1, 2.5, 9), THREE),
    ]


@pytest.mark.parametrize("draw", [of_codes, of_points, of_ancestors])
def test_every_figure_can_be_drawn(draw) -> None:  # noqa: ANN001
    with mpl.rc_context({"figure.constrained_layout.use": True}):
        figures = draw()
        for figure in figures:
            figure.canvas.draw()
    assert len(figures) == 5


def test_the_codes_of_a_sheet_fill_a_square() -> None:
    sheet = ancestor_figures.code_sheet(3)
    assert sheet.shape == (9, 2)
    assert sheet[4].abs().max() < 1e-6
    assert float(sheet[0, 0]) < 0 < float(sheet[0, 1])
