r"""What a step costs: operations, times, and where diffusion breaks even.

One transformer is run in two ways. Autoregression reads a place at a time, and keeps
keys and values; diffusion reads all places in every step. Counted in operations a layer
of width `d` takes, for `L` places,

    24 d^2 L + 4 d L^2          in one pass over all,
    24 d^2 L + 2 d L (L + 1)    in L cached steps,

as much, but for attention. Times differ, because few places are read as slowly as many:
weights must come from memory, and calls must be made. The *balance* `B` of a machine is
the number of places that it computes while it reads a layer's `12 d^2` weights, or gets
a call going. A call that reads first and computes then takes, in times of a place,

    B + n                                           n places
    B (1 + b L / 12 d) + b (1 + L / 12 d)           a cached step of b sequences
    B + b L (1 + L / 6 d)                           a pass over all of their places

where the fractions with `d` are keys and values, of half a sequence on average, and
attention. A machine that reads and computes at once takes the larger of the two, which
is Williams' *roofline*, and at least half of this.

References:
    Williams et al. (2009), doi:10.1145/1498765.1498785 (the roofline).
    Pope et al. (2022), arXiv:2211.05102, section 2 (steps that wait for memory).
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

import numpy as np
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from gendiff.estimate import Estimate
from gendiff.record import last
from gendiff.studies.language import by_hand
from gendiff.studies.perspectives.update_price import Clock
from gendiff.tokens import Autoregressive, empty, sample

Grid = Mapping[int, Sequence[int]]
"""Lengths, rising, by batch."""


def scattered(width: int, depth: int, vocabulary: int, /) -> Autoregressive:
    """Return a network with weights that were drawn, none of them zero.

    What it writes is nothing to read, but it takes as long as text would.
    """
    net = Autoregressive(vocabulary, width=width, depth=depth)
    for weight in net.parameters():
        nn.init.normal_(weight, std=width**-0.5)
    return net.requires_grad_(requires_grad=False).eval()


def full_pass(width: int, places: int, /) -> int:
    """Return the operations of a layer in one pass over all places."""
    return 24 * width**2 * places + 4 * width * places**2


def cached(width: int, places: int, /) -> int:
    """Return the operations of a layer that reads places one by one."""
    return 24 * width**2 * places + 2 * width * places * (places + 1)


def uncached(width: int, places: int, /) -> int:
    """Return the operations of a layer that reads all again for every place."""
    return sum(full_pass(width, seen) for seen in range(1, places + 1))


def operations(work: Callable[[], object], /) -> int:
    """Count additions and multiplications in products of matrices, attention too."""
    attention = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu  # noqa: SLF001
    # Torch counts attention on accelerators, and on processors it doesn't.
    counter = FlopCounterMode(display=False, custom_mapping={attention: _attention})
    with counter:
        work()
    return counter.get_total_flops()


def rule(balance: float, batch: int, places: int, width: int, /) -> float:
    """Return the steps over all places that a cached sequence should be worth."""
    kept = places / (12 * width)  # keys and values of half a sequence, over weights
    step = balance * (1 + batch * kept) + batch * (1 + kept)
    full = balance + batch * places * (1 + 2 * kept)
    return places * step / full


@dataclass(frozen=True)
class Times:
    """Times of one network in repeated rounds, by batch and length."""

    cached: dict[tuple[int, int], list[float]] = field(default_factory=dict)
    """Of writing sequences by hand, a place at a time, with keys and values kept."""
    full: dict[tuple[int, int], list[float]] = field(default_factory=dict)
    """Of a pass over all places."""

    def break_even(self, batch: int, places: int, /) -> list[float]:
        """Return the steps that cost as much as a cached sequence, by round."""
        pairs = zip(
            self.cached[batch, places], self.full[batch, places], strict=True
        )  # fmt: skip
        return [one / other for one, other in pairs]

    def balance(self, many: tuple[int, int], /) -> float:
        """Return `B`, from a pass over one place and one over many, and no writing."""
        batch, places = many
        return median(self.full[1, 1]) / median(self.full[many]) * batch * places


@torch.inference_mode()
def measure(
    model: Autoregressive, grid: Grid, /, *, rounds: int, clock: Clock
) -> Times:
    """Time writing and passes in turn, each of them in every round."""
    times, chance = Times(), torch.Generator().manual_seed(0)
    model(torch.zeros(1, max(map(max, grid.values()))).long())  # tables are made once
    for _ in range(rounds):
        _add(times.full, (1, 1), _pass(model, 1, 1, clock))
        for batch, lengths in grid.items():
            for places in lengths:
                _add(times.full, (batch, places), _pass(model, batch, places, clock))
            begun = clock()
            steps = by_hand.write(model, batch, max(lengths), chance)
            for written, _ in enumerate(steps, start=1):
                if written in lengths:
                    _add(times.cached, (batch, written), clock() - begun)
    return times


@torch.inference_mode()
def over(
    work: Callable[[], object], other: Callable[[], object], /, *, rounds: int,
    clock: Clock,
) -> list[float]:  # fmt: skip
    """Return the time of a work over that of another, in turn, by round."""
    found: list[float] = []
    for _ in range(rounds):
        a = clock()
        work()
        b = clock()
        other()
        found.append((b - a) / (clock() - b))
    return found


def middle(values: Sequence[float], /) -> Estimate:
    """Return the median of rounds, with its error from their middle half.

    A round that something else disturbed moves neither. The error is that of normal
    values with the same quartiles.
    """
    low, mid, high = np.quantile(values, [0.25, 0.5, 0.75])
    error = math.sqrt(math.pi / 2 / len(values)) * float(high - low) / 1.349
    return Estimate(float(mid), error, len(values), "rounds")


def write(model: Autoregressive, sequences: int, places: int, /) -> torch.Tensor:
    """Write sequences with the library's loop, from a fixed seed."""
    chance = torch.Generator().manual_seed(0)
    return last(sample(model.read, empty(sequences), places, chance))


def write_by_hand(
    model: Autoregressive, sequences: int, places: int, /
) -> torch.Tensor:  # fmt: skip
    """Write the same by the loop in plain torch."""
    chance = torch.Generator().manual_seed(0)
    *_, x = by_hand.write(model, sequences, places, chance)
    return x


def _pass(model: Autoregressive, batch: int, places: int, clock: Clock) -> float:
    x = torch.zeros(batch, places).long()
    begun = clock()
    model(x)
    return clock() - begun


def _add(
    times: dict[tuple[int, int], list[float]], at: tuple[int, int], value: float
) -> None:
    times.setdefault(at, []).append(value)


def _attention(
    query: Sequence[int], key: Sequence[int], *_: object, **__: object
) -> int:  # fmt: skip
    batch, heads, m, width = query
    return 4 * batch * heads * m * key[2] * width
