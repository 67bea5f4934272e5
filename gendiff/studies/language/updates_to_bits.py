"""How many updates a small writer takes until it knows so much of a text.

All learn from the same windows: the one that reads forwards, the one that has letters
hidden, and as controls three that read forwards and are asked about some random places
of each text only: 32, as many as are hidden on average, 8, and one. Learning rates are
constant, and looked at are averages of weights, so that what is known after so many
updates doesn't depend on how many will follow.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from gendiff.data import text
from gendiff.studies.language import lesser
from gendiff.studies.language.writers import REACH, plan
from gendiff.tokens.autoregressive import Autoregressive
from gendiff.tokens.reader import Reader
from gendiff.training import constant, fit
from gendiff.types import Loss

FORWARDS, HIDDEN = "autoregressive", "masked"
HALF, FEW, ONE = "32 random places", "8 random places", "one random place"


@dataclass(frozen=True)
class Pupil:
    """How one learns, and how it is examined."""

    build: Callable[..., nn.Module]
    lesson: Loss
    exam: Loss


PUPILS: Mapping[str, Pupil] = {
    FORWARDS: Pupil(Autoregressive, lesser.forward_loss, lesser.forward_loss),
    HIDDEN: Pupil(Reader, lesser.masked_loss, lesser.masked_loss),
    **{
        name: Pupil(
            Autoregressive,
            partial(lesser.some_places, places=places),
            lesser.forward_loss,
        )
        for name, places in ((HALF, 32), (FEW, 8), (ONE, 1))
    },
}


def stops(updates: int, /) -> list[int]:
    """Return when to look: after few updates often, later each half more.

    >>> stops(20)
    [4, 6, 9, 13, 20]
    """
    found = [updates]
    while found[0] * 2 // 3 >= 4:
        found.insert(0, found[0] * 2 // 3)
    return found


def curve(
    name: str, rate: float, own: lesser.Sizes, x: Int[Tensor, "b n"], /,
    *, draws: int, seed: int,
) -> list[float]:  # fmt: skip
    """Return the bits a letter of held-out text after each of the `stops`.

    Each look hides the same letters. The exact bits need no draws.
    """
    pupil, at = PUPILS[name], set(stops(own.updates))
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(seed)
        net = pupil.build(lesser.V, width=own.width, depth=own.depth, reach=REACH)
    batches = text.windows(lesser.training(), length=lesser.PLACES, size=own.batch)
    course = replace(plan(own.updates), learning_rate=rate, decay=constant, seed=seed)
    look = partial(_bits, pupil.exam, x, draws=1 if name != HIDDEN else draws)
    return [
        look(now.ema.eval())
        for now in fit(net, pupil.lesson, batches, course)
        if now.step in at
    ]


def until(
    bits: Sequence[float] | Float[Tensor, " k"], at: Sequence[int], target: float, /
) -> float | None:
    """Return after how many updates bits were as low as a target, or None for never.

    Between two looks, bits fall along a line in the logarithm of updates.
    """
    for i, found in enumerate(bits):
        if found <= target:
            if not i:
                return float(at[0])
            drop = (bits[i - 1] - target) / (bits[i - 1] - found)
            return float(at[i - 1] * (at[i] / at[i - 1]) ** float(drop))
    return None


def best(
    curves: Mapping[tuple[str, float], Sequence[float]],
    name: str,
    at: Sequence[int],
    target: float,
    /,
) -> tuple[float, float | None]:
    """Return the learning rate that is first at a target, and after how many updates.

    Where none gets there, it is the rate that ends lowest.
    """
    own = {rate: bits for (who, rate), bits in curves.items() if who == name}
    when = {rate: until(bits, at, target) for rate, bits in own.items()}
    reached = {rate: spent for rate, spent in when.items() if spent is not None}
    if not reached:
        return min(own, key=lambda rate: own[rate][-1]), None
    rate = min(reached, key=lambda rate: reached[rate])
    return rate, reached[rate]


def lead(
    curves: Mapping[tuple[str, float], Sequence[float]],
    at: Sequence[int],
    look: int,
    name: str = FORWARDS,
    /,
) -> float:
    """Return how many times the updates of another one the masked one has had.

    Both to the bits that the masked one has at a look. Who isn't there in all of its
    updates counts as if it were at the last.
    """
    target = min(bits[look] for (who, _), bits in curves.items() if who == HIDDEN)
    _, spent = best(curves, name, at, target)
    return at[look] / (spent or at[-1])


def rows(
    curves: Mapping[tuple[str, float], Sequence[float]],
    found: Mapping[str, tuple[float, float | None]],
    /,
) -> list[list[str]]:
    """Return a row for each of those in `found`: last bits at each rate, and the best.

    Args:
        curves: Bits at each look, by name and rate.
        found: The best rate and the updates it took, by name.
    """
    return [
        [
            name,
            *(f"{bits[-1]:.2f}" for (who, _), bits in curves.items() if who == name),
            f"{rate:g}",
            "not reached" if spent is None else f"{spent:.0f}",
        ]
        for name, (rate, spent) in found.items()
    ]


@torch.no_grad()
def _bits(exam: Loss, x: Int[Tensor, "b n"], net: nn.Module, /, *, draws: int) -> float:
    chance = torch.Generator().manual_seed(0)
    device = next(net.parameters()).device
    nats = [exam(net, (x.to(device),), chance).double().mean() for _ in range(draws)]
    return float(np.mean([float(each) for each in nats])) / math.log(2)
