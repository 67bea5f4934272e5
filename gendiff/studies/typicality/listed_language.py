r"""A language of translations so small that all of them can be listed.

A source sentence has some words. Each word has three translations, and how good they
are depends on the translation before, so that with `n` words

    p(y | x) = p(length) p(y_1 | x_1) prod_i p(y_i | x_i, y_{i-1}).

A fraction of the translations breaks off, half of these before the first word. All of
them together have exact probabilities, and what each is *worth* is exact, too: its
expected similarity to one that is drawn.

References:
    Eikema and Aziz (2020), arXiv:2005.10283, section 6 (the expected utility).
"""

import itertools
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from gendiff.discrete import Joint
from gendiff.estimate import Estimate, fraction
from gendiff.metrics import edit_distance

SYNONYMS = END = 3
"""Translations of a word; the next number stands behind the last word."""
WORDS = 20
"""Words of the source language."""
ROWS = 8
"""Rows of the table of similarities that are computed at a time."""
PRIOR = 0.5
"""What a learner adds to every count."""

Table = Float[Tensor, "*k synonyms"]
Tokens = Int[Tensor, "b n"]


@dataclass(frozen=True)
class Sentences:
    """All sentences of at most `words` words, the shorter ones first."""

    words: int

    @cached_property
    def tokens(self) -> Tokens:
        """The words of every sentence, filled up with `END`."""
        rows = [
            [*said, *[END] * (self.words - n)]
            for n in range(self.words + 1)
            for said in itertools.product(range(SYNONYMS), repeat=n)
        ]
        return torch.tensor(rows)

    @cached_property
    def lengths(self) -> Int[Tensor, " k"]:
        """The number of words of every sentence."""
        return (self.tokens != END).sum(1)

    @cached_property
    def similarities(self) -> Float[Tensor, "k k"]:
        """The similarity of every pair: half of the table is computed."""
        x = self.tokens
        table = torch.zeros(len(x), len(x), dtype=torch.float64)
        for i in range(0, len(x), ROWS):
            part = similarity(x[i : i + ROWS], x[i:]).double()
            table[i : i + ROWS, i:] = part
            table[i:, i : i + ROWS] = part.mT
        return table

    def numbers(self, tokens: Tokens, /) -> Int[Tensor, " b"]:
        """Return the places of sentences in the list."""
        base = (SYNONYMS + 1) ** torch.arange(self.words)
        codes, where = (self.tokens * base).sum(1).sort()
        return where[torch.searchsorted(codes, (tokens * base).sum(1))]

    def joint(self, log_probability: Float[Tensor, " k"], /) -> Joint:
        """Return a distribution over sentences as one over sequences of words."""
        shape = [SYNONYMS + 1] * self.words
        table = torch.full(shape, -torch.inf, dtype=torch.float64)
        table[tuple(self.tokens.mT)] = log_probability
        return Joint(table)

    def broken(self, numbers: Int[Tensor, " b"], /) -> Estimate:
        """Return which fraction of some sentences breaks off."""
        short = self.lengths[numbers] < self.words
        return fraction(int(short.sum()), len(short), "sentences")

    def spoken(self, number: int, /) -> str:
        """Return a sentence as letters."""
        words = "".join("abc"[t] for t in self.tokens[number].tolist() if t != END)
        return words or "(empty)"


