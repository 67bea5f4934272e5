"""Blanks: what models write in a gap, as a table of all that may stand there.

A gap of a few letters has few fillings, so the distribution of each model is listed
without a draw: of a masked model by averaging over all orders of writing, of an
autoregressive one by its product of conditionals. One that was trained to *fill in the
middle* reads `mark, right, mark, left` and goes on with what stood between.

References:
    Bavarian et al. (2022), arXiv:2207.14255, section 3 (filling in the middle).
"""

import itertools

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from gendiff.studies.language.kinds import Kinds, filled
from gendiff.tokens import autoregressive, masked
from gendiff.types import Batch


def fillings(letters: int, length: int, /) -> Int[Tensor, "f {length}"]:
    """Return all fillings of a gap, in the order of a flattened table."""
    each = [torch.arange(letters)] * length
    return torch.cartesian_prod(*each).reshape(-1, length)


def rearranged(
    x: Int[Tensor, "b n"], start: int, length: int, mark: int, /
) -> Int[Tensor, "b m"]:
    """Return `mark, right, mark, left, middle`: texts with the middle at the end."""
    marks = torch.full_like(x[:, :1], mark)
    left, middle, right = x.split([start, length, x.shape[1] - start - length], dim=1)
    return torch.cat([marks, right, marks, left, middle], dim=1)


def middle_loss(
    letters: int, length: int, model: nn.Module, batch: Batch, chance: torch.Generator
) -> Float[Tensor, " b"]:
    """Return the nats of a text's middle, from anywhere inside, after what is around.

    Only what is asked for counts: with all of the text it learns several times slower.
    """
    x = batch[0]
    inside = x.shape[1] - length - 1
    start = 1 + int(torch.randint(inside, (), generator=chance))
    moved = rearranged(x, start, length, letters)
    nats = functional.cross_entropy(model(moved).mT, moved, reduction="none")
    return nats[:, -length:].sum(1)


def masked_loss(
    letters: int, model: nn.Module, batch: Batch, chance: torch.Generator
) -> Float[Tensor, " b"]:
    """Return the bound of masked diffusion, in nats."""
    return masked.Bound(letters)(model, batch[:1], chance)


def forward_loss(
    model: nn.Module, batch: Batch, chance: torch.Generator
) -> Float[Tensor, " b"]:
    """Return the nats of texts without their labels."""
    return autoregressive.cross_entropy(model, (batch[0],), chance)


def exact(
    language: Kinds, x: Int[Tensor, "b n"], start: int, length: int, /
) -> Float[Tensor, "b f"]:
    """Return what truly stands in a gap of texts of a language of one kind."""
    ends = x[:, start - 1].tolist(), x[:, start + length].tolist()
    tables = [
        filled(language.moves[0], a, b, length) for a, b in zip(*ends, strict=True)
    ]
    return torch.stack(tables).flatten(1)


def from_the_left(
    language: Kinds, x: Int[Tensor, "b n"], start: int, length: int, /
) -> Float[Tensor, "b f"]:
    """Return what a perfect model writes that sees only what is before the gap."""
    move = language.moves[0]
    table = move[x[:, start - 1]]
    for _ in range(length - 1):
        table = table[..., None] * move
    return table.flatten(1)


@torch.no_grad()
def by_prefix(
    model: nn.Module, x: Int[Tensor, "b n"], start: int, length: int, letters: int, /
) -> Float[Tensor, "b f"]:
    """Return what an autoregressive model writes that sees what is before the gap."""
    return _written(model, x[:, :start], letters, length)


@torch.no_grad()
def by_middle(
    model: nn.Module, x: Int[Tensor, "b n"], start: int, length: int, letters: int, /
) -> Float[Tensor, "b f"]:
    """Return what a model writes that was trained to fill in the middle."""
    given = rearranged(x, start, length, letters)[:, :-length]
    return _written(model, given, letters, length)


@torch.no_grad()
def by_masks(
    fill: masked.Fill, x: Int[Tensor, "b n"], start: int, length: int, letters: int, /
) -> Float[Tensor, "b f"]:
    """Return what a masked model writes, place by place in a random order."""
    logs = _states(fill, x, start, length, letters)
    each = fillings(letters, length)
    orders = list(itertools.permutations(range(length)))
    return torch.stack([_ordered(logs, each, order) for order in orders]).mean(0)


@torch.no_grad()
def at_once(
    fill: masked.Fill, x: Int[Tensor, "b n"], start: int, length: int, letters: int, /
) -> Float[Tensor, "b f"]:
    """Return what a masked model writes in one call: a product of its marginals."""
    hidden = x.clone()
    hidden[:, start : start + length] = letters
    logs = fill(hidden)[:, start : start + length].double().log_softmax(-1)
    each = fillings(letters, length)
    parts = [logs[:, place, each[:, place]] for place in range(length)]
    return torch.stack(parts).sum(0).exp()


def off(
    found: Float[Tensor, "b f"], truth: Float[Tensor, "b f"], /
) -> Float[Tensor, " b"]:
    """Return the total variation of each gap's fillings."""
    return (found - truth).abs().sum(1) / 2


def _written(model: nn.Module, given: Tensor, letters: int, length: int) -> Tensor:
    each = fillings(letters, length)
    rows = given.repeat_interleave(len(each), dim=0)
    whole = torch.cat([rows, each.repeat(len(given), 1)], dim=1)
    logs = model(whole)[:, -length:].double()[..., :letters].log_softmax(-1)
    nats = logs.gather(-1, whole[:, -length:, None])[..., 0].sum(1)
    return nats.exp().reshape(len(given), len(each))


def _states(
    fill: masked.Fill, x: Tensor, start: int, length: int, letters: int
) -> Tensor:
    """Return the model's logarithms for a gap that is filled in part, in every way."""
    each = fillings(letters + 1, length)  # the last letter is the mask
    rows = x.repeat_interleave(len(each), dim=0).clone()
    rows[:, start : start + length] = each.repeat(len(x), 1)
    logs = fill(rows)[:, start : start + length].double().log_softmax(-1)
    return logs.reshape(len(x), len(each), length, letters)


def _ordered(logs: Tensor, each: Tensor, order: tuple[int, ...]) -> Tensor:
    letters, length = logs.shape[-1], each.shape[1]
    power = torch.tensor([(letters + 1) ** p for p in reversed(range(length))])
    state = torch.full_like(each, letters)
    nats = logs.new_zeros(len(logs), len(each))
    for place in order:
        nats = nats + logs[:, (state * power).sum(1), place, each[:, place]]
        state = state.clone()
        state[:, place] = each[:, place]
    return nats.exp()
