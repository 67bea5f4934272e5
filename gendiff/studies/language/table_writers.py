r"""Samplers of masked tokens, run on a whole distribution instead of on draws.

With `v` tokens and `n` places a sequence in which some places are hidden is one of
`(v + 1)^n`. A table with the probability of each says where a sampler is, and a step of
the sampler makes a new table of it. What comes out at the end is the distribution that
draws would have, without the noise of draws.

A step of `write` goes through every state, everything that may be drawn at its hidden
places, and every set of places that may be kept of it. In what order places are kept is
a *score* of each place and draw, the higher the sooner. Equal scores are decided by
chance, so that a score that says nothing, `anywhere`, means a random order.

References:
    Austin et al. (2021), arXiv:2107.03006, section 3 (several places a step).
    Chang et al. (2022), arXiv:2202.04200, section 3.2 (the likeliest draws are kept).
    Kim et al. (2025), arXiv:2502.06768, section 4 (the surest places are).
"""

import itertools
import math
from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor

from gendiff.discrete import Joint, joint
from gendiff.tokens.masked import Fill, demand_counts

Score = Callable[[Tensor, Tensor], Tensor]
"""Maps log-probabilities `(s, d, m, v)` and draws `(s, d, m)` of hidden places to how
soon each place is kept, `(s, d, m)`: of `s` states and `d` draws each."""

DIGITS = 9
"""Scores that agree to so many digits are equal: their order would be rounding."""


def anywhere(
    logs: Float[Tensor, "s d m v"], _: Int[Tensor, "s d m"], /
) -> Float[Tensor, "s d m"]:
    """Score all places alike."""
    return torch.zeros_like(logs[..., 0])


def surest_draw(
    logs: Float[Tensor, "s d m v"], drawn: Int[Tensor, "s d m"], /
) -> Float[Tensor, "s d m"]:
    """Score a place by the log-probability of the token that was drawn there."""
    return logs.gather(-1, drawn[..., None])[..., 0]


def surest_place(
    logs: Float[Tensor, "s d m v"], _: Int[Tensor, "s d m"], /
) -> Float[Tensor, "s d m"]:
    """Score a place by its most probable token, whatever was drawn."""
    return logs.amax(-1)


def hidden(vocabulary: int, places: int, /) -> Float[Tensor, "*w"]:
    """Return the table in which all places are hidden."""
    table = torch.zeros([vocabulary + 1] * places, dtype=torch.float64)
    table[(vocabulary,) * places] = 1.0
    return table


def write(
    table: Float[Tensor, "*w"], fill: Fill, after: int, /, score: Score = anywhere
) -> Float[Tensor, "*w"]:
    """Write hidden places, all drawn at once, until `after` of them are left.

    Raises:
        ValueError: If states differ in how many places they hide, or hide no more than
            `after`.
    """
    states = table.nonzero()
    mask = table.shape[0] - 1
    numbers = (states == mask).sum(1)
    before = int(numbers[0])
    if not (numbers == before).all() or not 0 <= after < before:
        raise ValueError(
            f"{sorted(set(numbers.tolist()))} places are hidden, and {after} shall be; "
            "give a table of one number, and a smaller one"
        )
    places = (states == mask).nonzero()[:, 1].reshape(-1, before)
    logs = fill(states).gather(1, places[..., None].expand(-1, -1, mask))
    every = torch.cartesian_prod(*[torch.arange(mask)] * before).reshape(-1, before)
    drawn = every.expand(len(states), -1, -1)
    wide = logs[:, None].expand(-1, len(every), -1, -1)
    # The probability of each state, draw and set of places that are kept of it.
    draw = wide.gather(-1, drawn[..., None])[..., 0].sum(-1).exp()
    kept, chance = _kept(score(wide, drawn), before - after)
    mass = (table[table > 0][:, None] * draw)[..., None] * chance
    stride = torch.tensor(table.stride())
    written = (drawn - mask) * stride[places][:, None]
    ends = (states @ stride)[:, None, None] + written @ kept.long().mT
    flat = table.new_zeros(table.numel())
    return flat.index_add(0, ends.flatten(), mass.flatten()).reshape(table.shape)


def hide(table: Float[Tensor, "*w"], number: int, /) -> Float[Tensor, "*w"]:
    """Hide `number` of the written places, any as likely as any other.

    Raises:
        ValueError: If states differ in how many places are written, or have fewer.
    """
    mask = table.shape[0] - 1
    seen = {int(n) for n in (table.nonzero() != mask).sum(1)}
    if len(seen) > 1 or not 0 < number <= min(seen):
        raise ValueError(
            f"{sorted(seen)} places are written, {number} shall be hidden; give a "
            "table of one number, and at most that"
        )
    total = torch.zeros_like(table)
    for chosen in itertools.combinations(range(table.ndim), number):
        at = [slice(mask) if i in chosen else slice(None) for i in range(table.ndim)]
        to = tuple(mask if i in chosen else slice(None) for i in range(table.ndim))
        total[to] += table[tuple(at)].sum(chosen)
    return total / math.comb(min(seen), number)


def distribution(
    fill: Fill,
    vocabulary: int,
    counts: Sequence[int],
    /,
    score: Score = anywhere,
) -> Joint:
    """Return what a sampler writes that leaves `counts` of the places hidden.

    Raises:
        ValueError: If `counts` does not fall to 0.
    """
    demand_counts(counts)
    table = hidden(vocabulary, counts[0])
    for after in counts[1:]:
        table = write(table, fill, after, score)
    return complete(table)


def complete(table: Float[Tensor, "*w"], /) -> Joint:
    """Return a table without hidden places as a distribution of sequences.

    Raises:
        ValueError: If something is still hidden.
    """
    seen = table[(slice(-1),) * table.ndim]
    if abs(float(seen.sum()) - 1) > joint.SUM:
        raise ValueError(
            f"{1 - float(seen.sum()):.3g} of the probability hides places; write on"
        )
    return joint.normalised(seen.log())


def _kept(
    scores: Float[Tensor, "s d m"], number: int
) -> tuple[Float[Tensor, "c m"], Float[Tensor, "s d c"]]:
    """Return all sets of places, and the probability that each is kept."""
    scores = scores.round(decimals=DIGITS)
    least = scores.topk(number).values[..., -1:]
    sure, maybe = scores > least, scores >= least
    count = scores.shape[-1]
    sets = list(itertools.combinations(range(count), number))
    kept = torch.zeros(len(sets), count, dtype=torch.float64)
    kept.scatter_(1, torch.tensor(sets), 1.0)
    # Allowed are the sets that hold all the sure places and none that can't be.
    allowed = (sure.double() @ (1 - kept).mT == 0) & ((~maybe).double() @ kept.mT == 0)
    ways = allowed.double()
    return kept, ways / ways.sum(-1, keepdim=True)
