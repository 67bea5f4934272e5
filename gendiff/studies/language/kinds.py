"""A made-up language of several kinds, of which everything is known.

A text is a Markov chain of letters, and its kind says which chain. Which kind a text is
of, how probable it is, and what stands in a gap are therefore sums that can be done.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from gendiff.applied import Applied
from gendiff.types import Batches


@dataclass(frozen=True)
class Kinds:
    """Chains that start alike, each the grammar of one kind; kinds occur equally often.

    Raises:
        ValueError: If a row is no distribution.
    """

    initial: Float[Tensor, " v"]
    moves: Float[Tensor, "k v v"]
    """Row `a` of a kind holds the probabilities of the letter after `a`."""

    def __post_init__(self) -> None:
        rows = torch.cat([self.initial[None], self.moves.flatten(0, 1)])
        if not torch.allclose(rows.sum(1), torch.ones_like(rows[:, 0])):
            raise ValueError(f"rows sum to {rows.sum(1).tolist()}; give distributions")

    def sample(
        self, labels: Int[Tensor, " b"], places: int, generator: torch.Generator, /
    ) -> Int[Tensor, "b {places}"]:
        """Write a text of each of the kinds."""
        first = self.initial.expand(len(labels), -1)
        x = [torch.multinomial(first, 1, generator=generator)[:, 0]]
        for _ in range(places - 1):
            rows = self.moves[labels, x[-1]]
            x.append(torch.multinomial(rows, 1, generator=generator)[:, 0])
        return torch.stack(x, dim=1)

    def log_likelihood(self, x: Int[Tensor, "b n"], /) -> Float[Tensor, "b k"]:
        """Return `log p(x | kind)`."""
        steps = self.moves[:, x[:, :-1], x[:, 1:]].log().sum(-1)
        return (self.initial[x[:, 0]].log() + steps).mT

    def kind(self, x: Int[Tensor, "b n"], /) -> Int[Tensor, " b"]:
        """Return the likeliest kind of each text."""
        return self.log_likelihood(x).argmax(1)

    def bits(self, x: Int[Tensor, "b n"], /) -> Float[Tensor, " b"]:
        """Return `-log2 p(x)` a letter, of whatever kind."""
        nats = math.log(len(self.moves)) - self.log_likelihood(x).logsumexp(1)
        return nats / (math.log(2) * x.shape[1])

    def batches(self, size: int, places: int, /) -> Batches:
        """Draw texts and their labels."""
        return Applied(_batch, self, size, places)


def made(
    kinds: int, letters: int, generator: torch.Generator, /, *, common: float
) -> Kinds:
    """Make up a language whose kinds have a fraction of their grammar in common."""
    rows = torch.rand(kinds + 1, letters, letters, generator=generator).double() ** 8
    shared, own = rows[:1], rows[1:]
    mixed = common * _normalised(shared) + (1 - common) * _normalised(own)
    # A little of everything, so that no text is impossible.
    moves = 0.98 * mixed + 0.02 / letters
    return Kinds(torch.full((letters,), 1 / letters).double(), moves)


def filled(
    move: Float[Tensor, "v v"], left: int, right: int, length: int, /
) -> Float[Tensor, "*v"]:
    """Return what stands in a gap between two letters: the table of all fillings."""
    table = move[left]
    for _ in range(length - 1):
        table = table[..., None] * move
    table = table * move[:, right]
    return table / table.sum()


def unigram_bits(x: Int[Tensor, "b n"], letters: int, /) -> float:
    """Return the entropy of single letters: a judge's bits mean little without it."""
    often = torch.bincount(x.flatten(), minlength=letters).double()
    return float(torch.special.entr(often / often.sum()).sum()) / math.log(2)


def _normalised(rows: Tensor) -> Tensor:
    return rows / rows.sum(-1, keepdim=True)


def _batch(
    language: Kinds, size: int, places: int, generator: torch.Generator, /
) -> tuple[Int[Tensor, "b n"], Int[Tensor, " b"]]:
    labels = torch.randint(len(language.moves), (size,), generator=generator)
    return language.sample(labels, places, generator), labels
