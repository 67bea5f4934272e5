"""The figures of guidance are drawn from what they are given."""

import matplotlib.pyplot as plt
import numpy as np
import torch

from gendiff.studies.guidance import guidance_figures as figures
from gendiff.studies.guidance.trade import Trade

GREY = torch.linspace(-1.5, 1.5, 20)[:, None, None, None].expand(20, 1, 24, 24)
COLOUR = GREY[:, :, :16, :16].expand(20, 3, 16, 16)


def test_every_figure_is_drawn() -> None:
    place = {1.0: (0.5, 1.0, 0.4), 3.0: (0.9, 0.6, 0.2)}
    trades = [Trade(0.1, 0.5), Trade(0.2, 0.3)]
    drawn = [
        figures.curves({"a": place, "b": place}, numbered="a"),
        figures.named_rows({"a": GREY, "b": GREY}),
        figures.coloured_rows({"a": COLOUR, "b": COLOUR}),
        figures.prompts({"a red seven": {1.0: COLOUR, 3.0: COLOUR}}, columns=10),
        figures.truncation(
            {"a": GREY[:10], "b": GREY[10:]}, {"a": trades, "b": trades}
        ),
        figures.by_size(
            {"a": {1.0: 1.0}, "b": {1.0: 0.9}}, {"a": 5, "b": 5}, plain=0.7
        ),
    ]
    for fig in drawn:
        fig.canvas.draw()
    left, right = drawn[0].axes
    assert [text.get_text() for text in left.texts] == ["1", "3"]
    assert np.allclose(right.lines[1].get_ydata(), [0.4, 0.2])
    plt.close("all")


def test_sheets_keep_within_the_range() -> None:
    grey, colour = figures.sheet(GREY), figures.coloured_sheet(COLOUR, columns=5)
    assert grey.dtype == np.uint8
    assert {int(grey.min()), int(grey.max())} == {0, 255}
    assert colour.shape[2] == 3
    assert (colour.min(), colour.max()) == (0.0, 1.0)
