r"""Edits: noise that inserts, deletes and replaces, and scripts that undo it.

What has happened to a sequence can be written as an *alignment* of what it was and what
it is, column by column, with a gap (`_`) where one has nothing to set beside the other:

    before   t h e _ c a t        keep t, h, e; insert x; replace c; keep a; delete t
    after    t h e x r a _

Read upwards the same script undoes it. Any two sequences have a script with the fewest
edits, by dynamic programming.

A repair is learnt in two halves. A *tagger* reads the damaged sequence and says of each
place whether to keep, replace or delete it, and of each space before, between and after
how many tokens are missing there. That makes a *canvas* of kept tokens and masks, of
the right length, which a model of masked tokens fills (`gendiff.tokens.masked`). No
model on a canvas of fixed length can move what stands behind a lost token.

References:
    Wagner and Fischer (1974), The string-to-string correction problem.
    Gu et al. (2019), arXiv:1905.11006, section 3 (delete, count placeholders, fill).
    Reid et al. (2022), arXiv:2210.16886, section 3 (edits as the noise of diffusion).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from gendiff.record import last
from gendiff.tokens.masked import Fill
from gendiff.tokens.sampling import categorical
from gendiff.tokens.unmasking import any_order

GAP = -1
"""Stands in an alignment where one of the two sequences has no token."""

KEEP, REPLACE, DELETE = 0, 1, 2
"""What a tagger says of a token."""

Tagger = Callable[[Tensor], tuple[Tensor, Tensor]]
"""Maps tokens `(1, n)` to logits `(1, n, 3)` of tags and `(1, n + 1, k)` of counts."""


@dataclass(frozen=True)
class Script:
    """How one sequence became another: an alignment, with `GAP` on either side.

    Raises:
        ValueError: If a column has a gap on both sides.
    """

    before: Int[Tensor, " k"]
    after: Int[Tensor, " k"]

    def __post_init__(self) -> None:
        if ((self.before == GAP) & (self.after == GAP)).any():
            raise ValueError("a column has a gap on both sides; leave it out")

    @property
    def source(self) -> Int[Tensor, " n"]:
        """The sequence that was edited."""
        return self.before[self.before != GAP]

    @property
    def target(self) -> Int[Tensor, " m"]:
        """The sequence that came out."""
        return self.after[self.after != GAP]

    @property
    def edits(self) -> int:
        """The number of insertions, deletions and replacements."""
        return int((self.before != self.after).sum())

    @property
    def inverse(self) -> "Script":
        """The script that undoes this one."""
        return Script(self.after, self.before)

    @property
    def tags(self) -> Int[Tensor, " n"]:
        """What becomes of each token of the source: a tagger's targets."""
        after = self.after[self.before != GAP]
        changed = torch.where(after == self.source, KEEP, REPLACE)
        return changed.where(after != GAP, DELETE)

    @property
    def inserted(self) -> Int[Tensor, " n1"]:
        """How many tokens come before each token of the source, and after the last."""
        spot = (self.before != GAP).cumsum(0)[self.before == GAP]
        return spot.bincount(minlength=len(self.source) + 1)

    def canvas(self, mask: int, /) -> Int[Tensor, " m"]:
        """Return the target with masks for all that the source does not tell."""
        kept = self.after == self.before
        return self.after.where(kept, mask)[self.after != GAP]


