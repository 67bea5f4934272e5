"""Repairs: sentences with places lost, doubled and swapped, and two ways to mend them.

One model edits: a tagger says what to keep, replace or delete and how many letters are
missing where, and a masked model fills what is open (`gendiff.tokens.edits`). The other
has masks only: a tagger marks what looks wrong, and the same masked model fills that in
place. Both taggers are one network with other targets.

References:
    Reid et al. (2022), arXiv:2210.16886, section 3.
    Havasi et al. (2025), arXiv:2506.09018 (flows over edits).
"""

from dataclasses import dataclass
from functools import partial

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from gendiff.studies.language.kinds import Kinds
from gendiff.tokens import edits, masked
from gendiff.tokens.edits import KEEP, REPLACE
from gendiff.tokens.reader import Reader
from gendiff.types import Batch

MOST = 2
"""Letters that can be missing in one space, at most."""
SPARE = 4
"""By how many letters a sentence can grow."""


def damaged(
    x: Int[Tensor, " n"], chance: torch.Generator, /, *, times: int
) -> Int[Tensor, " m"]:
    """Return a sentence to which something happened so many times.

    Each time a letter is lost, doubled, or swapped with the next.
    """
    letters: list[int] = x.tolist()
    for _ in range(times):
        what = int(torch.randint(3, (), generator=chance))
        where = int(torch.randint(len(letters) - 1, (), generator=chance))
        if what == 0:
            del letters[where]
        elif what == 1:
            letters.insert(where, letters[where])
        else:
            letters[where : where + 2] = reversed(letters[where : where + 2])
    return torch.tensor(letters)


@dataclass(frozen=True)
class Pairs:
    """Damaged sentences, padded to one length, with what taggers should say."""

    damaged: Int[Tensor, "b m"]
    lengths: Int[Tensor, " b"]
    original: Int[Tensor, "b n"]
    tags: Int[Tensor, "b m"]
    """-100, which no loss counts, behind the end."""
    missing: Int[Tensor, "b m"]
    """Before each letter, and before the padding: at the end."""
    wrong: Int[Tensor, "b m"]
    """What a mask must cover: places that hold another letter than the original."""


def pairs(
    language: Kinds, n: int, places: int, chance: torch.Generator, /, *, times: int
) -> Pairs:
    """Draw sentences of the first kind and damage them."""
    x = language.sample(torch.zeros(n).long(), places, chance)
    length, pad = places + SPARE, language.moves.shape[1]
    rows = [_pair(each, damaged(each, chance, times=times), length, pad) for each in x]
    found, lengths, tags, missing, wrong = (
        torch.stack(column) for column in zip(*rows, strict=True)
    )
    return Pairs(found, lengths, x, tags, missing, wrong)


def tagger(letters: int, width: int) -> Reader:
    """Return a fresh tagger: three tags and the counts of what is missing."""
    return _Tagger(letters, width)


def editing_loss(
    model: nn.Module, batch: Batch, chance: torch.Generator, /
) -> Float[Tensor, " b"]:
    """Return the nats of tags and counts."""
    del chance  # nothing here is random
    x, tags, missing, _ = batch
    logits = model(x)
    cost = partial(functional.cross_entropy, reduction="none", ignore_index=-100)
    both = cost(logits[..., :3].mT, tags) + cost(logits[..., 3:].mT, missing)
    return both.sum(1)


def marking_loss(
    model: nn.Module, batch: Batch, chance: torch.Generator, /
) -> Float[Tensor, " b"]:
    """Return the nats of what is marked as wrong."""
    del chance  # nothing here is random
    x, _, _, wrong = batch
    return functional.cross_entropy(
        model(x)[..., :3].mT, wrong, reduction="none", ignore_index=-100
    ).sum(1)


@torch.no_grad()
def edited(
    model: nn.Module, fill: masked.Fill, of: Pairs, mask: int, chance: torch.Generator,
    /, *, spoken: Int[Tensor, " b"] | None = None,
) -> list[Tensor]:  # fmt: skip
    """Repair each sentence by edits; those of other sentences, if others are named."""
    said = model(of.damaged)
    said = said if spoken is None else said[spoken]
    mended: list[Tensor] = []
    for row, length, logits in zip(of.damaged, of.lengths.tolist(), said, strict=True):

        def speak(
            x: Tensor, logits: Tensor = logits, length: int = length
        ) -> tuple[Tensor, Tensor]:
            del x  # it has been read
            return logits[None, :length, :3], logits[None, : length + 1, 3:]

        mended.append(edits.revise(_surely(speak), fill, row[:length], mask, chance))
    return mended


@torch.no_grad()
def remasked(
    model: nn.Module,
    fill: masked.Fill,
    of: Pairs,
    mask: int,
    chance: torch.Generator,
    /,
) -> list[Tensor]:
    """Repair each sentence by masks where the tagger marks it."""
    mended: list[Tensor] = []
    said = model(of.damaged)[..., :3]
    for row, length, logits in zip(of.damaged, of.lengths.tolist(), said, strict=True):

        def speak(
            x: Tensor, logits: Tensor = logits, length: int = length
        ) -> tuple[Tensor, Tensor]:
            del x  # it has been read
            none = torch.full((1, length + 1, MOST + 1), -torch.inf)
            none[..., 0] = 0.0
            return logits[None, :length], none

        mended.append(edits.revise(_surely(speak), fill, row[:length], mask, chance))
    return mended


def apart(found: list[Tensor], truth: Int[Tensor, "b n"], /) -> Float[Tensor, " b"]:
    """Return the edit distance of each sentence to the original, over its length."""
    counts = [edits.align(a, b).edits for a, b in zip(found, truth, strict=True)]
    return torch.tensor(counts).double() / truth.shape[1]


class _Tagger(Reader):
    """A reader of letters and padding that says tags and counts of each place."""

    def __init__(self, letters: int, width: int) -> None:
        super().__init__(letters, width=width, depth=2, reach=5)
        self.last = nn.Linear(width, 3 + MOST + 1)


def _surely(speak: edits.Tagger) -> edits.Tagger:
    """Return the tagger that says what is likeliest: `revise` would draw it."""

    def sure(x: Tensor) -> tuple[Tensor, Tensor]:
        tags, counts = (
            torch.where(part == part.amax(-1, keepdim=True), 0.0, -torch.inf)
            for part in speak(x)
        )
        return tags, counts

    return sure


def _pair(
    original: Tensor, found: Tensor, length: int, pad: int
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    script = edits.align(found, original)
    n = len(found)
    before = functional.pad(found, (0, length - n), value=pad)
    tags = functional.pad(script.tags, (0, length - n), value=-100)
    missing = functional.pad(
        script.inserted.clamp(max=MOST), (0, length - n - 1), value=-100
    )
    aligned = functional.pad(original, (0, max(0, n - len(original))), value=pad)[:n]
    differs = torch.where(found == aligned, KEEP, REPLACE)
    wrong = functional.pad(differs, (0, length - n), value=-100)
    return before, torch.tensor(n), tags, missing, wrong
