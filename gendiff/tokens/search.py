r"""Choosing a sequence from a distribution, instead of drawing one.

There are two things to choose by. One is the probability of the whole sequence. Its
maximum takes going through all of them, so it is sought: *greedy* search takes the most
probable next token each time, *beam* search keeps the `width` most probable prefixes
and goes on with all of them. Width 1 is greedy; a width of all prefixes cannot miss.

The other is what the sequence is worth. Given a utility `u(candidate, truth)`, the
*minimum Bayes risk* choice is the candidate worth most on average over the sequences,

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
from gendiff.tokens.decoding import demand_distribution
from gendiff.tokens.sampling import NextToken, State, demand_length

Utility = Callable[[Tensor, Tensor], Tensor]
"""Maps candidates `(a, n)` and truths `(b, n)` to what each is worth, `(a, b)`."""


@dataclass(frozen=True, slots=True)
class Beam:
    """What a search holds on to, the most probable first."""

    tokens: Int[Tensor, "k n"]
    log_probability: Float[Tensor, " k"]
    """Of the tokens after the prompt, in nats."""


@torch.no_grad()
def beam(
    model: NextToken, prompt: Int[Tensor, " m"], length: int, /, *, width: int
) -> Iterator[Beam]:
    """Yield the `width` most probable continuations of those kept, place by place.

    Of equally probable ones those found first are kept. There are fewer than `width`
    as long as no more are possible.

    Raises:
        ValueError: If `length` or `width` is below 1, or logits are no distribution.
    """
    demand_length(length)
    if width < 1:
        raise ValueError(f"width is {width}; keep at least 1 prefix")
    x = unread = prompt[None]
    score, state = torch.zeros(1, dtype=torch.float64, device=x.device), ()
    for _ in range(length):
        logits, state = model(unread, state)
        demand_distribution(logits)
        conditional = logits.to(score).log_softmax(-1)
        total = (score[:, None] + conditional).flatten()
        kept = total.argsort(descending=True, stable=True)[:width]
        kept = kept[total[kept] > -torch.inf]
        parent, token = kept // conditional.shape[1], kept % conditional.shape[1]
        unread, state = token[:, None], _rows(state, parent)
        x, score = torch.cat([x[parent], unread], dim=1), total[kept]
        yield Beam(x, score)


def _rows(state: State, index: Int[Tensor, " k"]) -> State:
    """Return the state of the sequences of these numbers."""
    return tuple(
        each[index] if isinstance(each, Tensor) else _rows(each, index)
        for each in state
    )


def search(
    model: NextToken, prompt: Int[Tensor, " m"], length: int, /, *, width: int
) -> Beam:
    """Return what beam search holds at the end: whole sequences, the best first."""
    *_, found = beam(model, prompt, length, width=width)
    return found


def greedy(model: NextToken, prompt: Int[Tensor, " m"], length: int, /) -> Beam:
    """Return the sequence of the most probable next tokens."""
    return search(model, prompt, length, width=1)


def stopping(model: NextToken, /, *, end: int) -> NextToken:
    """Return the model in which nothing but `end` follows an `end`.

    So sequences of all lengths become sequences of one length, and their probabilities
    can be compared.
    """
    return Applied(_stopping, model, end)


def _stopping(
    model: NextToken, end: int, tokens: Int[Tensor, "b m"], state: State, /
) -> tuple[Float[Tensor, "b v"], State]:
    inner, over = state or ((), tokens.new_zeros(len(tokens)).bool())
    over = over | (tokens == end).any(1)
    logits, inner = model(tokens, inner)
    rest = torch.full_like(logits, -torch.inf)
    rest[:, end] = 0
    return torch.where(over[:, None].to(logits.device), rest, logits), (inner, over)


def expected_utility(
    candidates: Int[Tensor, "a n"],
    truths: Int[Tensor, "b n"],
    /,
    *,
    utility: Utility,
    weight: Float[Tensor, " b"] | None = None,
) -> Float[Tensor, " a"]:
    """Return what each candidate is worth on average.

    The truths are samples, or all sequences with their probabilities as `weight`, which
    makes the average exact.

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
