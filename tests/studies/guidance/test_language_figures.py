"""The figures of a language model draw what they are given."""

import matplotlib.pyplot as plt
import torch

from gendiff.data import text
from gendiff.estimate import Estimate
from gendiff.studies.guidance import language_figures as draw


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


def test_the_telling_place_is_where_the_likeliest_is_cut() -> None:
    logits = torch.zeros(3, 20)
    logits[0, 4], logits[1, 7], logits[2, 9] = 0.1, 1.0, 9.0
    cut = torch.tensor([[4], [7], [9]])
    shapes = {
        "all": lambda z: z,
        "without the likeliest": lambda z: z.scatter(
            1, cut if len(z) == 3 else torch.tensor([[7]]), -torch.inf
        ),
    }
    place = draw.telling_place(logits, torch.tensor([1.0, 2.0, 3.0]), shapes)
    assert place.entropy == 2.0  # the third is certain: it has no crowd
    assert place.characters[0] == text.decode(torch.tensor([7]))
    assert bool(place.kept["all"].all())
    assert place.kept["without the likeliest"].tolist() == [False, *[True] * 11]
    assert torch.equal(place.surprisal, place.surprisal.sort().values)
