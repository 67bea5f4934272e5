"""Rows of images with their notes: what is drawn and said."""

import matplotlib.pyplot as plt
import pytest
import torch

from gendiff.studies.guidance.asides_figures import rows


@pytest.mark.parametrize("channels", [1, 3])
def test_every_row_has_its_name_and_its_note(channels: int) -> None:
    images = {name: torch.zeros(5, channels, 8, 8) for name in ("one", "two")}
    fig, alt = rows(images, {"one": "first", "two": "second"})
    titles = [ax.get_title(loc="left") for ax in fig.axes]
    assert titles == ["one: first", "two: second"]
    assert alt == "2 rows of 5 small images each. one: first; two: second."
    plt.close(fig)


def test_a_gap_parts_blocks_of_rows() -> None:
    names = ["a", "b", "c", "d"]
    images = {name: torch.zeros(2, 3, 8, 8) for name in names}
    fig, _ = rows(images, dict.fromkeys(names, "x"), gap=2)
    assert [ax.get_visible() for ax in fig.axes] == [True, True, False, True, True]
    plt.close(fig)
