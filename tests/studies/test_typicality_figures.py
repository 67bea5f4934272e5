"""The figures of typicality draw what they are given."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from gendiff.studies import one_bump, typicality_figures, typicality_pictures

LINE = torch.linspace(0, 2, 21, dtype=torch.float64)
FALL = {10: 0.9, 1_000: 0.5, 100_000: 0.1}


@pytest.fixture(autouse=True)
def close() -> None:
    plt.close("all")


def test_curves_can_be_drawn() -> None:
    x = np.linspace(-3, 3, 31)
    data = one_bump.Data(x, np.exp(-(x**2)))
    fits = dict.fromkeys(one_bump.OBJECTIVES, np.array([0.0, 1.0]))
    counts = np.array([1e-9, 0.1, 0.3, 0.2, 0.1])
    figs = [
        typicality_figures.shell(3, LINE, LINE / 2.1, LINE),
        typicality_figures.objectives(data, fits),
        typicality_figures.coin(counts, 100 * counts, counts[::-1]),
        typicality_figures.spheres(LINE, {1: 0.7, 10: 0.2}, {1: 0.3, 10: 0.01}),
        typicality_figures.annulus(
            *((LINE, LINE / 2), (LINE[::5], LINE[::5] / 2)),
            vectors=10,
            width=1,
            mass=0.5,
            note="half",
        ),
        typicality_figures.equipartition(
            [("mass", FALL, FALL), ("again", FALL, FALL)],
            {n: -10.0 * n for n in FALL},
        ),
        typicality_figures.modes(
            dict.fromkeys("abcd", LINE - 1), dict.fromkeys("abcd", 3.0)
        ),
    ]
    assert [len(fig.axes) for fig in figs] == [2, 1, 1, 2, 1, 3, 1]


def test_pictures_can_be_drawn() -> None:
    z = torch.zeros(14, 100, dtype=torch.float64)
    fig = typicality_pictures.rivals({"one": z, "two": z})
    assert [ax.get_title() for ax in fig.axes] == ["one", "two"]
    tiles = typicality_pictures.tiles(torch.rand(3, 8, 8), "abc", ["", "1", "2"])
    assert [ax.get_title() for ax in tiles.axes] == ["a", "b", "c"]
    frames = typicality_pictures.climb([z, z], [[0, 1], [2, 3]])
    assert len(frames) == 2
    assert frames[0].dtype == np.uint8


def test_a_hole_is_filled_with_what_is_given() -> None:
    missing = torch.zeros(16, dtype=torch.bool)
    missing[5:7] = True
    fig = typicality_pictures.fillings(
        torch.zeros(16), missing, torch.ones(2), -torch.ones(2)
    )
    shown = [np.asarray(ax.images[0].get_array()) for ax in fig.axes]
    at = [float(image[1, 1]) for image in shown]
    assert at == pytest.approx([1.0, 0.7, 0.3, 0.5])
