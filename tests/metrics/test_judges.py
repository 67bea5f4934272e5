"""Verdicts: four numbers that come together, and reading them at an entropy."""

import math

import pytest
import torch

from gendiff.metrics import judges, ngrams

LETTERS = "ab c"


def spelt(row: torch.Tensor) -> str:
    return "".join(LETTERS[k] for k in row.tolist())


def judge(x: torch.Tensor) -> torch.Tensor:
    return -torch.tensor([0.5, 0.25, 0.125, 0.125])[x].log2()


def test_a_verdict_has_all_four() -> None:
    x = torch.tensor([[0, 2, 0, 1, 2, 0, 2, 3], [0, 2, 0, 1, 2, 0, 2, 3]])
    found = judges.judged(x, judge, decode=spelt, lexicon={"ab"})
    assert found.bits.tolist() == pytest.approx([(3 * 1 + 2 + 3 * 3 + 3) / 8] * 2)
    p = [3 / 8, 1 / 8, 3 / 8, 1 / 8]
    assert found.entropy == pytest.approx(-sum(q * math.log2(q) for q in p))
    assert found.distinct == 0.5  # each of three 6-grams occurs twice
    assert found.words == 0.5  # "a" and "c" are cut off; "ab" and "a" are inside
    assert found.entropy == pytest.approx(ngrams.unigram_entropy(x))


def verdict(entropy: float, bits: float) -> judges.Verdict:
    return judges.Verdict(torch.tensor([bits - 1, bits + 1]), entropy, 1.0, 1.0)


def test_a_family_is_read_at_an_entropy() -> None:
    family = [verdict(4.8, 6.0), verdict(4.0, 2.0), verdict(4.4, 5.0)]
    assert judges.at_entropy(family, 4.2) == pytest.approx(3.5)
    assert judges.at_entropy(family, 4.8) == pytest.approx(6.0)
    with pytest.raises(ValueError, match=r"entropy 5.0 lies outside"):
        judges.at_entropy(family, 5.0)
