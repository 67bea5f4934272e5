"""Walks of a Markov chain, and how surprising each is."""

import torch
from jaxtyping import Float
from torch import Tensor


def surprisals(
    initial: Float[Tensor, " v"],
    transition: Float[Tensor, "v v"],
    places: int,
    n: int,
    generator: torch.Generator,
    /,
) -> Float[Tensor, " n"]:
    """Draw sequences of a chain and return the surprisal of each, in nats."""
    first = initial.expand(n, -1)
    token = torch.multinomial(first, 1, generator=generator)[:, 0]
    total = -initial[token].log()
    for _ in range(places - 1):
        following = torch.multinomial(transition[token], 1, generator=generator)[:, 0]
        total = total - transition[token, following].log()
        token = following
    return total
