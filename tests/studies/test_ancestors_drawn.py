"""The figures of the ancestors, drawn from numbers that are made up."""

import matplotlib as mpl
import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from gendiff.data.toys import moons
from gendiff.studies import (
    ancestor_figures,
    ancestor_words,
    code_figures,
    point_figures,
)
from gendiff.studies.moments import ERRORS

G = torch.Generator().manual_seed(0)
POINTS = torch.randn(50, 2, generator=G)
SMALL = torch.rand(24, 8, 8, generator=G)
LARGE = torch.rand(49, 16, 16, generator=G)
ONES = {str(k): 1.0 for k in range(4)}
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
        point_figures.portraits(nets, ONES, ONES, POINTS),
        point_figures.local_moments(
            errors, lambda x: 0.5 * x, moons(), POINTS, sigma=0.4
        ),
        point_figures.clouds(panels, POINTS, reach=(3.0, 3.0), height=2.0),
        point_figures.around_centres(panels, POINTS[:8], height=2.0),
        point_figures.one_level(around, exact, 0.08),
    ]


def of_ancestors() -> list[Figure]:
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


def test_words_have_the_numbers_of_their_figures() -> None:
    runs = {128: np.array([[0.9, 0.4], [0.7, 0.2]]), 16: np.zeros((2, 2))}
    laws = zip(ERRORS, (0.1, 0.2, 0.3), strict=True)
    errors = {law: {0.1: [low, 3 * low], 1.6: [low, low]} for law, low in laws}
    around = {0.05: 0.5, 0.2: 0.1, 0.9: 0.3}
    nats = {"logit": torch.tensor([-9.0, -7.0]), "density": torch.tensor([5.0, 7.0])}
    ratio = np.array([[1.0, 2.0, 1.0], [2.0, 4.0, 1.0]])
    arms = {"scratch": [0.1, 0.3], "pre-trained": [0.9, 0.7], "modern": [0.5, 0.5]}
    told = {
        ancestor_words.portraits({"a": 0.5}, {"a": 2.0}): "0.50 and 2.00 with a",
        ancestor_words.bottleneck({2: 0.8, 32: 0.1}, {2: 0.7, 32: 0.2}): (
            "0.80 of the variance with 2 numbers and 0.10 with 32"
        ),
        ancestor_words.essence(runs, runs): "goes from 0.80 at 128 numbers to 0.00",
        ancestor_words.boltzmann({1: [0.0, -20.0], 10: [0.0, -21.0]}, -30.0): (
            "-20.00 nats with one Gibbs step and -21.00 with ten"
        ),
        ancestor_words.depth(arms): "2 seeds each. Sigmoids from scratch end at 0.20",
        ancestor_words.learnt_filters({0.5: 4.0}): "4.00 cycles an image at noise",
        ancestor_words.spectra({"noise": torch.ones(5)}, 8): "5 with noise in the way",
        ancestor_words.local_moments(errors): "noisy density by 0.10 to 0.20",
        ancestor_words.dreams(nats): "log-density -8 nats",
        ancestor_words.one_level(around, {0.1: 0.2}, 0.07, 0.01, steps=9): (
            "falls from 0.5 to 0.1 at 0.2 and rises again to 0.3"
        ),
        ancestor_words.distances({"GSN": [0.1, 0.3]}, 0.05): "GSN 0.200; between",
        ancestor_words.rates({4: 0.5}, 0.25): "0.50 of the variance with 4 bits",
        ancestor_words.schedules({"σ = 1": [0.5, 0.6]}, 0.4): "σ = 1 0.550; raw pixels",
        ancestor_words.sharing([0.1, 0.5, 2.5], ratio): "1.50 at 0.1, 3.00 at 0.5 and",
    }
    for words, number in told.items():
        assert number in words
