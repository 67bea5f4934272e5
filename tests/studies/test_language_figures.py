"""The figures of a language model draw what they are given."""

import matplotlib.pyplot as plt
import torch

from gendiff.estimate import Estimate
from gendiff.studies import language_figures as draw


def test_every_figure_is_drawn() -> None:
    x = [0.5, 1.0, 2.0]
    guided = draw.guided(x, dict.fromkeys("abc", x), 0.9, x, x)
    assert [ax.get_title() for ax in guided.axes] == [
        "recognised as asked",
        "what it does to the text",
    ]
    inside = torch.tensor([True, False, True])
    place = draw.Place("abc", torch.tensor(x), 1.0, dict.fromkeys("xyz", inside))
    shapes = draw.shapes(place, dict.fromkeys("xyz", (x, x)))
    assert len(shapes.axes[0].collections) == 3
    scored = [Estimate(value, 0.1, 4, "groups") for value in (-0.1, 0.2, 0.3)]
    cooled = draw.cooled(x, {"held-out text": scored, "itself": scored}, 0.1, x, x)
    assert len(cooled.axes) == 2
    plt.close("all")
