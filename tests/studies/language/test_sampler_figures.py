"""The figures of samplers of tokens draw what they are given, and say it."""

from typing import cast

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from matplotlib.container import BarContainer

from gendiff.discrete import joint
from gendiff.drawing import BLUE, ORANGE
from gendiff.studies.language import sampler_figures


@pytest.fixture(autouse=True)
def close() -> None:
    plt.close("all")


def test_dots_stand_over_their_bars() -> None:
    table = torch.tensor([[0.1, 0.2], [0.3, 0.4]]).double()
    truth = joint.normalised(table.log())
    other = joint.normalised(table.flip(0, 1).log())
    fig, alt = sampler_figures.listed(truth, {"same": truth, "turned": other})
    bars = cast("BarContainer", fig.axes[1].containers[0])
    assert np.asarray(bars.datavalues).tolist() == pytest.approx([0.4, 0.3, 0.2, 0.1])
    dots = fig.axes[1].lines[0]
    assert np.asarray(dots.get_ydata()).tolist() == pytest.approx([0.1, 0.2, 0.3, 0.4])
    assert [ax.lines[0].get_color() for ax in fig.axes] == [BLUE, ORANGE]
    assert "same 0.00, turned 0.40" in alt


def test_prices_and_what_is_lost_are_told() -> None:
    costs = {"even": {1: 3.0, 2: 1.0}, "best": {1: 3.0, 2: 0.5}}
    fig, alt = sampler_figures.steps(torch.tensor([0.2, 0.7]), costs)
    assert np.asarray(fig.axes[0].lines[0].get_ydata()).tolist() == pytest.approx(
        [0.2, 0.7]
    )
    assert [np.asarray(line.get_ydata()).tolist() for line in fig.axes[1].lines] == [
        [3.0, 1.0],
        [3.0, 0.5],
    ]
    assert "0.20 nats, if it is the only one, to 0.70, if all 2 are hidden" in alt
    assert "best, 3.00 in 1, 0.50 in 2" in alt


def test_lengths_have_a_line_of_one_step_a_place() -> None:
    fig, alt = sampler_figures.lengths([8, 16], {"in all": [4, 7]})
    assert [np.asarray(line.get_ydata()).tolist() for line in fig.axes[0].lines] == [
        [8, 16],
        [4, 7],
    ]
    assert "in all, 4, 7." in alt


def test_the_judged_are_told_by_bits_and_error() -> None:
    found = {"exact": (4.0, 0.0), "sure": (2.0, 0.4)}
    fig, alt = sampler_figures.judged(found, 4.0)
    points = fig.axes[0].lines[1:]
    assert [line.get_color() for line in points] == [ORANGE, BLUE]
    assert "exact 4.00 bits and 0.00, sure 2.00 bits and 0.40" in alt


def test_calls_of_all_curves_are_marked() -> None:
    curves = {"masks": {1: 0.4, 4: 0.1}, "counted": {1: 0.4, 3: 0.05}}
    fig, alt = sampler_figures.against_calls(curves)
    assert list(fig.axes[0].get_xticks()) == [1, 3, 4]
    assert "masks: 0.400 in 1, 0.100 in 4; counted: 0.400 in 1, 0.050 in 3" in alt
