"""The figures of what guidance samples can be drawn."""

import torch
from matplotlib import pyplot as plt

from gendiff.studies.guidance import exact_figures as figures
from gendiff.studies.guidance.class_pairs import pair


def test_the_figures_are_drawn() -> None:
    one, both = pair([[1.0, 0.0]], [[-1.0, 0.0]], 0.5)
    points = {name: torch.zeros(9, 2).double() for name in ("promised", "flow")}
    ticks = torch.linspace(-3, 5, 9)
    images = torch.zeros(3, 1, 24, 24)
    shares: dict[str, tuple[float, float]] = dict.fromkeys(
        ("flow", "SDE", "promised"), (0.5, 1.0)
    )
    ink = {1.0: [0.2, 0.2], 2.0: [0.1, 0.15]}
    distributions = [torch.ones(9, 9, 9) / 9**3] * 3
    drawn = {
        "blob 0.50 for flow": figures.scattered(one, both, points, {"flow": "0.50"}),
        "exact means 1.00, 1.00, 1.00,": figures.pixels(
            ticks, distributions, torch.zeros(5, 3)
        ),
        "× 2: 0.10, 0.15.": figures.tempered_digits(
            {1.0: (images, images), 2.0: (images, images)}, ink
        ),
        "falls to 50% for the flow": figures.diversity(
            {1.0: shares, 4.0: shares}, {2.0: shares}
        ),
    }
    for words, (_, alt) in drawn.items():
        assert words in alt
    assert [len(fig.axes) for fig, _ in drawn.values()] == [2, 3, 4, 2]
    plt.close("all")
