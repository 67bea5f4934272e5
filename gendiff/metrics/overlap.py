r"""How near one sequence of tokens comes to another.

The *edit distance* counts the insertions, deletions and substitutions that turn one
into the other. *BLEU* counts which n-grams of a candidate occur in the reference, each
at most as often as it does there, and takes the geometric mean over orders,

    min(1, exp(1 - r / c)) (prod_n share_n)^(1 / order),

with lengths `c` of the candidates and `r` of the references; the first factor is there
because short candidates are easily right.

Sequences of different lengths are filled up with an `end` token: what stands from the
first `end` on does not count.

References:
    Levenshtein (1966), Binary codes capable of correcting deletions, insertions and
    reversals.
    Papineni et al. (2002), BLEU: a method for automatic evaluation of machine
    translation, section 2.
"""

import math
from collections import Counter

import torch
from jaxtyping import Int
from torch import Tensor


def edit_distance(
    x: Int[Tensor, "a n"], y: Int[Tensor, "b m"], /, *, end: int | None = None
) -> Int[Tensor, "a b"]:
    """Return the edit distance of every pair."""
    last_x, last_y = _lengths(x, end), _lengths(y, end)
    at = last_y.expand(len(x), -1)[..., None]
    # row[..., j] is the distance of the tokens of x so far and the first j of y.
    row = torch.arange(y.shape[1] + 1).expand(len(x), len(y), -1)
    found = row.gather(2, at)[..., 0]
    for i, token in enumerate(x.unbind(1)):
        differs = (token[:, None, None] != y).long()
        after = [torch.full_like(found, i + 1)]
        for j in range(y.shape[1]):
            swapped = row[..., j] + differs[..., j]
            longer = torch.minimum(row[..., j + 1], after[-1]) + 1
            after.append(torch.minimum(swapped, longer))
        row = torch.stack(after, dim=2)
        found = torch.where(last_x[:, None] == i + 1, row.gather(2, at)[..., 0], found)
    return found


def bleu(
    candidates: Int[Tensor, "b n"],
    references: Int[Tensor, "b m"],
    /,
    *,
    order: int = 4,
    end: int | None = None,
) -> float:
    """Return the BLEU of a corpus, from 0 to 1; row `i` translates as row `i`.

    Counts are added up over the corpus before anything is divided, so that it is 0
    only if no n-gram of some order fits anywhere.

    Raises:
        ValueError: If `order` is below 1.
    """
    if order < 1:
        raise ValueError(f"order is {order}; count n-grams from 1 token on")
    said, wanted = _texts(candidates, end), _texts(references, end)
    logs = 0.0
    for n in range(1, order + 1):
        grams = [
            (_grams(a, n), _grams(b, n)) for a, b in zip(said, wanted, strict=True)
        ]
        right = sum((a & b).total() for a, b in grams)
        if not right:
            return 0.0
        logs += math.log(right / sum(a.total() for a, _ in grams))
    long, short = sum(map(len, wanted)), sum(map(len, said))
    return math.exp(min(0.0, 1 - long / short) + logs / order)


def _lengths(x: Int[Tensor, "b n"], end: int | None) -> Int[Tensor, " b"]:
    """Return how many tokens stand before the first `end`."""
    if end is None:
        return torch.full((len(x),), x.shape[1])
    return (x != end).long().cumprod(1).sum(1)


def _texts(x: Int[Tensor, "b n"], end: int | None) -> list[list[int]]:
    lengths = _lengths(x, end).tolist()
    return [row[:n] for row, n in zip(x.tolist(), lengths, strict=True)]


def _grams(text: list[int], n: int) -> Counter[tuple[int, ...]]:
    return Counter(tuple(text[i : i + n]) for i in range(len(text) - n + 1))
