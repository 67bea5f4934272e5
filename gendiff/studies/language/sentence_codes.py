"""A text autoencoder with a narrow code, and which letters it loses first.

Encoder and decoder are small networks of whole sentences. What a letter costs after the
code is compared with what it costs in the language, its surprisal after the letters
before it, by ranks, and with the letter's frequency taken out of both: rare letters are
badly learnt by everything.

References:
    Bowman et al. (2016), arXiv:1511.06349 (sentences from a continuous space).
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from gendiff.studies.language.kinds import Kinds
from gendiff.types import Batch


class Sentences(nn.Module):
    """Squeezes a sentence of letters through a code, and reads it from there."""

    def __init__(
        self, letters: int, places: int, code: int, width: int, *, learnt: bool = True
    ) -> None:
        super().__init__()
        self.shape = places, letters
        size = places * letters
        self.encode = nn.Sequential(
            nn.Linear(size, width), nn.GELU(), nn.Linear(width, code)
        )
        if not learnt:
            self.encode = nn.Linear(size, code)
            self.encode.requires_grad_(requires_grad=False)
        self.decode = nn.Sequential(
            nn.Linear(code, width), nn.GELU(), nn.Linear(width, width), nn.GELU(),
            nn.Linear(width, size),
        )  # fmt: skip

    def forward(self, x: Int[Tensor, "b n"], /) -> Float[Tensor, "b n v"]:
        """Return logits of the letters, as far as the code tells them."""
        return self.read(self.code(x))

    def code(self, x: Int[Tensor, "b n"], /) -> Float[Tensor, "b c"]:
        """Return the numbers that are kept of each sentence."""
        return self.encode(functional.one_hot(x, self.shape[1]).float().flatten(1))

    def read(self, code: Float[Tensor, "b c"], /) -> Float[Tensor, "b n v"]:
        """Return logits of all letters at once."""
        return self.decode(code).unflatten(1, self.shape)


def error(
    model: nn.Module, batch: Batch, chance: torch.Generator, /
) -> Float[Tensor, " b"]:
    """Return the nats of sentences given their codes."""
    del chance  # nothing here is random
    return lost(model, batch[0]).sum(1)


def lost(model: nn.Module, x: Int[Tensor, "b n"], /) -> Float[Tensor, "b n"]:
    """Return the nats of each letter given the code."""
    return functional.cross_entropy(model(x).mT, x, reduction="none")


def surprisal(language: Kinds, x: Int[Tensor, "b n"], /) -> Float[Tensor, "b n"]:
    """Return the nats of each letter after the one before it, in the first kind."""
    steps = -language.moves[0][x[:, :-1], x[:, 1:]].log()
    return torch.cat([-language.initial[x[:, :1]].log(), steps], dim=1)


def frequency(x: Int[Tensor, "b n"], letters: int, /) -> Float[Tensor, "b n"]:
    """Return how often each letter occurs in all texts, at its places."""
    often = torch.bincount(x.flatten(), minlength=letters).double()
    return (often / often.sum())[x]


def partial_rank_correlation(
    a: Float[Tensor, " k"], b: Float[Tensor, " k"], given: Float[Tensor, " k"], /
) -> float:
    """Return Spearman's correlation of `a` and `b` with that of `given` taken out.

    Ranks of equal numbers are their mean rank.
    """
    x, y, z = (_ranks(each) for each in (a, b, given))
    xy, xz, yz = _correlation(x, y), _correlation(x, z), _correlation(y, z)
    return (xy - xz * yz) / ((1 - xz**2) * (1 - yz**2)) ** 0.5


def _ranks(values: Tensor) -> Tensor:
    _, inverse, counts = values.unique(return_inverse=True, return_counts=True)
    last = counts.cumsum(0).double()
    return (last - (counts - 1) / 2)[inverse]


def _correlation(a: Tensor, b: Tensor) -> float:
    return float(torch.corrcoef(torch.stack([a, b]))[0, 1])
