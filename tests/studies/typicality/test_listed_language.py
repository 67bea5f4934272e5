"""A language that can be listed: its sentences, probabilities, and similarities."""

import itertools
import math

import numpy as np
import pytest
import torch

from gendiff.studies.typicality import listed_language as listed
from gendiff.studies.typicality.listed_language import END, Language, Sentences

SENTENCES = Sentences(3)
SPOTLESS = listed.language(SENTENCES, np.random.default_rng(0))
LANGUAGE = listed.with_defects(SPOTLESS, 0.3)
SOURCE = torch.tensor([4, 7, 4])


def by_hand(language: Language, source: list[int], said: tuple[int, ...]) -> float:
    """Return the probability of a translation, word by word."""
    p = float(language.length[len(said)])
    for place, word in enumerate(said):
        row = language.after[source[place], said[place - 1]]
        p *= float((row if place else language.first[source[0]])[word])
    return p


def test_all_sentences_are_listed_once_and_found_again() -> None:
    x = SENTENCES.tokens
    assert len(x) == 1 + 3 + 9 + 27 == len({tuple(row) for row in x.tolist()})
    assert SENTENCES.lengths.tolist() == [0] + [1] * 3 + [2] * 9 + [3] * 27
    shuffled = torch.randperm(len(x), generator=torch.Generator().manual_seed(0))
    assert torch.equal(SENTENCES.numbers(x[shuffled]), shuffled)


def test_probabilities_are_products_over_words() -> None:
    log_p = LANGUAGE.log_probability(SOURCE)
    assert float(log_p.exp().sum()) == pytest.approx(1)
    for n in range(4):
        for said in itertools.product(range(3), repeat=n):
            row = torch.tensor([[*said, *[END] * (3 - n)]])
            found = float(log_p[SENTENCES.numbers(row)].exp())
            assert found == pytest.approx(by_hand(LANGUAGE, SOURCE.tolist(), said))


def test_samples_have_these_probabilities() -> None:
    n = 40_000
    drawn = LANGUAGE.sample(SOURCE.expand(n, -1), torch.Generator().manual_seed(0))
    counts = torch.bincount(SENTENCES.numbers(drawn), minlength=40)
    p = LANGUAGE.log_probability(SOURCE).exp()
    assert (((counts / n - p) / (p * (1 - p) / n).sqrt()).abs() < 4.5).all()


def test_half_of_the_defects_are_empty() -> None:
    assert LANGUAGE.length.tolist() == pytest.approx([0.15, 0.075, 0.075, 0.7])
    assert LANGUAGE.mean_length() == pytest.approx(0.075 * 3 + 0.7 * 3)
    assert LANGUAGE.first_percentile() == 0
    assert listed.with_defects(SPOTLESS, 0.009).first_percentile() == 3
    assert listed.with_defects(SPOTLESS, 0.1).first_percentile() == 0
    assert SPOTLESS.length.tolist() == [0, 0, 0, 1]
    with pytest.raises(ValueError, match=r"defects=1\.5"):
        listed.with_defects(SPOTLESS, 1.5)


def test_the_joint_says_the_same_as_the_list() -> None:
    log_p = LANGUAGE.log_probability(SOURCE)
    joint = SENTENCES.joint(log_p)
    rows = tuple(SENTENCES.tokens.mT)
    assert torch.allclose(joint.log_probability[rows], log_p)
    first = joint.next_logits(torch.empty(1, 0, dtype=torch.int64)).exp()
    assert float(first[0, END]) == pytest.approx(0.15)


def test_similarity_is_edit_distance_over_the_longer_length() -> None:
    x = torch.tensor([[0, 1, 2], [0, 2, END], [END, END, END]])
    wanted = torch.tensor([[1, 2 / 3, 0], [2 / 3, 1, 0], [0, 0, 1]])
    assert torch.allclose(listed.similarity(x, x), wanted)
    every = SENTENCES.similarities
    pairs = listed.similarity(SENTENCES.tokens, SENTENCES.tokens)
    assert torch.allclose(every, pairs.double())
    assert torch.equal(every, every.mT)


def test_counts_of_many_pairs_come_near_the_language() -> None:
    learnt = listed.counted(LANGUAGE, 60_000, torch.Generator().manual_seed(1))
    for name in ("first", "after", "length"):
        near, true = getattr(learnt, name), getattr(LANGUAGE, name)
        assert torch.allclose(near.sum(-1), torch.ones(()).double())
        assert float((near - true).abs().max()) < 0.05
    with pytest.raises(ValueError, match="0 pairs"):
        listed.counted(LANGUAGE, 0, torch.Generator())


def test_one_pair_is_counted_on_top_of_a_half() -> None:
    once = listed.counted(SPOTLESS, 1, torch.Generator().manual_seed(0))
    seen = once.first[(once.first != 1 / 3).any(1)]
    assert sorted(seen.flatten().tolist()) == pytest.approx([0.2, 0.2, 0.6])
    assert once.length.tolist() == pytest.approx([1 / 6, 1 / 6, 1 / 6, 0.5])


def test_sentences_are_spoken_and_broken_ones_counted() -> None:
    row = torch.tensor([[2, 0, END], [0, 1, 2], [END, END, END]])
    numbers = SENTENCES.numbers(row)
    assert [SENTENCES.spoken(int(k)) for k in numbers] == ["ca", "abc", "(empty)"]
    assert SENTENCES.broken(numbers).value == pytest.approx(2 / 3)
    table = torch.arange(6.0).reshape(2, 3)
    assert listed.of_each(table, torch.tensor([2, 0])).tolist() == [2, 3]


def test_where_the_mode_is_empty_is_known() -> None:
    # The best whole sentence has the product of its best steps, at most 0.5 each.
    p = listed.with_defects(SPOTLESS, 0.9).log_probability(SOURCE)
    assert int(p.argmax()) == 0
    assert float(p[0]) == pytest.approx(math.log(0.45))
