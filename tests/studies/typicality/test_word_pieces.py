"""Word pieces: known merges, a way back, and texts that come back to their words."""

import pytest
import torch

from gendiff.data import text
from gendiff.studies.typicality import word_pieces

PASSAGE = "the cat then the hat\n" * 3 + "a rat, the 42nd\n"


def test_the_most_frequent_pairs_are_merged_first() -> None:
    found = word_pieces.learn(PASSAGE, 3)
    new = found.pieces[len(text.ALPHABET) :]
    # "th" and "he" are in every "the" and "then"; ties go to the later in the alphabet.
    assert new[0] == "th"
    assert new[1] == "the"
    assert len(new) == 3
    assert found.spelt["the"] == ["the"]


def test_rare_words_have_no_say_but_are_spelt_alike() -> None:
    found = word_pieces.learn("ab\nab\nab\nxyz\nxyz\nxabz\n", 1)
    assert found.pieces[-1] == "ab"
    assert found.spelt["xabz"] == ["x", "ab", "z"]
    assert found.spelt["xyz"] == ["x", "y", "z"]


@pytest.mark.parametrize("merges", [0, 2, 9])
def test_a_text_comes_back_from_its_pieces(merges: int) -> None:
    found = word_pieces.learn(PASSAGE, merges)
    tokens = found.tokens(PASSAGE)
    assert found.passage(tokens) == PASSAGE
    assert (len(tokens) < len(PASSAGE)) == (merges > 0)
    assert int(tokens.max()) < len(found.pieces)


def test_rows_and_passages_are_cut_in_order() -> None:
    rows = word_pieces.rows(torch.arange(10), 4)
    assert rows.tolist() == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert word_pieces.passages("abcdefghij", 3, most=9) == ["abc", "def", "ghi"]
    assert word_pieces.passages("abcdefghij", 3, most=2) == ["abc", "def"]


def test_long_words_that_come_back_are_counted() -> None:
    assert word_pieces.returns("alpha gamma alpha delta") == 0.5
    assert word_pieces.returns("alpha gamma to and off ") is None
    back, new = "alpha alpha ", "alpha gamma "
    found = word_pieces.returning([back, new, "no words at"], len(back))
    assert found.value == 0.5
    assert found.n == 2
