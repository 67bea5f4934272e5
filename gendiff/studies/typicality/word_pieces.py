"""Text as word pieces: the most frequent pair of neighbours is merged, again and again.

Merging stays within words, and a word is spelt in one way wherever it stands. What the
pieces are good for, `returns` asks: does a text come back to its words?

References:
    Sennrich, Haddow and Birch (2016), arXiv:1508.07909, algorithm 1.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from jaxtyping import Int, Shaped
from torch import Tensor

from gendiff.data import text
from gendiff.estimate import Estimate, mean

WORD = re.compile(r" ?[a-z]+| ?[^ a-z\n]+|\s")
"""A word with the space before it, a run of other signs, or a space alone."""
RARE = 2
"""Words that occur so often or less have no say in what is merged."""


@dataclass(frozen=True)
class WordPieces:
    """A vocabulary of pieces, and how each word of the text is spelt in it."""

    pieces: list[str]
    spelt: dict[str, list[str]]

    def tokens(self, passage: str, /) -> Int[Tensor, " n"]:
        """Return a passage of known words as numbers of pieces."""
        number = {piece: i for i, piece in enumerate(self.pieces)}
        return torch.tensor(
            [number[x] for word in WORD.findall(passage) for x in self.spelt[word]]
        )

    def passage(self, tokens: Int[Tensor, " n"], /) -> str:
        """Return the text that the numbers stand for."""
        return "".join(self.pieces[i] for i in tokens.tolist())


def learn(passage: str, merges: int, /) -> WordPieces:
    """Merge the most frequent pair of pieces, `merges` times."""
    words = Counter[str](WORD.findall(passage))
    spelt = {word: list(word) for word in words}
    pieces = list(text.ALPHABET)
    for _ in range(merges):
        pairs = Counter[tuple[str, str]]()
        for word, n in words.items():
            for pair in pairwise(spelt[word]) if n > RARE else ():
                pairs[pair] += n
        pair = max(pairs, key=lambda two: (pairs[two], two))
        pieces.append("".join(pair))
        for word in words:
            if pieces[-1] in word:
                spelt[word] = merged(spelt[word], pair)
    return WordPieces(pieces, spelt)


def merged(spelling: Sequence[str], pair: tuple[str, str], /) -> list[str]:
    """Return a spelling with every occurrence of the pair made one piece.

    >>> merged(["a", "b", "a", "b", "b"], ("a", "b"))
    ['ab', 'ab', 'b']
    """
    out: list[str] = []
    for piece in spelling:
        if out and (out[-1], piece) == pair:
            out[-1] += piece
        else:
            out.append(piece)
    return out


def rows(tokens: Shaped[Tensor, " n"], length: int, /) -> Int[Tensor, "b {length}"]:
    """Cut a stream into rows of equal length."""
    return tokens[: len(tokens) // length * length].reshape(-1, length).long()


def passages(stream: str, length: int, /, *, most: int) -> list[str]:
    """Cut a text into passages of so many characters, the last of them left out."""
    ends = min(len(stream) - length, most * length)
    return [stream[i : i + length] for i in range(0, ends, length)]


def returns(passage: str, /) -> float | None:
    """Return which fraction of the long words in the second half the first half had.

    Nothing is returned if the second half has no word of five letters or more.

    >>> returns("alpha gamma alpha delta")
    0.5
    """
    half = len(passage) // 2
    first, second = (
        re.findall("[a-z]{5,}", x) for x in (passage[:half], passage[half:])
    )
    return sum(word in first for word in second) / len(second) if second else None


def returning(texts: Sequence[str], length: int, /) -> Estimate:
    """Return the mean of that fraction over the texts that have long words.

    Texts are cut to `length` characters, since longer ones come back more often.
    """
    shares = [returns(x[:length]) for x in texts]
    return mean([x for x in shares if x is not None], "texts")
