r"""Samplers that take noise of tokens back, run on a whole distribution.

Noise falls on each place alone, so a state has `n` places with one of `w` tokens each
(`w = v`, or `v + 1` with a mask), and all of it is on a table of `w^n` numbers. What an
exact network knows of a state is `p(x_0 | state)` at each place. A step draws every
place on its own from

    p(low | state) = sum_{x_0} q(low | x_0, high) p(x_0 | state),

which is exact but for one thing: places that are drawn in the same step don't see each
other. What that costs is a sum of divergences, and with the entropy it makes the bound
of the papers.

References:
    Austin et al. (2021), arXiv:2107.03006, equations 1, 3 and 4.
"""

from collections.abc import Sequence
from itertools import pairwise

import torch
from jaxtyping import Float, Int
from torch import Tensor

from gendiff.discrete import Joint, joint, noisy
from gendiff.tokens import corruption

END = 1 - 1e-9
"""The masking rate from which samplers start; at 1 time is infinite."""
CHUNK = 512
"""States whose ends are held in memory at once."""


def states(tokens: int, places: int, /) -> Int[Tensor, "s {places}"]:
    """Return all sequences of so many different tokens, in the order of a table."""
    return torch.cartesian_prod(*[torch.arange(tokens)] * places).reshape(-1, places)


def noised(truth: Joint, kernel: Float[Tensor, "w w"], /) -> Float[Tensor, "*w"]:
    """Return the distribution of the noisy sequence."""
    table = truth.probability
    for place in range(truth.places):
        rows = kernel[: truth.vocabulary]
        table = (table.movedim(place, -1) @ rows).movedim(-1, place)
    return table


def clean(truth: Joint, kernel: Float[Tensor, "w w"], /) -> Float[Tensor, "s n v"]:
    """Return `p(x_0 | state)` at every place: the exact network, on every state."""
    seen = states(len(kernel), truth.places)
    return noisy.denoise(truth, seen, kernel[: truth.vocabulary]).exp()


def advance(
    table: Float[Tensor, "*w"], rows: Float[Tensor, "s n w"], /
) -> Float[Tensor, "*w"]:
    """Move every place on its own: row `i` of a state is its place's distribution."""
    flat = table.flatten()
    total = torch.zeros_like(flat)
    for at in flat.nonzero()[:, 0].split(CHUNK):
        ends = flat[at, None]
        for place in rows[at].unbind(1):
            ends = (ends[:, :, None] * place[:, None]).flatten(1)
        total = total + ends.sum(0)
    return total.reshape(table.shape)


def denoised(
    truth: Joint, generator: Float[Tensor, "w w"], rates: Sequence[float], /
) -> Joint:
    """Return what an exact network writes, going down a grid of masking rates.

    Raises:
        ValueError: If the grid does not fall from `END` to 0.
    """
    return _written(_walk(truth, generator, rates)[0], truth.vocabulary)


def bound(
    truth: Joint, generator: Float[Tensor, "w w"], rates: Sequence[float], /
) -> float:
    """Return the exact network's bound on the surprisal, in nats a sequence.

    Without what is left in the noise at `END`.

    Raises:
        ValueError: If the grid does not fall from `END` to 0.
    """
    return _walk(truth, generator, rates)[1]


def even(steps: int, /) -> list[float]:
    """Return masking rates that fall evenly from `END` to 0."""
    return [END, *(1 - j / steps for j in range(1, steps)), 0.0]


def _walk(
    truth: Joint, generator: Float[Tensor, "w w"], rates: Sequence[float]
) -> tuple[Float[Tensor, "*w"], float]:
    """Return where the sampler ends, and the sum of the steps' divergences."""
    falls = all(a > b for a, b in pairwise(rates))
    if len(rates) < 2 or not falls or rates[0] != END or rates[-1] != 0:
        raise ValueError(f"rates {list(rates)}; give numbers from {END!r} to 0")
    every = states(len(generator), truth.places)
    limit = corruption.kernel(generator, 0.0, END)[0]
    table = joint.independent(limit.expand(truth.places, -1)).probability
    loss = 0.0
    for high, low in pairwise(rates):
        before = corruption.kernel(generator, 0.0, low)
        step = corruption.kernel(generator, low, high)
        posterior = corruption.posterior(before, step)[: truth.vocabulary]
        tokens = clean(truth, before @ step)
        wide = posterior[:, every].permute(1, 2, 0, 3)
        rows = (tokens[..., None] * wide).sum(2)
        table = advance(table, rows)
        seen = noised(truth, before @ step).flatten()
        there = tokens[..., None] * wide
        ratio = torch.where(there > 0, wide / rows[:, :, None], 1.0).log()
        loss += float((seen * (there * ratio).sum((1, 2, 3))).sum())
    return table, loss


def _written(table: Float[Tensor, "*w"], vocabulary: int) -> Joint:
    return joint.normalised(table[(slice(vocabulary),) * table.ndim].log())
