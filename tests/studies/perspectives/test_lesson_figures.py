"""What the figures of lessons show stands in their words, and in its place."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from gendiff.studies.perspectives import lesson_figures


@pytest.fixture(autouse=True)
def _closed() -> object:
    yield
    plt.close("all")


def test_models_stand_in_columns_and_calls_in_rows() -> None:
    drawn = {
        name: {n: torch.zeros(3, 1, 4, 4) for n in (1, 2)}
        for name in ("teacher", "student")
    }
    apart = {"teacher": {1: 0.5, 2: 0.25}, "student": {1: 0.125, 2: 0.1}}
    fig, alt = lesson_figures.in_steps(drawn, apart)
    titles = [ax.get_title() for ax in fig.axes]
    assert titles == [
        "teacher, 1 call (0.500)",
        "student, 1 call (0.125)",
        "teacher, 2 calls (0.250)",
        "student, 2 calls (0.100)",
    ]
    assert "student: 0.125 in 1, 0.100 in 2" in alt


def test_errors_stand_at_their_updates() -> None:
    fig, alt = lesson_figures.on_the_way({"data": [5.0, 2.0]}, 50, 1.1)
    line = fig.axes[0].get_lines()[0]
    assert np.asarray(line.get_xdata()).tolist() == [50, 100]
    assert "data from 5.00 to 2.00" in alt


def test_norms_are_over_their_median() -> None:
    fig, alt = lesson_figures.norms({"one": [1.0, 2.0, 40.0], "two": [1.0, 1.0, 3.0]})
    assert np.asarray(fig.axes[0].get_lines()[0].get_ydata()).tolist() == [0.5, 1, 20]
    assert "one at most 20, two at most 3" in alt


def test_paths_begin_at_noise_and_end_at_data() -> None:
    walked = torch.stack([torch.zeros(4, 2), torch.ones(4, 2)])
    fig, alt = lesson_figures.walked({"flow (0.10)": walked})
    ends = [np.asarray(c.get_offsets()) for c in fig.axes[0].collections[1:]]
    assert [float(each.mean()) for each in ends] == [0, 1]
    assert "flow (0.10)" in alt


def test_restorations_and_their_curves() -> None:
    strips = {"clean": torch.zeros(5, 1, 4, 4), "blur": torch.ones(5, 1, 4, 4)}
    curves = {"blur": {1: (0.1, 0.5), 20: (0.2, 0.25)}}
    fig, alt = lesson_figures.restored(strips, curves)
    line = fig.axes[1].get_lines()[0]
    assert np.asarray(line.get_xdata()).tolist() == [0.1, 0.2]
    assert [text.get_text() for text in fig.axes[0].texts] == ["clean", "blur"]
    assert "blur: 0.500 at error 0.100 in 1, 0.250 at error 0.200 in 20" in alt
