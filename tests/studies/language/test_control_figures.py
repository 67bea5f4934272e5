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
