"""Figures of writers: what is drawn and what is said of it."""

import torch

from gendiff.data import text
from gendiff.studies.language import word_figures


def surprised(x: torch.Tensor) -> torch.Tensor:
    """Judge every character alike."""
    return torch.full(x.shape, 3.0)


def test_a_text_is_drawn_sign_by_sign_and_hidden_ones_are_not() -> None:
    x = text.encode("ab\nc").long()
    hidden = torch.where(torch.arange(4) == 1, text.VOCABULARY, x)
    fig = word_figures.lines({"one": hidden}, surprised, text.ALPHABET)
    (ax,) = fig.axes
    assert [each.get_text() for each in ax.texts] == ["one", "a", "↵", "c"]
    assert len(ax.patches) == 4


def test_gaps_stand_by_their_cost_and_only_the_exact_one_is_filled() -> None:
    fig, alt = word_figures.gaps({"a": 3.0, "b": 2.0}, 1.5, ["b"])
    (ax,) = fig.axes
    assert [each.get_text() for each in ax.get_yticklabels()] == ["a", "b"]
    points = [line for line in ax.lines if line.get_marker() == "o"]
    assert [line.get_markerfacecolor() == "none" for line in points] == [True, False]
    assert "b 2.00, a 3.00" in alt
    assert "1.50: 6-grams" in alt
