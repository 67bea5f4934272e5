"""What was written after a prompt: repetition, and text on one line."""

import pytest
import torch

from gendiff.data import text
from gendiff.studies.typicality.continuations import one_line, repeated


def test_repetition_counts_grams_that_occurred_before() -> None:
    fresh, twice = torch.arange(20), torch.arange(10).repeat(2)
    same = torch.zeros(20, dtype=torch.int64)
    found = repeated(torch.stack([fresh, twice, same]))
    # Of 13 grams, 3 occur again; of 13 equal ones, 12.
    assert found.tolist() == pytest.approx([0, 3 / 13, 12 / 13])
    with pytest.raises(ValueError, match="7 characters"):
        repeated(torch.zeros(1, 7, dtype=torch.int64))


def test_a_text_stands_on_one_line() -> None:
    said = text.encode("a `b`\n  c" + " " * 12 + "d").long()
    assert one_line(said) == "a 'b' c [12 blanks] d"
