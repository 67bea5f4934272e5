"""Tests of the figures of what is higher than letters: they tell what they draw."""

import matplotlib.pyplot as plt
import pytest
import torch

from gendiff.studies.language import latent_figures


def test_letters_are_grouped_by_surprisal() -> None:
    """The first group is the least surprising, whatever the order they come in."""
    surprisal = torch.tensor([3.0, 1.0, 4.0, 2.0])
    lost = torch.tensor([30.0, 10.0, 40.0, 20.0])
    fig, alt = latent_figures.by_surprisal(surprisal, {"code": lost}, bins=2)
    assert "code from 15.00 to 35.00" in alt
    plt.close(fig)


def test_bars_are_as_long_as_the_prices() -> None:
    """In the order they come."""
    fig, alt = latent_figures.prices({"real": 2.0, "torn": 3.5})
    assert [bar.get_width() for bar in fig.axes[0].patches] == [2.0, 3.5]
    assert "real 2.00, torn 3.50" in alt
    plt.close(fig)


def test_straight_lines_go_all_the_way() -> None:
    """One that turns back at half of its way has gone nowhere."""
    straight, back = torch.tensor([[0.0, 1.0, 3.0]]), torch.tensor([[0.0, 1.0, 0.0]])
    fig, alt = latent_figures.along({"code": straight, "counts": back})
    assert "code 1.00, counts 0.00" in alt
    drawn = [torch.tensor(ax.lines[0].get_ydata()) for ax in fig.axes]
    assert torch.equal(torch.stack(drawn), torch.cat([straight, back]))
    plt.close(fig)


def test_bands_have_a_bar_for_each_question() -> None:
    """First all answers to the first."""
    fig, alt = latent_figures.waves(
        {"slow": (0.2, 0.7), "fast": (0.9, 0.4)}, asked=("character", "kind")
    )
    widths = [bar.get_width() for bar in fig.axes[0].patches]
    assert widths == pytest.approx([0.2, 0.9, 0.7, 0.4])
    assert "slow, character 0.20, kind 0.70; fast" in alt
    plt.close(fig)


def test_topics_rise_from_nothing_to_all() -> None:
    """What is known is told as a fraction of the label's entropy."""
    letters, of_topic = torch.tensor([[0.0, 0.4, 1.0], [0.0, 0.75, 1.0]])
    fig, alt = latent_figures.topics({"topic": (letters, of_topic)}, {"topic": 0.4})
    assert "topic 0.40" in alt
    line = fig.axes[0].lines[0]
    torch.testing.assert_close(torch.tensor(line.get_xdata()), letters)
    torch.testing.assert_close(torch.tensor(line.get_ydata()), of_topic)
    plt.close(fig)
