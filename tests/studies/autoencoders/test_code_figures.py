"""Figures of codes, drawn from numbers that are made up."""

import matplotlib as mpl
import numpy as np
import torch
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from gendiff.studies.autoencoders import code_figures

G = torch.Generator().manual_seed(0)
LARGE = torch.rand(49, 16, 16, generator=G)
THREE = np.linspace(0.1, 1.0, 9)[None] * np.ones((3, 1))


def falling(*sizes: int) -> dict[int, float]:
    return {size: 0.9 / size for size in sizes}


def figures() -> list[Figure]:
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


def test_every_figure_can_be_drawn() -> None:
    with mpl.rc_context({"figure.constrained_layout.use": True}):
        drawn = figures()
        for figure in drawn:
            figure.canvas.draw()
    plt.close("all")
    assert len(drawn) == 5
