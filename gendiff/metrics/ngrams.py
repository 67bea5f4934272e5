r"""Judging text by its n-grams: is each symbol likely after the few before it?

An n-gram model predicts a token from the `order - 1` before it by counting. Long
contexts are precise and rarely seen, short ones the other way round; Witten and Bell
mix them. With `c(h)` occurrences of a context `h`, followed by `T(h)` different tokens,

    p(w | h) = (c(h w) + T(h) p(w | h')) / (c(h) + T(h)),

where `h'` is `h` without its first token: the more varied what followed, the more is
left to the shorter context. The recursion ends at the uniform distribution, and each
`p(. | h)` sums to one. No network is involved, so it judges networks of every kind
alike.

Likely is not the same as good. Text that repeats itself is likelier than any honest
text; so report the *entropy* and the fraction of *distinct* n-grams beside it.

References:
    Witten and Bell (1991), IEEE Transactions on Information Theory 37(4), method C.
    Li et al. (2016), arXiv:1510.03055, section 5.2 (distinct n-grams).
"""

import math
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor

Tokens = Int[Tensor, "b n"] | UInt8[Tensor, "b n"]
Stream = Int[Tensor, " _"] | UInt8[Tensor, " _"]

_WORD = re.compile(r"[a-z]+")


@dataclass(frozen=True, slots=True)
class _Counts:
    """What was counted for contexts of one length, sorted by code."""

    grams: np.ndarray
    times: np.ndarray
    contexts: np.ndarray
    total: np.ndarray
    varied: np.ndarray


@dataclass(frozen=True)
class NGrams:
    """A Witten-Bell model; calling it judges texts."""

    vocabulary: int
    counts: tuple[_Counts, ...]
    """For contexts of length 0, 1, ... in turn."""

    @property
    def order(self) -> int:
        """Length of the longest n-gram, the predicted token included."""
        return len(self.counts)

    def __call__(self, tokens: Tokens, /) -> Float[Tensor, "b n"]:
        """Return the surprisal of each token in bits, `-log2 p(token | before)`.

        Every row is a text of its own: its first tokens have shorter contexts.

        Raises:
            ValueError: If a token is not in the vocabulary.
        """
        x = _checked(tokens, self.vocabulary)
        share = np.full(x.shape, 1 / self.vocabulary)
        for length, counts in enumerate(self.counts[: x.shape[1]]):
            gram, context = _codes(x, length, self.vocabulary)
            total = _looked_up(context, counts.contexts, counts.total)
            varied = _looked_up(context, counts.contexts, counts.varied)
            times = _looked_up(gram, counts.grams, counts.times)
            mass = np.maximum(total + varied, 1)
            longer = (times + varied * share[:, length:]) / mass
            share[:, length:] = np.where(total > 0, longer, share[:, length:])
        return torch.from_numpy(-np.log2(share))


def fit(streams: Sequence[Stream], /, *, vocabulary: int, order: int = 6) -> NGrams:
    """Count the n-grams of some texts, up to the length `order`.

    Raises:
        ValueError: If there is no text, a token is not in the vocabulary, or the codes
            of the longest n-grams do not fit into 63 bits.
    """
    if order < 1 or order * math.log2(vocabulary) >= 63:
        raise ValueError(
            f"{order}-grams of {vocabulary} tokens; give an order from 1 to "
            f"{int(63 / math.log2(vocabulary))}"
        )
    texts = [_checked(stream[None], vocabulary) for stream in streams]
    if not any(text.size for text in texts):
        raise ValueError("there is no text to count; give at least one token")
    return NGrams(
        vocabulary,
        tuple(_counted(texts, length, vocabulary) for length in range(order)),
    )


def valid_words(texts: Iterable[str], lexicon: Collection[str], /) -> float:
    """Return the fraction of words that the lexicon knows.

    A word is a run of lower-case letters; the first and the last of a text, which may
    be cut off, do not count. The fraction is 0 where there is no word.
    """
    found = [word in lexicon for text in texts for word in words(text)[1:-1]]
    return sum(found) / max(len(found), 1)


def words(text: str, /) -> list[str]:
    """Return the runs of lower-case letters.

    >>> words("self.x_1 = the end")
    ['self', 'x', 'the', 'end']
    """
    return _WORD.findall(text)


def unigram_entropy(tokens: Tokens, /) -> float:
    """Return the entropy of the frequencies of single tokens, in bits."""
    count = torch.bincount(tokens.flatten().long()).double()
    return float(torch.special.entr(count / count.sum()).sum()) / math.log(2)


def distinct(tokens: Tokens, /, *, order: int = 6) -> float:
    """Return how many of all n-grams are different ones.

    The fraction falls with the amount of text: compare sets of equal size.

    Raises:
        ValueError: If the texts are shorter than an n-gram.
    """
    if tokens.shape[1] < order:
        raise ValueError(
            f"texts of length {tokens.shape[1]} hold no {order}-grams; "
            "give longer texts or a smaller order"
        )
    grams = tokens.unfold(1, order, 1).reshape(-1, order)
    return len(torch.unique(grams, dim=0)) / len(grams)


def _counted(texts: Sequence[np.ndarray], length: int, vocabulary: int) -> _Counts:
    """Count n-grams with contexts of this length."""
    each = [_codes(text, length, vocabulary)[0].ravel() for text in texts]
    grams, times = np.unique(np.concatenate(each), return_counts=True)
    contexts, first = np.unique(grams // vocabulary, return_index=True)
    varied = np.diff(first, append=len(grams))
    total = np.add.reduceat(times, first) if len(first) else times
    return _Counts(grams, times, contexts, total, varied)


def _codes(
    x: np.ndarray, length: int, vocabulary: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return n-grams with their contexts as whole numbers, from place `length` on."""
    places = max(x.shape[1] - length, 0)
    context = np.zeros((len(x), places), dtype=np.int64)
    for offset in range(length):
        context = context * vocabulary + x[:, offset : offset + places]
    return context * vocabulary + x[:, length:], context


def _looked_up(
    wanted: np.ndarray, sorted_codes: np.ndarray, values: np.ndarray
) -> np.ndarray:
    """Return the value of each code, 0 for those that never occurred."""
    if not len(sorted_codes):
        return np.zeros(wanted.shape, dtype=np.int64)
    place = np.searchsorted(sorted_codes, wanted).clip(max=len(sorted_codes) - 1)
    return np.where(sorted_codes[place] == wanted, values[place], 0)


def _checked(tokens: Tensor, vocabulary: int) -> np.ndarray:
    x = tokens.cpu().numpy().astype(np.int64)
    if x.size and not 0 <= x.min() <= x.max() < vocabulary:
        raise ValueError(
            f"tokens from {x.min()} to {x.max()}; the vocabulary has 0 to "
            f"{vocabulary - 1}"
        )
    return x
