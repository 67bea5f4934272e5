import math

import pytest
import torch
from hypothesis import given, strategies as st
from scipy.stats import gmean

from gendiff.metrics import bleu, edit_distance

texts = st.lists(st.integers(1, 3), min_size=0, max_size=5)


def filled(*rows: list[int]) -> torch.Tensor:
    return torch.tensor([row + [0] * (5 - len(row)) for row in rows])


def levenshtein(x: list[int], y: list[int]) -> int:
    if not x or not y:
        return len(x) + len(y)
    return min(
        levenshtein(x[1:], y[1:]) + (x[0] != y[0]),
        levenshtein(x[1:], y) + 1,
        levenshtein(x, y[1:]) + 1,
    )


@given(x=st.lists(texts, min_size=1, max_size=3), y=texts)
def test_edit_distance_is_its_recursion(x: list[list[int]], y: list[int]) -> None:
    got = edit_distance(filled(*x), filled(y, y[::-1]), end=0)
    assert got.tolist() == [[levenshtein(a, b) for b in (y, y[::-1])] for a in x]


def test_edit_distance_by_hand() -> None:
    kitten, sitting = torch.tensor([list(b"kitten")]), torch.tensor([list(b"sitting")])
    assert edit_distance(kitten, sitting).tolist() == [[3]]
    # What stands after the end does not count.
    x, y = torch.tensor([[1, 0, 2], [0, 1, 1]]), torch.tensor([[1, 0, 1]])
    assert edit_distance(x, y, end=0).tolist() == [[0], [1]]
    assert edit_distance(x, y).tolist() == [[1], [2]]


def tokens(text: str) -> torch.Tensor:
    words = ["the", "cat", "is", "on", "mat", "there", "a"]
    return torch.tensor([[words.index(word) for word in text.split()]])


def test_bleu_of_its_paper() -> None:
    # Papineni et al., example 2: of seven times "the" two are right.
    wanted = tokens("the cat is on the mat")
    assert bleu(tokens("the " * 7), wanted, order=1) == pytest.approx(2 / 7)
    assert bleu(tokens("the " * 7), wanted, order=2) == 0
    assert bleu(wanted, wanted) == pytest.approx(1)


def test_bleu_by_hand() -> None:
    said, wanted = tokens("the cat on the mat"), tokens("the cat is on the mat")
    # Of 5, 4, 3, 2 n-grams fit 5, 3, 1, 0; one word in six is missing.
    shares = [1, 3 / 4, 1 / 3]
    short = math.exp(1 - 6 / 5)
    assert bleu(said, wanted, order=3) == pytest.approx(short * gmean(shares))
    assert bleu(said, wanted) == 0
    # Over two sentences counts are added first: 11 of 11, 8 of 9, 5 of 7, 3 of 5.
    both = torch.cat([torch.nn.functional.pad(said, (0, 1), value=9), wanted])
    assert bleu(both, torch.cat([wanted, wanted]), end=9) == pytest.approx(
        math.exp(1 - 12 / 11) * gmean([1, 8 / 9, 5 / 7, 3 / 5])
    )


def test_an_empty_translation_is_worth_nothing() -> None:
    assert bleu(filled([]), filled([1, 2]), end=0) == 0
    with pytest.raises(ValueError, match="order is 0"):
        bleu(filled([1]), filled([1]), order=0)
