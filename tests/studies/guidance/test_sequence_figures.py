"""The figures of guided sequences draw what they are given."""

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.figure import Figure

from gendiff.discrete import joint
from gendiff.studies.guidance import sequence_figures as draw
from gendiff.studies.guidance.guided_gaussians import WAYS


def test_every_figure_is_drawn() -> None:
    likelihood = torch.tensor([[0.9, 0.1], [0.5, 0.4]], dtype=torch.float64)
    distribution = joint.independent(torch.full((2, 2), 0.5))
    x = np.linspace(0.1, 1, 5)
    bands = np.sort(np.random.default_rng(0).random((3, 5)), axis=0)
    bits = {"token by token": x, "joint": x}
    names = ("target", "flow", "SDE", "x₁, x₂", "x₂, x₁", "floor")
    cells = dict.fromkeys(names, torch.rand(16, 16))
    far = dict.fromkeys(names[1:], 0.2)
    away = {name: {1.0: far, 2.0: far} for name in "abc"}
    growing = dict.fromkeys(("every place", "the sum"), bands.T[:, : len(WAYS)])
    figures = [
        draw.four_sequences(likelihood, [distribution] * 3),
        draw.two_guides([distribution] * 2),
        draw.tables(x, bands, bands, bands),
        draw.temperatures(
            x, bits, [1, 10, 100], dict.fromkeys((1.5, 2.0, 3.0, 5.0), (0.1, 0.2, 0.3))
        ),
        draw.planes(cells, away),
        draw.lengths([1, 2, 4, 8, 16], growing),
    ]
    assert all(isinstance(figure, Figure) for figure in figures)
    plt.close("all")
