"""Rows of verdicts: their order, and what mixing leaves of a word."""

import re

import numpy as np
import torch

from gendiff.data import text
from gendiff.metrics.judges import Verdict
from gendiff.studies.language import verdict_rows

SAID = Verdict(torch.tensor([2.0, 4.0]), 4.25, 0.5, 0.75)


def test_systems_stand_by_their_bits_and_only_the_exact_one_is_no_bound() -> None:
    costs = {
        "a": torch.tensor([3.0, 5.0]),
        "b": None,
        "c": torch.tensor([1.0, 2.0]),
    }
    rows = verdict_rows.of_systems(
        costs, dict.fromkeys(costs, SAID), {"a": 3, "b": 2, "c": 1}, exact="c"
    )
    assert [row[0] for row in rows] == ["c", "a", "b"]
    # The error of a mean of two: their distance over two.
    assert [row[1] for row in rows] == ["1.50 ± 0.50", "≤ 4.00 ± 1.00", "none"]
    assert rows[0][2:] == ["3.00", "4.25", "0.50", "0.75", "1"]
    assert all(len(row) == len(verdict_rows.HEADER) for row in rows)


def test_a_writer_that_nobody_read_has_its_bits_alone() -> None:
    rows = verdict_rows.of_writers(
        {"a": 2.0, "b": 3.0}, {("j", "a"): 2.5}, {"a": SAID}, ["j"], exact="a"
    )
    assert rows == [["a", "2.00", "2.50", "0.50", "0.75"], ["b", "≤ 3.00", "", "", ""]]


def test_words_are_mixed_within_and_blanks_stay() -> None:
    line = "the sum of (noisy)\nletters, all 3 of them"
    x = text.encode(line).long()[None]
    seen = {
        text.decode(verdict_rows.mixed(x, np.random.default_rng(seed))[0])
        for seed in range(8)
    }
    assert len(seen) == 8
    for mixed in seen:
        for a, b in zip(mixed, line, strict=True):
            assert a.isalpha() == b.isalpha()
            assert a.isalpha() or a == b
        words, real = (re.findall("[a-z]+", each) for each in (mixed, line))
        assert [sorted(word) for word in words] == [sorted(word) for word in real]
