"""Tests of the figures of what can be asked: they tell the numbers they are given."""

import matplotlib.pyplot as plt
import pytest
import torch

from gendiff.studies.language import control_figures


def test_a_gap_tells_how_far_off_each_model_is() -> None:
    """Total variation is over all fillings, not only those that are drawn."""
    truth = torch.tensor([0.5, 0.3, 0.2, 0.0]).double()
    models = {"right": truth, "flat": torch.full((4,), 0.25).double()}
    fig, alt = control_figures.gap(truth, models, "wxyz", "a_b", most=2)
    assert "right 0.00; flat 0.30" in alt
    heights = [bar.get_height() for bar in fig.axes[0].patches]
    assert heights == pytest.approx([0.5, 0.3])
    plt.close(fig)


def test_wishes_tell_rate_bits_and_entropy() -> None:
    """A line for each model in each of three panels."""
    curves = {"masks": {1.0: (0.5, 2.0, 2.9), 3.0: (0.9, 1.8, 2.5)}}
    fig, alt = control_figures.wishes(curves)
    assert "masks, 1: 0.50, 2.00, 2.90, 3: 0.90, 1.80, 2.50" in alt
    assert [list(ax.lines[0].get_ydata()) for ax in fig.axes] == [
        [0.5, 0.9], [2.0, 1.8], [2.9, 2.5]
    ]  # fmt: skip
    plt.close(fig)


def test_topics_rise_from_nothing_to_all() -> None:
    """What is known is told as a fraction of the label's entropy."""
    letters, of_topic = torch.tensor([[0.0, 0.4, 1.0], [0.0, 0.75, 1.0]])
    fig, alt = control_figures.topics({"topic": (letters, of_topic)}, {"topic": 0.4})
    assert "topic 0.40" in alt
    line = fig.axes[0].lines[0]
    torch.testing.assert_close(torch.tensor(line.get_xdata()), letters)
    torch.testing.assert_close(torch.tensor(line.get_ydata()), of_topic)
    plt.close(fig)


def test_letters_are_grouped_by_surprisal() -> None:
    """The first group is the least surprising, whatever the order they come in."""
    surprisal = torch.tensor([3.0, 1.0, 4.0, 2.0])
    lost = torch.tensor([30.0, 10.0, 40.0, 20.0])
    fig, alt = control_figures.by_surprisal(surprisal, {"code": lost}, bins=2)
    assert "code from 15.00 to 35.00" in alt
    plt.close(fig)


def test_codes_drifts_and_bands_are_told_as_they_are_drawn() -> None:
    """Bars are as long as the numbers, in the order they come."""
    fig, alt = control_figures.higher(
        {"real": 2.0, "torn": 3.5}, {"bridge": 0.8, "counts": 0.1},
        {"slow": (0.2, 0.7), "fast": (0.9, 0.4)},
    )  # fmt: skip
    lengths = [[bar.get_width() for bar in ax.patches] for ax in fig.axes]
    assert lengths == [[2.0, 3.5], [0.8, 0.1], [0.2, 0.9, 0.7, 0.4]]
    assert "torn 3.50" in alt
    assert "waves slow, character 0.20, kind 0.70" in alt
    plt.close(fig)
