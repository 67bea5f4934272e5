"""The figures of what guidance samples can be drawn."""

import torch
from matplotlib import pyplot as plt

from gendiff.discrete import joint
from gendiff.estimate import Estimate
from gendiff.studies.guidance import exact_figures as figures
from gendiff.studies.guidance.class_pairs import pair


def test_the_figures_are_drawn() -> None:
    one, both = pair([[1.0, 0.0]], [[-1.0, 0.0]], 0.5)
    points = {name: torch.zeros(9, 2).double() for name in ("promised", "flow")}
    half = Estimate(0.5, 0.1, 4, "texts")
    passed = {name: {0.6: half, 1.0: half} for name in "abc"}
    likelihood = torch.tensor([[0.9, 0.1], [0.5, 0.4]], dtype=torch.float64)
    coins = joint.independent(torch.full((2, 2), 0.5))
    drawn = {
        "blob 0.50 for flow": figures.scattered(one, both, points, {"flow": "0.50"}),
        "from 0 to 1: one 0.20, two 0.10.": figures.rows_of_digits(
            {"one": torch.zeros(10, 1, 8, 8), "two": torch.zeros(10, 1, 8, 8)},
            {"one": 0.2, "two": 0.1},
        ),
        "c 0.50 at 0.6, 0.50 at 1.": figures.passed(passed),
        "γ = 1: 0.250, 0.250": figures.four_sequences(likelihood, [coins] * 3),
    }
    for words, (_, alt) in drawn.items():
        assert words in alt
    assert [len(fig.axes) for fig, _ in drawn.values()] == [2, 2, 1, 2]
    plt.close("all")
