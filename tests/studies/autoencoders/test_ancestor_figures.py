"""Figures of the ancestors, drawn from numbers that are made up."""

import matplotlib as mpl
import numpy as np
import torch
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from gendiff.studies.autoencoders import ancestor_figures

G = torch.Generator().manual_seed(0)
SMALL = torch.rand(24, 8, 8, generator=G)
LARGE = torch.rand(49, 16, 16, generator=G)
THREE = np.linspace(0.1, 1.0, 9)[None] * np.ones((3, 1))


def falling(*sizes: int) -> dict[int, float]:
    return {size: 0.9 / size for size in sizes}


def figures() -> list[Figure]:
    steps = [1.0, 2.0, 3.0]
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


def test_every_figure_can_be_drawn() -> None:
    with mpl.rc_context({"figure.constrained_layout.use": True}):
        drawn = figures()
        for figure in drawn:
            figure.canvas.draw()
    plt.close("all")
    assert len(drawn) == 5


def test_the_codes_of_a_sheet_fill_a_square() -> None:
    sheet = ancestor_figures.code_sheet(3)
    assert sheet.shape == (9, 2)
    assert sheet[4].abs().max() < 1e-6
    assert float(sheet[0, 0]) < 0 < float(sheet[0, 1])
