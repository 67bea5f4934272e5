"""Judges of texts that count: which kind, which words, which trigrams.

The judge of trigrams compares the distribution in texts with that in others by the
Jensen-Shannon divergence. Counts of few texts differ even where distributions don't;
the jackknife takes out the part of that bias which falls with the number of texts.

References:
    Lin (1991), Divergence measures based on the Shannon entropy.
    Quenouille (1956), Notes on bias in estimation.
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from gendiff.data import text
from gendiff.estimate import Estimate, mean
from gendiff.metrics import ngrams

Texts = Int[Tensor, "b n"]
Streams = Sequence[Tensor]


@dataclass(frozen=True)
class KindJudge:
    """Names the kind under whose model a text is likeliest."""

    experts: tuple[ngrams.NGrams, ...]

    def __call__(self, x: Texts, /) -> Int[Tensor, " b"]:
        """Return the kind of each text."""
        return torch.stack([expert(x).sum(1) for expert in self.experts]).argmin(0)


def kind_judge(streams: Streams, /, *, order: int = 5) -> KindJudge:
    """Return the judge that has counted n-grams in equally much text of each kind."""
    least = min(len(stream) for stream in streams)
    fitted = [
        ngrams.fit([stream[:least]], vocabulary=text.VOCABULARY, order=order)
        for stream in streams
    ]
    return KindJudge(tuple(fitted))


def lexicon(streams: Streams, /) -> set[str]:
    """Return the words that occur in some text."""
    return {word for stream in streams for word in ngrams.words(text.decode(stream))}


def known(x: Texts, words: Collection[str], /) -> float:
    """Return the fraction of words in texts that occur in a lexicon."""
    return ngrams.valid_words([text.decode(row) for row in x], words)


@dataclass(frozen=True)
class TrigramJudge:
    """Compares trigrams of texts with those of a truth."""

    truth: Texts
    groups: int
    """How many the texts are divided into, for the jackknife: row i into i % groups."""

    def __call__(self, x: Texts, /) -> Float[Tensor, " groups_and_one"]:
        """Return the divergence in bits with all texts, then without each group."""
        ours, real = trigrams(x, self.groups), trigrams(self.truth, self.groups)
        a, b = ours.sum(0), real.sum(0)
        without = [shannon(a - g, b - h) for g, h in zip(ours, real, strict=True)]
        return torch.tensor([shannon(a, b), *without], dtype=torch.float64)


def debiased(scores: Float[Tensor, " groups_and_one"], /) -> Estimate:
    """Return a score, or a difference of scores, without the bias of counting."""
    whole, without = scores[0], scores[1:]
    n = len(without)
    error = math.sqrt((n - 1) * float(without.var(correction=0)))
    value = float(n * whole - (n - 1) * without.mean())
    return Estimate(value, error, n, "groups of texts")


def described(
    x: Texts,
    /,
    *,
    judge: TrigramJudge,
    counted: ngrams.NGrams,
    lexicon: Collection[str],
) -> tuple[str, str, str, str]:
    """Return what a table says about texts: divergence, bits, words, and variety."""
    return (
        _written(debiased(judge(x)), digits=3),
        f"{float(counted(x).mean()):.2f}",
        f"{known(x, lexicon):.3f}",
        f"{ngrams.distinct(x):.3f}",
    )


def stated(values: Float[Tensor, " n"], /) -> str:
    """Return a mean over windows of text, and its standard error, as text."""
    return _written(mean(values, "windows"), digits=2)


def trigrams(x: Texts, groups: int, /) -> Float[Tensor, "groups v3"]:
    """Count the trigrams in every group of texts."""
    v = text.VOCABULARY
    codes = (x[:, :-2] * v + x[:, 1:-1]) * v + x[:, 2:]
    parts = [codes[g::groups].flatten() for g in range(groups)]
    counts = [torch.bincount(each, minlength=v**3) for each in parts]
    return torch.stack(counts).double()


def shannon(a: Float[Tensor, " k"], b: Float[Tensor, " k"], /) -> float:
    """Return the Jensen-Shannon divergence of two tables of counts, in bits."""
    a, b = a / a.sum(), b / b.sum()
    own = (torch.special.entr(a).sum() + torch.special.entr(b).sum()) / 2
    return float(torch.special.entr((a + b) / 2).sum() - own) / math.log(2)


def _written(found: Estimate, /, *, digits: int) -> str:
    return f"{float(found.value):.{digits}f} ± {float(found.error):.{digits}f}"
