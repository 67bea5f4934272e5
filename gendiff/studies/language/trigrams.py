"""A chain of letters whose trigrams are known, and how far samples are from them."""

import torch
from jaxtyping import Float, Int
from torch import Tensor


def drawn(
    move: Float[Tensor, "v v"], n: int, places: int, generator: torch.Generator, /
) -> Int[Tensor, "{n} {places}"]:
    """Draw texts of the chain; their first letters are spread evenly."""
    x = [torch.randint(len(move), (n,), generator=generator)]
    for _ in range(places - 1):
        x.append(torch.multinomial(move[x[-1]], 1, generator=generator)[:, 0])
    return torch.stack(x, dim=1)


def exact(move: Float[Tensor, "v v"], places: int, /) -> Float[Tensor, "v v v"]:
    """Return how often each trigram stands in a text of so many places."""
    first = torch.full((len(move),), 1 / len(move)).to(move)
    total = torch.zeros_like(move)
    for _ in range(places - 2):
        total = total + first[:, None] * move
        first = first @ move
    return total[:, :, None] * move / (places - 2)


def off(x: Int[Tensor, "b n"], truth: Float[Tensor, "v v v"], /) -> float:
    """Return the total variation of the trigrams of some texts from the truth."""
    v = len(truth)
    a, b, c = x.unfold(1, 3, 1).reshape(-1, 3).unbind(1)
    often = torch.bincount((a * v + b) * v + c, minlength=v**3).to(truth)
    return float((often / often.sum() - truth.flatten()).abs().sum() / 2)
