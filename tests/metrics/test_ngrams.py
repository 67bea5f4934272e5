"""The n-gram judge: against counting with dictionaries, and against its definition."""

import math
from collections import Counter

import pytest
import torch
from torch import Tensor

from gendiff.metrics import ngrams

V = 3


def random_text(n: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.multinomial(
        torch.tensor([0.6, 0.3, 0.1]), n, replacement=True, generator=generator
    )


def brute_force(texts: list[list[int]], context: tuple[int, ...], w: int) -> float:
    """Return p(w | context) straight from the definition, with dictionaries."""
    shorter = brute_force(texts, context[1:], w) if context else 1 / V
    follow = Counter(
        text[i + len(context)]
        for text in texts
        for i in range(len(text) - len(context))
        if tuple(text[i : i + len(context)]) == context
    )
    if not follow:
        return shorter
    return (follow[w] + len(follow) * shorter) / (follow.total() + len(follow))


@pytest.mark.parametrize("order", [1, 2, 3, 6])
def test_it_is_the_recursion_of_its_definition(order: int) -> None:
    train = [random_text(25, 1), random_text(4, 2), random_text(1, 3)]
    model = ngrams.fit(train, vocabulary=V, order=order)
    x = torch.stack([random_text(9, seed) for seed in range(4, 12)])
    bits = model(x)
    texts = [text.tolist() for text in train]
    for row, found in zip(x.tolist(), bits.tolist(), strict=True):
        for place, w in enumerate(row):
            context = tuple(row[max(place - order + 1, 0) : place])
            exact = -math.log2(brute_force(texts, context, w))
            assert found[place] == pytest.approx(exact, rel=1e-12)


def test_every_distribution_sums_to_one() -> None:
    model = ngrams.fit([random_text(60)], vocabulary=V, order=4)
    seen_and_not = torch.cartesian_prod(*[torch.arange(V)] * 5)
    share = (2 ** -model(seen_and_not)[:, -1]).reshape(-1, V).sum(1)
    torch.testing.assert_close(share, torch.ones_like(share))


def test_texts_do_not_run_into_each_other() -> None:
    apart = ngrams.fit(
        [torch.tensor([0, 1]), torch.tensor([2, 2])], vocabulary=V, order=2
    )
    joined = ngrams.fit([torch.tensor([0, 1, 2, 2])], vocabulary=V, order=2)
    x = torch.tensor([[1, 2]])
    assert apart(x)[0, 1] > joined(x)[0, 1]


def test_bytes_and_whole_numbers_are_the_same() -> None:
    text = random_text(50)
    x = random_text(20, 1)[None]
    whole = ngrams.fit([text], vocabulary=V)(x)
    assert torch.equal(ngrams.fit([text.to(torch.uint8)], vocabulary=V)(x), whole)
    assert torch.equal(ngrams.fit([text], vocabulary=V)(x.to(torch.uint8)), whole)
    assert ngrams.fit([text], vocabulary=V).order == 6


def test_more_context_helps_where_there_is_some() -> None:
    generator = torch.Generator().manual_seed(0)
    x = [0, 0]
    for draw in torch.rand(4_000, generator=generator).tolist():
        x.append((x[-1] + x[-2] + 1) % 2 if draw < 0.9 else 2)
    text = torch.tensor(x)
    known, new = text[:3_000], text[3_000:][None]
    bits = [
        ngrams.fit([known], vocabulary=V, order=order)(new)[0, 6:].mean()
        for order in (1, 2, 3)
    ]
    assert bits[0] > bits[1] > bits[2]


def test_what_cannot_be_counted_is_refused() -> None:
    with pytest.raises(ValueError, match="no text"):
        ngrams.fit([torch.empty(0).long()], vocabulary=V)
    with pytest.raises(ValueError, match="from 0 to 3"):
        ngrams.fit([torch.tensor([0, 3])], vocabulary=V)
    with pytest.raises(ValueError, match="0 to 2"):
        ngrams.fit([torch.tensor([0, 1])], vocabulary=V)(torch.tensor([[5]]))
    with pytest.raises(ValueError, match="12-grams"):
        ngrams.fit([torch.tensor([0, 1])], vocabulary=70, order=12)


def test_words_entropy_and_distinctness() -> None:
    lexicon = {"a", "cat", "sat"}
    assert ngrams.words("a cat_sat. 12") == ["a", "cat", "sat"]
    assert ngrams.valid_words(["xx a dog sat yy", "q cat q"], lexicon) == 3 / 4
    assert ngrams.valid_words(["two words"], lexicon) == 0
    even = torch.arange(4).repeat(3, 5)
    assert ngrams.unigram_entropy(even) == pytest.approx(2)
    assert ngrams.unigram_entropy(torch.zeros(2, 5).long()) == 0
    assert ngrams.distinct(even, order=2) == 4 / (3 * 19)
    assert ngrams.distinct(torch.arange(9)[None], order=6) == 1
    with pytest.raises(ValueError, match="length 4"):
        ngrams.distinct(torch.zeros(2, 4).long())
