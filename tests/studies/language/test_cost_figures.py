"""The figures of what a step costs draw what they are given, and say it."""

from typing import cast

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from matplotlib.axes import Axes
from matplotlib.container import ErrorbarContainer

from gendiff.studies.language import cost_figures
from gendiff.studies.language.step_price import Times, rule

BALANCE = 8.0


@pytest.fixture(autouse=True)
def close() -> None:
    plt.close("all")


def times() -> Times:
    cached = {(b, n): [6.0 * b, 8.0 * b, 7.0 * b] for b in (1, 16) for n in (64, 512)}
    full = {at: [2.0 * at[0]] * 3 for at in cached}
    return Times(cached, full)


def values(ax: Axes, line: int) -> list[float]:
    return np.asarray(ax.lines[line].get_ydata()).tolist()


def test_lines_cross_at_break_even() -> None:
    fig, alt = cost_figures.against_steps(times(), (1, 16), 512, unit="s")
    for ax in fig.axes:
        steps = np.asarray(ax.lines[0].get_xdata())
        assert values(ax, 0) == pytest.approx((2 * steps).tolist())
        assert values(ax, 2) == [7, 7]
        (even,) = np.asarray(ax.lines[3].get_xdata())
        assert 2 * even == values(ax, 3)[0] == 7
    assert "batch 16, 7 s a sequence one by one, 2 a step" in alt
    assert "equal at 3.5 steps" in alt


def test_the_map_has_rules_and_rounds() -> None:
    grid = {1: [64, 512], 16: [64]}
    fig, alt = cost_figures.map_of_break_even(times(), grid, BALANCE, 96)
    (ax,) = fig.axes
    rules = [line for line in ax.lines if line.get_label() in {"batch 1", "batch 16"}]
    found = [float(np.asarray(line.get_ydata())[-1]) for line in rules]
    assert found == pytest.approx([rule(BALANCE, b, 512, 96) for b in (1, 16)])
    (bars,) = cast("ErrorbarContainer", ax.containers[0]).lines[2]
    low, high = np.asarray(bars.get_segments()[0])[:, 1]
    assert (low, high) == (3, 4)
    assert "batch 1, 3.5 at 64, 3.5 at 512; batch 16, 3.5 at 64" in alt


def test_more_calls_fewer_bits() -> None:
    fig, alt = cost_figures.against_calls({"ones": {1: 3.0}, "all": {0.25: 5, 1: 4}})
    assert values(fig.axes[0], 0) == [3]
    assert values(fig.axes[0], 1) == [5, 4]
    assert "ones, 3.00 at 1; all, 5.00 at 0.25, 4.00 at 1" in alt


def test_leaks_are_counted_on_the_diagonal_and_beyond() -> None:
    honest = torch.ones(4, 4).tril(-1)
    leaky = torch.ones(4, 4).tril(1)
    fig, alt = cost_figures.who_knows_what({"honest": honest, "leaky": leaky})
    assert [ax.get_title() for ax in fig.axes] == ["honest: 0 leaks", "leaky: 7 leaks"]
    image = np.asarray(fig.axes[1].images[0].get_array())
    assert image.tolist() == leaky.tolist()
    assert "honest, 6 of 16 pairs, 0 of them leaks" in alt
