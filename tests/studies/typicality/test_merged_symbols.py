"""Merged symbols: what is merged, and that nothing of a text is lost."""

import numpy as np
import pytest
import torch

from gendiff.data import text
from gendiff.studies.typicality import merged_symbols

PASSAGE = "the cat and the hat\nthe bat that sat\n" * 4
STREAMS = [text.encode(PASSAGE), text.encode("a cat, a hat\n" * 3)]


def one_by_one(x: list[int], pair: tuple[int, int], new: int) -> list[int]:
    """Merge from the left, the slow way."""
    out: list[int] = []
    while x:
        hit = tuple(x[:2]) == pair
        out.append(new if hit else x[0])
        x = x[2:] if hit else x[1:]
    return out


@pytest.mark.parametrize("pair", [(0, 1), (1, 1), (2, 0)])
def test_pairs_are_merged_from_the_left(pair: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    for n in (0, 1, 2, 50, 51):
        x = rng.integers(3, size=n)
        before = x.copy()
        wanted = one_by_one(x.tolist(), pair, 9)
        assert merged_symbols.merged(x, pair, 9).tolist() == wanted
        assert (x == before).all()


def test_the_most_frequent_pair_comes_first() -> None:
    merges = merged_symbols.learn(STREAMS, 12)
    assert merges.names[text.VOCABULARY] == "at"
    assert len(merges.names) == text.VOCABULARY + 12
    assert merges.sizes.tolist() == [len(name) for name in merges.names]
    counts = [PASSAGE.count(name) for name in merges.names[text.VOCABULARY :]]
    assert counts[0] >= max(counts)


def test_texts_come_back_whole_and_shorter() -> None:
    merges = merged_symbols.learn(STREAMS, 12)
    tokens = merges.tokens(STREAMS[0])
    assert merges.passage(tokens) == PASSAGE
    assert len(tokens) < 0.6 * len(PASSAGE)
    assert int(merges.sizes[tokens].sum()) == len(PASSAGE)


def test_nothing_is_merged_across_texts() -> None:
    apart = [text.encode("ab")] * 20
    assert merged_symbols.learn(apart, 1).names[-1] == "ab"
    a, b = (text.encode(x) for x in ("xy" * 3, "zx" * 2))
    merges = merged_symbols.learn([a, b, a, b, a], 2)
    assert merges.names[-2:] == ["xy", "xyxy"]


def test_only_the_first_part_of_a_text_is_learnt_from() -> None:
    stream = text.encode("ab" * 3 + "cd" * 50)
    assert merged_symbols.learn([stream], 1, most=6).names[-1] == "ab"
    assert merged_symbols.learn([stream], 1).names[-1] == "cd"


def test_long_words_recur_in_their_own_text_only() -> None:
    texts = ["alpha beta gamma alpha", "gamma delta", "alphabet"]
    found = merged_symbols.recurring(texts, length=100)
    assert found.tolist() == [0, 0, 1, 0, 0, 0]
    assert merged_symbols.recurring(texts, length=10).tolist() == [0, 0, 0]
    assert merged_symbols.recurring(["a b"], length=9).tolist() == [0]
    assert merged_symbols.recurring(texts, length=9).dtype == torch.float64
