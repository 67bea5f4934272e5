"""Tests of the language of kinds, and of what models write in its gaps."""

import itertools
import math

import pytest
import torch
from torch import nn

from gendiff.discrete import joint
from gendiff.studies.language import blanks, kinds

LETTERS, PLACES, START, LENGTH = 3, 6, 2, 2


@pytest.fixture
def language() -> kinds.Kinds:
    """Return a language of one kind and three letters."""
    return kinds.made(1, LETTERS, torch.Generator().manual_seed(0), common=0.0)


class Perfect(nn.Module):
    """The next letter, by the chain itself."""

    def __init__(self, language: kinds.Kinds) -> None:
        super().__init__()
        self.language = language

    def forward(self, x: torch.Tensor, /) -> torch.Tensor:
        """Return the logits of each letter after those before it."""
        first = self.language.initial.log().expand(len(x), 1, -1)
        return torch.cat([first, self.language.moves[0].log()[x[:, :-1]]], dim=1)


def texts(language: kinds.Kinds) -> torch.Tensor:
    """Return a few texts."""
    return language.batches(4, PLACES)(torch.Generator().manual_seed(1))[0]


def test_a_perfect_masked_model_fills_gaps_exactly(language: kinds.Kinds) -> None:
    """All orders give the truth; one call gives the product of its marginals."""
    whole = joint.chain(language.initial, language.moves[0], PLACES)
    x = texts(language)
    truth = blanks.exact(language, x, START, LENGTH)
    found = blanks.by_masks(whole.fill, x, START, LENGTH, LETTERS)
    torch.testing.assert_close(found, truth, atol=1e-10, rtol=0)
    table = truth.reshape(-1, LETTERS, LETTERS)
    apart = (table.sum(2)[:, :, None] * table.sum(1)[:, None]).flatten(1)
    once = blanks.at_once(whole.fill, x, START, LENGTH, LETTERS)
    torch.testing.assert_close(once, apart, atol=1e-10, rtol=0)
    assert float(blanks.off(once, truth).mean()) > 0.01


def test_the_truth_is_bayes_rule(language: kinds.Kinds) -> None:
    """Of all texts with these ends, by their probabilities."""
    x = texts(language)[:1]
    rows = x.repeat(LETTERS**LENGTH, 1)
    rows[:, START : START + LENGTH] = blanks.fillings(LETTERS, LENGTH)
    chances = language.log_likelihood(rows)[:, 0].softmax(0)
    truth = blanks.exact(language, x, START, LENGTH)[0]
    torch.testing.assert_close(truth, chances, atol=1e-10, rtol=0)


def test_from_the_left_what_comes_behind_is_not_seen(language: kinds.Kinds) -> None:
    """A perfect model of the next letter writes the product of two moves."""
    x = texts(language)
    found = blanks.by_prefix(Perfect(language), x, START, LENGTH, LETTERS)
    wanted = blanks.from_the_left(language, x, START, LENGTH)
    torch.testing.assert_close(found, wanted)
    # Weighted by what comes behind, it is the truth.
    end = language.moves[0][:, x[:, START + LENGTH]].mT.repeat(1, LETTERS)
    behind = wanted * end
    behind = behind / behind.sum(1, keepdim=True)
    truth = blanks.exact(language, x, START, LENGTH)
    torch.testing.assert_close(behind, truth)


def test_rearranged_texts_end_with_the_middle() -> None:
    """Nothing is lost, and marks stand before each side."""
    x = torch.arange(6)[None]
    assert blanks.rearranged(x, 2, 3, 9)[0].tolist() == [9, 5, 9, 0, 1, 2, 3, 4]


def test_the_middle_alone_is_paid_for() -> None:
    """A model that knows nothing pays the logarithm of its letters, thrice."""

    class Nothing(nn.Module):
        def forward(self, x: torch.Tensor, /) -> torch.Tensor:
            return torch.zeros(*x.shape, 7)

    x = torch.zeros(4, 12).long()
    nats = blanks.middle_loss(6, 3, Nothing(), (x,), torch.Generator())
    torch.testing.assert_close(nats, torch.full((4,), 3 * math.log(7)))


def test_kinds_are_judged_by_bayes_rule() -> None:
    """Bits are those of the mixture: two to the minus bits sum to 1 over all texts."""
    language = kinds.made(2, 3, torch.Generator().manual_seed(0), common=0.5)
    x = torch.tensor(list(itertools.product(range(3), repeat=4)))
    assert float((2 ** (-4 * language.bits(x))).sum()) == pytest.approx(1)
    likely = language.log_likelihood(x)
    assert torch.equal(language.kind(x), (likely[:, 1] > likely[:, 0]).long())


def test_texts_follow_their_chains() -> None:
    """How often a letter follows another is what the kind says."""
    language = kinds.made(2, 3, torch.Generator().manual_seed(0), common=0.5)
    label = torch.ones(20_000).long()
    x = language.sample(label, 2, torch.Generator().manual_seed(1))
    seen = torch.zeros(3, 3).double()
    seen.index_put_((x[:, 0], x[:, 1]), torch.ones(len(x)).double(), accumulate=True)
    rows = seen / seen.sum(1, keepdim=True)
    torch.testing.assert_close(rows, language.moves[1], atol=0.02, rtol=0)
    assert kinds.unigram_bits(torch.tensor([[0, 1, 1, 0]]), 3) == pytest.approx(1)


def test_what_is_no_distribution_is_refused() -> None:
    """Rows that don't sum to 1 are named."""
    with pytest.raises(ValueError, match="give distributions"):
        kinds.Kinds(torch.ones(2).double(), torch.full((1, 2, 2), 0.5).double())