@dataclass(frozen=True)
class Language:
    """How words are translated, given the translation before, and how many."""

    sentences: Sentences
    first: Float[Tensor, "word synonym"]
    after: Float[Tensor, "word before synonym"]
    length: Float[Tensor, " lengths"]

    def log_probability(self, source: Int[Tensor, " n"], /) -> Float[Tensor, " k"]:
        """Return the log-probability of every translation of a sentence."""
        # What stands behind the end is not looked at, but must be a word.
        told = self.sentences.tokens.clamp(max=SYNONYMS - 1)
        lengths = self.sentences.lengths
        total = self.length.log()[lengths]
        for place, word in enumerate(source.tolist()):
            rows = self.after[word][told[:, place - 1]] if place else self.first[word]
            each = rows.log().expand(len(told), -1).gather(1, told[:, place, None])
            total = total + torch.where(lengths > place, each[:, 0], 0.0)
        return total

    def sample(self, given: Tokens, generator: torch.Generator, /) -> Tokens:
        """Draw a translation of each sentence."""
        n = torch.multinomial(
            self.length, len(given), replacement=True, generator=generator
        )
        said = [torch.multinomial(self.first[given[:, 0]], 1, generator=generator)]
        for place in range(1, given.shape[1]):
            rows = self.after[given[:, place], said[-1][:, 0]]
            said.append(torch.multinomial(rows, 1, generator=generator))
        return torch.cat(said, 1).where(torch.arange(given.shape[1]) < n[:, None], END)

    def mean_length(self) -> float:
        """Return the mean number of words of a translation."""
        return float(self.length @ torch.arange(len(self.length)).to(self.length))

    def first_percentile(self) -> int:
        """Return the length below which less than 1 % of the translations lie."""
        return int((self.length.cumsum(0) >= 0.01).nonzero()[0])


def language(sentences: Sentences, rng: np.random.Generator, /) -> Language:
    """Draw a language in which nothing breaks off."""
    tables = _rows(WORDS, rng=rng), _rows(WORDS, SYNONYMS, rng=rng)
    whole = torch.zeros(sentences.words + 1, dtype=torch.float64)
    whole[-1] = 1
    return Language(sentences, *tables, whole)


def with_defects(language: Language, defects: float, /) -> Language:
    """Return the language in which a fraction of the translations breaks off.

    Half of these are empty; the rest has any other length equally often.

    Raises:
        ValueError: If it is no fraction, or sentences are too short to break off.
    """
    words = language.sentences.words
    if not 0 <= defects <= 1 or words < 2:
        raise ValueError(
            f"defects={defects} in sentences of {words} words; give a fraction from 0 "
            "to 1, and at least two words"
        )
    length = torch.full((words + 1,), defects / 2 / (words - 1), dtype=torch.float64)
    length[0], length[-1] = defects / 2, 1 - defects
    return replace(language, length=length)


def counted(language: Language, pairs: int, generator: torch.Generator, /) -> Language:
    """Learn the language from draws, with half a count more for everything.

    Raises:
        ValueError: If there is no pair.
    """
    if pairs < 1:
        raise ValueError(f"{pairs} pairs; learn from at least one")
    words = language.sentences.words
    given = torch.randint(WORDS, (pairs, words), generator=generator)
    out = language.sample(given, generator)
    there = out != END
    first = torch.full((WORDS, SYNONYMS), PRIOR, dtype=torch.float64)
    after = torch.full((WORDS, SYNONYMS, SYNONYMS), PRIOR, dtype=torch.float64)
    one = torch.ones(pairs, dtype=torch.float64)
    k = there[:, 0]
    first = first.index_put((given[k, 0], out[k, 0]), one[k], accumulate=True)
    for place in range(1, words):
        k = there[:, place]
        cell = given[k, place], out[k, place - 1], out[k, place]
        after = after.index_put(cell, one[k], accumulate=True)
    length = torch.bincount(there.sum(1), minlength=words + 1).double() + PRIOR
    tables = (each / each.sum(-1, keepdim=True) for each in (first, after, length))
    return Language(language.sentences, *tables)


def similarity(x: Int[Tensor, "a n"], y: Int[Tensor, "b n"], /) -> Float[Tensor, "a b"]:
    """Return one minus edit distance over the longer length, for every pair."""
    longer = torch.maximum((x != END).sum(1)[:, None], (y != END).sum(1))
    return 1 - edit_distance(x, y, end=END) / longer.clamp(min=1)


def of_each(
    table: Float[Tensor, "b k"], numbers: Int[Tensor, " b"], /
) -> Float[Tensor, " b"]:
    """Return an entry of each row."""
    return table.gather(1, numbers[:, None])[:, 0]


def _rows(*shape: int, rng: np.random.Generator, sharpness: float = 10.0) -> Table:
    """Draw distributions over synonyms: the larger `sharpness`, the more alike."""
    return torch.from_numpy(rng.dirichlet(np.full(SYNONYMS, sharpness), shape))
