r"""Models of the next token, and writing with them.

A sequence's probability is a product of conditionals, `p(x) = prod_i p(x_i | x_<i)`.
Whatever gives the conditionals is a model of the next token: a function that reads some
tokens and returns the logits of the one that follows, along with a *state*, by which it
remembers what it has read when it is asked to read on,

    logits, state = model(prompt, ())            p(. | prompt)
    logits, state = model(token[:, None], state) p(. | prompt, token).

What the state holds is the model's own affair: the keys and values of a transformer,
the latest inputs of each layer of a WaveNet, the last letter of a chain. It saves
reading everything again for every token, and changes no number.

References:
    Vaswani et al. (2017), arXiv:1706.03762, section 3.1 (each token from those before).
    Paine et al. (2016), arXiv:1611.09482 (a state instead of the whole past).
"""

from collections.abc import Callable, Iterator
from typing import Any, Protocol, runtime_checkable

import torch
from jaxtyping import Float, Int
from torch import Tensor

from gendiff.applied import Applied
from gendiff.tokens.decoding import Shape, demand_distribution, unchanged
from gendiff.types import Step

State = tuple[Any, ...]
"""What a model keeps of what it has read: tensors, a row for each sequence, in tuples.

Before anything has been read it is the empty tuple.
"""


@runtime_checkable
class NextToken(Protocol):
    """Anything that reads tokens and says what comes next."""

    def __call__(
        self, tokens: Int[Tensor, "b m"], state: State, /
    ) -> tuple[Float[Tensor, "b v"], State]:
        """Read on, and return the logits of the next token with the new state."""
        ...


def uncached(next_logits: Callable[[Tensor], Tensor], /) -> NextToken:
    """Return the model that keeps all tokens and reads them anew each time.

    `next_logits` maps whole prefixes, `(b, m)`, to the logits of the token that
    follows, `(b, v)`; that of a `Joint`, for one.
    """
    return Applied(_uncached, next_logits)


def _uncached(
    next_logits: Callable[[Tensor], Tensor], tokens: Int[Tensor, "b m"], state: State, /
) -> tuple[Float[Tensor, "b v"], State]:
    prefix = torch.cat([*state, tokens], dim=1)
    return next_logits(prefix), (prefix,)


def empty(n: int, /, device: torch.device | str = "cpu") -> Int[Tensor, "{n} 0"]:
    """Return `n` prompts without a token: for writing from the beginning."""
    return torch.empty(n, 0, dtype=torch.int64, device=device)


@torch.no_grad()
def sample(
    model: NextToken,
    prompt: Int[Tensor, "b m"],
    length: int,
    generator: torch.Generator,
    /,
    *,
    shape: Shape = unchanged,
) -> Iterator[Step]:
    """Draw `length` tokens after each prompt and yield a step for every one.

    `shape` changes the logits before a token is drawn, see `gendiff.tokens.decoding`. A
    step holds the prompt with the tokens so far, and the shaped logits of the last. A
    model that ends is one that repeats its end, `gendiff.tokens.search.stopping`.

    Raises:
        ValueError: If `length` is below 1, or shaped logits are no distribution.
    """
    demand_length(length)
    start, unread, state = prompt.shape[1], prompt, ()
    # Filled from left to right: what a step shows of it is never written again.
    x = torch.cat([prompt, prompt.new_empty(len(prompt), length)], dim=1)
    for end in range(start + 1, start + length + 1):
        logits, state = model(unread, state)
        logits = shape(logits)
        unread = categorical(logits, generator)[:, None].to(x)
        x[:, end - 1 : end] = unread
        yield Step(x[:, :end], logits, 1 - (end - start) / length)


def categorical(
    logits: Float[Tensor, "*places v"], generator: torch.Generator, /
) -> Int[Tensor, "*places"]:
    """Draw one token at each place.

    Raises:
        ValueError: If the logits of a place are no distribution.
    """
    demand_distribution(logits)
    rows = logits.float().softmax(dim=-1).reshape(-1, logits.shape[-1])
    drawn = torch.multinomial(rows.to(generator.device), 1, generator=generator)
    return drawn.reshape(logits.shape[:-1]).to(logits.device)


def demand_length(length: int, /) -> None:
    """Check that there is something to write.

    Raises:
        ValueError: If `length` is below 1.
    """
    if length < 1:
        raise ValueError(f"length is {length}; write at least 1 token")
