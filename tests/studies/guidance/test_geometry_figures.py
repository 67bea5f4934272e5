"""The figures of the page on the geometry of guidance draw what they are given."""

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.figure import Figure

from gendiff.estimate import fraction
from gendiff.record import Trajectory
from gendiff.studies.guidance import geometry_figures as draw, pinwheel
from gendiff.studies.guidance.mirrored import Mirrored
from gendiff.studies.guidance.plane import through


def test_every_figure_is_drawn() -> None:
    generator = torch.Generator().manual_seed(0)

    def some(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=generator)

    images = some(20, 1, 1, 24, 24)
    way = Trajectory(images, images, torch.linspace(1, 0, 20))
    levels, points = [1.0, 0.1], some(5, 2)
    ratios, curve = np.array([0.1, 1.0, 10.0]), ([1.0, 2.0], [3.0, 4.0])
    found = [fraction(1, 2, "states")] * 2
    figures = [
        draw.ways(dict.fromkeys((0, 1, 3), way), through(*images[:3])),
        draw.dimensions({d: (90 + some(50), some(50)) for d in (2, 100, 10_000)}),
        draw.photograph(Mirrored(some(3, 8, 8).double()), some(3, 8, 8), [1.0] * 5),
        draw.told(*some(2, 2, 3, 1, 24, 24), levels, dict.fromkeys("abc", found)),
        draw.blurring(ratios, ratios, ratios, {2.0: curve, 4.0: curve}),
        draw.clouds(dict.fromkeys("abc", points)),
        draw.solvers([1.0, 0.1], [0.0, 9.0], dict.fromkeys("abcd", curve)),
        draw.three_runs([points] * 3, [points] * 3),
        draw.worth(curve, curve),
        draw.fans(dict.fromkeys((0.0, 1.0, 3.0, 8.0), some(3, 4, 2)), pinwheel.world()),
    ]
    assert all(isinstance(figure, Figure) for figure in figures)
    plt.close("all")