def corrupt(
    tokens: Int[Tensor, " n"],
    vocabulary: int,
    generator: torch.Generator,
    /,
    *,
    insert: float,
    delete: float,
    replace: float,
) -> Script:
    """Edit a sequence at random, and return how.

    Each token is deleted or replaced with the given probabilities, and into each of the
    `n + 1` spaces a token is inserted with probability `insert`. Tokens are any, the
    old one included.

    Raises:
        ValueError: If these are no probabilities.
    """
    if min(insert, delete, replace) < 0 or max(insert, delete + replace) > 1:
        raise ValueError(
            f"insert={insert}, delete={delete}, replace={replace}; give probabilities, "
            "of which the last two sum to at most 1"
        )
    n = len(tokens)
    fate = torch.rand(n, generator=generator, dtype=torch.float64)
    comes = torch.rand(n + 1, generator=generator, dtype=torch.float64) < insert
    new = torch.randint(vocabulary, (2, n + 1), generator=generator)
    # Spaces and tokens take turns: space, token, space, ..., token, space.
    before, after = torch.full((2, 2 * n + 1), GAP)
    before[1::2] = tokens.cpu()
    kept = tokens.cpu().where(fate >= delete + replace, new[0, :n])
    after[1::2] = kept.where(fate >= delete, GAP)
    after[::2] = new[1].where(comes, GAP)
    column = (before != GAP) | (after != GAP)
    return Script(before[column].to(tokens), after[column].to(tokens))


def align(source: Int[Tensor, " n"], target: Int[Tensor, " m"], /) -> Script:
    """Return a script with the fewest edits from one sequence to another.

    Of several it takes the one that, read from the end, keeps or replaces where it can,
    then deletes.
    """
    a, b = source.cpu().numpy(), target.cpu().numpy()
    cost = _costs(a, b)
    i, j = len(a), len(b)
    columns: list[tuple[int, int]] = []
    while i or j:
        if i and j and cost[i, j] == cost[i - 1, j - 1] + (a[i - 1] != b[j - 1]):
            i, j = i - 1, j - 1
            columns.append((int(a[i]), int(b[j])))
        elif i and cost[i, j] == cost[i - 1, j] + 1:
            i -= 1
            columns.append((int(a[i]), GAP))
        else:
            j -= 1
            columns.append((GAP, int(b[j])))
    found = torch.tensor(columns[::-1]).reshape(-1, 2).to(source)
    return Script(found[:, 0], found[:, 1])


def canvas(
    tokens: Int[Tensor, " n"],
    tags: Int[Tensor, " n"],
    inserted: Int[Tensor, " n1"],
    mask: int,
    /,
) -> Int[Tensor, " m"]:
    """Return what a tagger leaves of a sequence: kept tokens, and masks to fill."""
    # Spaces and tokens take turns, each as often as it is to stand there.
    symbols = torch.full((2 * len(tokens) + 1,), mask).to(tokens)
    symbols[1::2] = tokens.where(tags == KEEP, mask)
    times = torch.ones_like(symbols)
    times[::2], times[1::2] = inserted, tags != DELETE
    return symbols.repeat_interleave(times)


@torch.no_grad()
def revise(
    tagger: Tagger,
    fill: Fill,
    tokens: Int[Tensor, " n"],
    mask: int,
    generator: torch.Generator,
    /,
) -> Int[Tensor, " m"]:
    """Repair a sequence once: draw tags and counts, then fill place by place.

    Again and again, this is the sampler of a diffusion whose noise is edits.
    """
    tags, counts = (categorical(each[0], generator) for each in tagger(tokens[None]))
    x = canvas(tokens, tags, counts, mask)
    hidden = int((x == mask).sum())
    if not hidden:
        return x
    down = range(hidden, -1, -1)
    return last(any_order(fill, x[None], mask, down, generator))[0]


def _costs(
    a: np.ndarray[tuple[int], np.dtype[np.int64]],
    b: np.ndarray[tuple[int], np.dtype[np.int64]],
) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    """Return how many edits lead from each prefix of `a` to each of `b`."""
    along = np.arange(len(b) + 1)
    rows = [along]
    for i, token in enumerate(a):
        best = np.empty_like(along)
        best[0] = i + 1
        best[1:] = np.minimum(rows[-1][1:] + 1, rows[-1][:-1] + (b != token))
        # Insertions go along the row, at 1 each: a running minimum, less the slope.
        rows.append(np.minimum.accumulate(best - along) + along)
    return np.stack(rows)
