"""Samples in few steps stand in the column of their model, the row of their calls."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from gendiff.studies.perspectives import few_steps


def test_each_set_stands_in_its_place() -> None:
    sets = {
        "flow": {1: torch.zeros(3, 2), 8: torch.ones(3, 2)},
        "map": {1: torch.full((3, 2), 0.5), 8: torch.full((3, 2), -0.5)},
    }
    apart = {"flow": {1: 4.0, 8: 1.5}, "map": {1: 1.25, 8: 1.0}}
    fig, alt = few_steps.side_by_side(sets, apart)
    at = [np.asarray(ax.collections[0].get_offsets()).flat[0] for ax in fig.axes]
    assert at == [0.0, 0.5, 1.0, -0.5]
    assert [ax.get_title() for ax in fig.axes] == ["flow", "map", "", ""]
    assert [ax.get_ylabel() for ax in fig.axes] == ["1 call", "", "8 calls", ""]
    assert [ax.get_xlabel() for ax in fig.axes] == ["4.00", "1.25", "1.50", "1.00"]
    assert "4.00 in 1 call, 1.50 in 8 calls; map: 1.25 in 1 call, 1.00 in 8" in alt
    plt.close(fig)


def test_all_models_take_the_same_calls() -> None:
    sets = {"flow": {1: torch.zeros(3, 2)}, "map": {2: torch.zeros(3, 2)}}
    with pytest.raises(ValueError, match="give all the same"):
        few_steps.side_by_side(sets, {"flow": {1: 1.0}, "map": {2: 1.0}})


def test_ends_of_one_step_are_joined_to_those_of_two() -> None:
    one, two = torch.zeros(2, 2), torch.tensor([[3.0, 4.0], [0.0, 0.0]])
    fig, alt = few_steps.squares({"flow": (one, one), "map": (one, two)})
    segments = fig.axes[1].collections[0].get_segments()  # pyright: ignore[reportAttributeAccessIssue]
    np.testing.assert_array_equal(segments[0], [[0, 0], [3, 4]])
    assert fig.axes[1].get_title() == "map\n2.50"
    assert "flow 0.00, map 2.50" in alt
    plt.close(fig)


def test_curves_are_told_with_their_numbers() -> None:
    fig, alt = few_steps.by_calls(
        {"flow": {1: 1.0, 8: 0.1}, "map": {1: 0.2, 8: 0.15}}, 0.05
    )
    assert "flow 1.000 in 1, 0.100 in 8; map 0.200 in 1, 0.150 in 8" in alt
    assert "two sets of data 0.050" in alt
    assert len(fig.axes[0].lines) == 3
    plt.close(fig)
