"""Text as merged symbols: the most frequent pair of neighbours, again and again.

Merging does not stop at the ends of words, so a symbol can be a word with the spaces
around it, or the end of one line and the beginning of the next.

References:
    Sennrich, Haddow and Birch (2016), arXiv:1508.07909, algorithm 1.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Float, Int, Shaped
from torch import Tensor

from gendiff.data import text
from gendiff.metrics import ngrams

Stream = Shaped[Tensor, " _"]
NOTHING = -1
"""Stands between two streams, and is in no pair."""
LONG = 5
"""Letters of a long word."""


@dataclass(frozen=True)
class Merges:
    """Pairs of symbols, each of which became a new one, in the order of merging."""

    pairs: tuple[tuple[int, int], ...]

    @cached_property
    def names(self) -> list[str]:
        """What each symbol stands for."""
        names = list(text.ALPHABET)
        for a, b in self.pairs:
            names.append(names[a] + names[b])
        return names

    @cached_property
    def sizes(self) -> Int[Tensor, " v"]:
        """The number of characters of each symbol."""
        return torch.tensor([len(name) for name in self.names])

    def tokens(self, stream: Stream, /) -> Int[Tensor, " m"]:
        """Return a text of characters as symbols."""
        x = stream.numpy().astype(np.int64)
        for k, pair in enumerate(self.pairs):
            x = merged(x, pair, text.VOCABULARY + k)
        return torch.from_numpy(x)

    def passage(self, tokens: Int[Tensor, " n"], /) -> str:
        """Return the text that symbols stand for."""
        return "".join(self.names[t] for t in tokens.tolist())


def learn(streams: Sequence[Stream], merges: int, /, *, most: int = 200_000) -> Merges:
    """Merge the most frequent pair, `merges` times, in the first part of each text."""
    parts = [np.r_[s[:most].numpy().astype(np.int64), NOTHING] for s in streams]
    x, pairs = np.concatenate(parts), list[tuple[int, int]]()
    for k in range(merges):
        size = text.VOCABULARY + k
        inside = (x[:-1] >= 0) & (x[1:] >= 0)
        codes = np.bincount(x[:-1][inside] * size + x[1:][inside])
        pairs.append(divmod(int(codes.argmax()), size))
        x = merged(x, pairs[-1], size)
    return Merges(tuple(pairs))


def merged(
    x: Int[np.ndarray, " n"], pair: tuple[int, int], new: int, /
) -> Int[np.ndarray, " m"]:
    """Replace a pair of neighbours by a new symbol, from the left.

    >>> merged(np.array([1, 1, 1, 2]), (1, 1), 3).tolist()
    [3, 1, 2]
    """
    hit = np.flatnonzero((x[:-1] == pair[0]) & (x[1:] == pair[1]))
    if pair[0] == pair[1] and len(hit):  # of aaa, the first two
        begins = np.r_[True, np.diff(hit) > 1]
        first = np.flatnonzero(begins)[np.cumsum(begins) - 1]
        hit = hit[(np.arange(len(hit)) - first) % 2 == 0]
    x = x.copy()
    x[hit] = new
    return np.delete(x, hit + 1)


def recurring(passages: Sequence[str], /, *, length: int) -> Float[Tensor, " n"]:
    """Return which long words have occurred in their text before, 1 if so.

    Texts are cut to `length` characters, since longer ones come back more often. Where
    there is no long word at all, none has occurred.

    >>> recurring(["alpha gamma alpha"], length=20).tolist()
    [0.0, 0.0, 1.0]
    """
    seen = list[bool]()
    for passage in passages:
        words = [w for w in ngrams.words(passage[:length]) if len(w) >= LONG]
        seen += [word in words[:k] for k, word in enumerate(words)]
    return torch.tensor(seen or [False]).double()
