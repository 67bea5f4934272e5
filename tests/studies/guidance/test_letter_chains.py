"""Chains of letters: eigenvectors, rates, and the distance of texts."""

import math

import numpy as np
import pytest
import torch

from gendiff.studies.guidance.letter_chains import (
    LETTERS,
    bigrams,
    drawn,
    log_probability,
    perron,
    rate,
    stationary,
    written,
)

COIN = np.array([[0.9, 0.1], [0.3, 0.7]])


def test_bigrams_count_what_follows_what() -> None:
    alphabet = " ".join(LETTERS.strip() + "a")  # so that something follows each letter
    chain, length = bigrams(f"ab: ab, ac, {alphabet}")
    assert length == len(f"ab ab ac {alphabet}")
    a, b, c = (LETTERS.index(letter) for letter in "abc")
    assert chain[a, b] == pytest.approx(2 / 4)
    assert chain[a, c] == pytest.approx(1 / 4)
    assert chain[b, 0] == 1


def test_the_largest_eigenvalue_has_a_positive_vector() -> None:
    matrix = np.array([[2.0, 1.0], [1.0, 2.0]])
    value, vector = perron(matrix)
    assert value == pytest.approx(3)
    assert vector == pytest.approx([1, 1])


def test_the_long_run_is_what_the_chain_keeps() -> None:
    often = stationary(COIN)
    assert often == pytest.approx([0.75, 0.25])
    assert often @ COIN == pytest.approx(often)


def test_the_rate_is_least_for_the_chain_itself() -> None:
    fair = np.full((2, 2), 0.5)
    assert rate(COIN, fair) == pytest.approx(1)
    entropy = sum(
        weight * -sum(q * math.log2(q) for q in row)
        for weight, row in zip((0.75, 0.25), COIN, strict=True)
    )
    assert rate(COIN, COIN) == pytest.approx(entropy)
    assert rate(COIN, COIN) < rate(COIN, fair)


def test_a_certain_chain_writes_one_text() -> None:
    loop = np.roll(np.eye(len(LETTERS)), 1, axis=1)
    text = written(loop, torch.Generator().manual_seed(0), letters=5)
    assert text == "abcde"


def test_texts_have_the_probability_of_their_steps() -> None:
    x = torch.tensor([[0, 0, 1, 1], [0, 1, 0, 0]])
    found = log_probability(COIN, x).exp()
    assert found.tolist() == pytest.approx([0.9 * 0.1 * 0.7, 0.1 * 0.3 * 0.9])


def test_drawn_texts_begin_with_a_space_and_follow_the_chain() -> None:
    x = drawn(COIN, 400, 30, torch.Generator().manual_seed(0))
    assert x.shape == (400, 31)
    assert not x[:, 0].any()
    assert float(x[:, 10:].double().mean()) == pytest.approx(0.25, abs=0.03)
