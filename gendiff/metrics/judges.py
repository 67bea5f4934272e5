"""Verdicts on generated text: how likely it is, and what likelihood leaves out.

The likelihood of samples under another model is the usual measure of text, and it can
be cheated: greedy samplers repeat themselves, and repetition is likelier than anything
an honest source writes. So it never comes alone: beside it stand the *entropy* of
single tokens and the fraction of *distinct* 6-grams, which fall as it is cheated, and
the fraction of valid *words*. Two sources are comparable where their entropies are
equal; `at_entropy` reads a family of verdicts, over temperatures say, at the entropy of
real text.

References:
    Holtzman et al. (2020), arXiv:1904.09751, section 4.3 (likely text is dull).
    Dieleman et al. (2022), arXiv:2211.15089, section 6.4 (likelihood against entropy).
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from torch import Tensor

from gendiff.metrics import ngrams

Judge = Callable[[Tensor], Float[Tensor, "b n"]]
"""Maps tokens to the surprisal of each in bits; an `NGrams` does."""


@dataclass(frozen=True)
class Verdict:
    """What is said of a set of texts, all of it together."""

    bits: Float[Tensor, " b"]
    """Mean surprisal of a token under the judge, of each text."""
    entropy: float
    """Of the frequencies of single tokens, in bits."""
    distinct: float
    """Fraction of 6-grams that are different ones; it falls with the amount of text."""
    words: float
    """Fraction of words that a lexicon knows."""


def judged(
    x: Int[Tensor, "b n"],
    judge: Judge,
    /,
    *,
    decode: Callable[[Tensor], str],
    lexicon: Collection[str],
) -> Verdict:
    """Return the verdict on texts.

    Raises:
        ValueError: If the texts are shorter than a 6-gram.
    """
    return Verdict(
        judge(x).mean(1),
        ngrams.unigram_entropy(x),
        ngrams.distinct(x),
        ngrams.valid_words([decode(row) for row in x], lexicon),
    )


def at_entropy(verdicts: Sequence[Verdict], entropy: float, /) -> float:
    """Return the mean bits at an entropy, along a family of verdicts.

    Between two of them the line through both is read.

    Raises:
        ValueError: If the entropies of the family do not reach as far.
    """
    family = sorted((each.entropy, float(each.bits.mean())) for each in verdicts)
    entropies, bits = (np.array(x) for x in zip(*family, strict=True))
    if not entropies[0] <= entropy <= entropies[-1]:
        raise ValueError(
            f"entropy {entropy} lies outside of {entropies[0]} to {entropies[-1]}; "
            "add verdicts at other temperatures"
        )
    return float(np.interp(entropy, entropies, bits))
