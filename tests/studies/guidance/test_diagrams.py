"""Diagrams: names stay in the panel and apart, windows hold what they are given."""

import matplotlib.pyplot as plt
import torch

from gendiff.studies.guidance import pinwheel
from gendiff.studies.guidance.diagrams import FREE, ground, window_of


def test_a_window_is_square_and_holds_its_points() -> None:
    far = torch.tensor([[4.0, -1.0]]).double()
    left, right, low, high = window_of(far)
    assert abs((right - left) - (high - low)) < 1e-9
    assert left < 4 < right
    assert low < -1 < high


def test_names_are_written_apart_and_inside() -> None:
    fig, ax = plt.subplots(figsize=(3, 3))
    d = ground(ax, (-2.0, 2.0, -2.0, 2.0), pinwheel.classes()[0])
    d.dot((0, 0), "$x_t$")
    d.dot(torch.tensor([[0.1, 0.0]]), r"$\hat x_0$", FREE)
    d.arrow((0, 0), (1.9, 1.9), FREE, "arrow", dashed=True)
    d.title("a panel")
    spots = [text.get_position() for text in ax.texts]
    assert [text.get_text() for text in ax.texts] == ["$x_t$", r"$\hat x_0$", "arrow"]
    assert len(set(spots)) == 3
    assert all(0 < x < 1 and 0 < y < 1 for x, y in spots)
    plt.close(fig)
