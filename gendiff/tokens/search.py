r"""Choosing a sequence from a law, instead of drawing one.

There are two things to choose by. One is the probability of the whole sequence. Its
maximum takes going through all of them, so it is sought: *greedy* search takes the most
probable next token each time, *beam* search keeps the `width` most probable prefixes
and goes on with all of them. Width 1 is greedy; a width of all prefixes cannot miss.

The other is what the sequence is worth. Given a utility `u(candidate, truth)`, the
*minimum Bayes risk* choice is the candidate worth most on average over the law,

    argmax_c  E_x u(c, x),

so that it counts how much company a candidate has, not only how probable it is. With
`u = 1` for equal sequences and 0 for others it is the most probable one again.

References:
    Eikema and Aziz (2020), arXiv:2005.10283 (the average over samples).
    Stahlberg and Byrne (2019), arXiv:1908.10090 (what wide beams find).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from gendiff.applied import Applied
from gendiff.tokens.autoregressive import demand_law
from gendiff.tokens.decoding import NextLogits

Utility = Callable[[Tensor, Tensor], Tensor]
"""Maps candidates `(a, n)` and truths `(b, n)` to what each is worth, `(a, b)`."""


@dataclass(frozen=True, slots=True)
class Beam:
    """What a search holds on to, the most probable first."""

    tokens: Int[Tensor, "k n"]
    log_probability: Float[Tensor, " k"]
    """Of the tokens so far, in nats."""


@torch.no_grad()
def beam(next_logits: NextLogits, length: int, /, *, width: int) -> Iterator[Beam]:
    """Yield the `width` most probable continuations of those kept, place by place.

    Of equally probable ones those found first are kept. There are fewer than `width`
    as long as no more are possible.

    Raises:
        ValueError: If `length` or `width` is below 1, or logits are no law.
    """
    if length < 1 or width < 1:
        raise ValueError(
            f"length is {length} and width {width}; search at least 1 place and keep "
            "at least 1 prefix"
        )
    x = torch.empty(1, 0, dtype=torch.int64)
    score = torch.zeros(1, dtype=torch.float64)
    for _ in range(length):
        logits = next_logits(x)
        demand_law(logits)
        law = logits.to(score).log_softmax(-1)
        total = (score[:, None] + law).flatten()
        kept = total.argsort(descending=True, stable=True)[:width]
        kept = kept[total[kept] > -torch.inf]
        token = kept % law.shape[1]
        x = torch.cat([x[kept // law.shape[1]], token[:, None]], dim=1)
        score = total[kept]
        yield Beam(x, score)


def search(next_logits: NextLogits, length: int, /, *, width: int) -> Beam:
    """Return what beam search holds at the end: whole sequences, the best first."""
    *_, found = beam(next_logits, length, width=width)
    return found


def greedy(next_logits: NextLogits, length: int, /) -> Beam:
    """Return the sequence of the most probable next tokens."""
    return search(next_logits, length, width=1)


def stopping(next_logits: NextLogits, /, *, end: int) -> NextLogits:
    """Return the law in which nothing but `end` follows an `end`.

    So sequences of all lengths become sequences of one length, and their probabilities
    can be compared.
    """
    return Applied(_stopped, next_logits, end)


def _stopped(
    next_logits: NextLogits, end: int, x: Int[Tensor, "b n"], /
) -> Float[Tensor, "b v"]:
    logits = next_logits(x)
    over = (x == end).any(1).to(logits.device)
    rest = torch.full_like(logits, -torch.inf)
    rest[:, end] = 0
    return torch.where(over[:, None], rest, logits)


def expected_utility(
    candidates: Int[Tensor, "a n"],
    truths: Int[Tensor, "b n"],
    /,
    *,
    utility: Utility,
    weight: Float[Tensor, " b"] | None = None,
) -> Float[Tensor, " a"]:
    """Return what each candidate is worth on average.

    The truths are samples of the law, or all its sequences with their probabilities as
    `weight`, which makes the average exact.

    Raises:
        ValueError: If there is no truth.
    """
    if not len(truths):
        raise ValueError("there is nothing to average over; give at least one truth")
    worth = utility(candidates, truths).double()
    if weight is None:
        return worth.mean(1)
    return worth @ weight.double() / weight.double().sum()


def minimum_bayes_risk(
    candidates: Int[Tensor, "a n"],
    truths: Int[Tensor, "b n"],
    /,
    *,
    utility: Utility,
    weight: Float[Tensor, " b"] | None = None,
) -> Int[Tensor, " n"]:
    """Return the candidate worth most on average; of equal ones, the first."""
    worth = expected_utility(candidates, truths, utility=utility, weight=weight)
    return candidates[int(worth.argmax())]
