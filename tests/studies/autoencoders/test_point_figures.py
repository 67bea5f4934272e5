"""Figures of points, drawn from numbers that are made up."""

import matplotlib as mpl
import torch
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from gendiff.data import moons
from gendiff.studies.autoencoders import point_figures
from gendiff.studies.autoencoders.moments import ERRORS

G = torch.Generator().manual_seed(0)
POINTS = torch.randn(50, 2, generator=G)
ONES = {str(k): 1.0 for k in range(4)}


def figures() -> list[Figure]:
    nets = {str(k): lambda x: 0.9 * x for k in range(4)}
    errors = {
        distribution: {0.1: [0.2, 0.3], 0.4: [0.1, 0.2]} for distribution in ERRORS
    }
    around, exact = {0.05: 0.5, 0.9: 0.3}, {0.05: 0.4, 0.9: 0.1}
    panels = {"one": POINTS, "two": POINTS}
    return [
        point_figures.portraits(nets, ONES, ONES, POINTS),
        point_figures.local_moments(
            errors, lambda x: 0.5 * x, moons(), POINTS, sigma=0.4
        ),
        point_figures.clouds(panels, POINTS, reach=(3.0, 3.0), height=2.0),
        point_figures.around_centres(panels, POINTS[:8], height=2.0),
        point_figures.one_level(around, exact, 0.08),
    ]


def test_every_figure_can_be_drawn() -> None:
    with mpl.rc_context({"figure.constrained_layout.use": True}):
        drawn = figures()
        for figure in drawn:
            figure.canvas.draw()
    plt.close("all")
    assert len(drawn) == 5
