"""A made-up translation with one, two or four valid outputs.

Letters are replaced by others, in one of several dialects, each with letters of its
own. Any is a valid translation, and mixing two of them is not. A model that writes one
letter after the other commits itself with the first. One that writes all in a single
pass can't tell its places which dialect was chosen, unless the source names it.

References:
    Gu et al. (2018), arXiv:1711.02281, section 3.1 (the multimodality problem).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional

from gendiff.estimate import Estimate, fraction, mean
from gendiff.record import last
from gendiff.tokens import Autoregressive, sample
from gendiff.types import Batch


@dataclass(frozen=True)
class Dictionary:
    """Tables of letters: `tables[k, a]` is what `a` becomes in the k-th dialect."""

    tables: Int[Tensor, "k v"]

    def draw(
        self, n: int, places: int, chance: torch.Generator, /
    ) -> tuple[Int[Tensor, "b n"], Int[Tensor, "b n"]]:
        """Return sources and one valid translation of each."""
        tables, letters = self.tables.shape
        x = torch.randint(letters, (n, places), generator=chance)
        which = torch.randint(tables, (n, 1), generator=chance)
        return x, self.tables[which, x]

    def valid(
        self, x: Int[Tensor, "b n"], y: Int[Tensor, "b n"], /
    ) -> Bool[Tensor, " b"]:
        """Return which outputs are a translation into some one dialect."""
        return (self.tables[:, x] == y).all(-1).any(0)


class Told(Dictionary):
    """Dialects of which the source names the one that is wanted.

    The first letter of the source stands in that dialect's part of the alphabet: the
    letter `a` is `a + letters * k`.
    """

    def draw(
        self, n: int, places: int, chance: torch.Generator, /
    ) -> tuple[Int[Tensor, "b n"], Int[Tensor, "b n"]]:
        """Return sources that name a dialect, and their translations into it."""
        x, y = super().draw(n, places, chance)
        letters = self.tables.shape[1]
        x[:, 0] += y[:, 0] // letters * letters
        return x, y

    def valid(
        self, x: Int[Tensor, "b n"], y: Int[Tensor, "b n"], /
    ) -> Bool[Tensor, " b"]:
        """Return which outputs are translations into the dialect that is named."""
        letters = self.tables.shape[1]
        named = self.tables[x[:, :1] // letters, x % letters]
        return (named == y).all(-1)


def dictionary(letters: int, valid: int, chance: torch.Generator, /) -> Dictionary:
    """Make up dialects: the k-th has the letters from `letters * k` on."""
    rows = [
        letters * k + torch.randperm(letters, generator=chance) for k in range(valid)
    ]
    return Dictionary(torch.stack(rows))


@dataclass(frozen=True)
class Drawing:
    """Batches of pairs from a dictionary."""

    dictionary: Dictionary
    size: int
    places: int

    def __call__(self, chance: torch.Generator, /) -> Batch:
        """Draw sources and translations."""
        return self.dictionary.draw(self.size, self.places, chance)


def forward_loss(
    model: nn.Module, batch: Batch, chance: torch.Generator, /
) -> Float[Tensor, " b"]:
    """Return the nats of translations that are written letter by letter."""
    del chance  # nothing here is random
    x, y = batch
    logits = model(torch.cat([x, y], dim=1))[:, x.shape[1] :]
    return functional.cross_entropy(logits.mT, y, reduction="none").sum(1)


def once_loss(
    model: nn.Module, batch: Batch, chance: torch.Generator, /
) -> Float[Tensor, " b"]:
    """Return the nats of translations that are written in one pass."""
    del chance  # nothing here is random
    x, y = batch
    return functional.cross_entropy(model(x).mT, y, reduction="none").sum(1)


def letter_by_letter(
    model: Autoregressive, x: Int[Tensor, "b n"], chance: torch.Generator, /
) -> Int[Tensor, "b n"]:
    """Translate with an autoregressive model, taking the likeliest letters."""
    return last(sample(model.read, x, x.shape[1], chance, shape=_likeliest))[
        :, x.shape[1] :
    ]


@torch.no_grad()
def at_once(model: nn.Module, x: Int[Tensor, "b n"], /) -> Int[Tensor, "b n"]:
    """Translate in one pass, taking the likeliest letters."""
    return model(x).argmax(-1)


def rates(
    outputs: Sequence[Tensor], x: Int[Tensor, "b n"], by: Dictionary, /
) -> list[Tensor]:
    """Return which outputs of each model are valid, as numbers."""
    return [by.valid(x, y).double() for y in outputs]


def difference(hits: Float[Tensor, " n"], /) -> Estimate:
    """Return the mean difference of hits, over texts.

    Where all texts agree it isn't known for certain: its error is at least that of a
    rate of which no hit was seen.
    """
    found = mean(hits, "texts")
    unseen = fraction(0, len(hits), "texts").error
    return Estimate(found.value, max(found.error, unseen), found.n, found.of)


def _likeliest(logits: Tensor, /) -> Tensor:
    return torch.where(logits == logits.amax(-1, keepdim=True), 0.0, -torch.inf)
