"""What an update costs: bytes kept for the backward pass, operations, seconds.

Bytes and operations are counted, and so the same on every machine. What is kept counts
once however often it is used, and parameters, which are there anyway, not at all.
"""

import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from statistics import median

import torch
from torch import Tensor, nn
from torch.autograd.graph import saved_tensors_hooks
from torch.utils.checkpoint import checkpoint
from torch.utils.flop_counter import FlopCounterMode

from gendiff.types import Denoiser

Clock = Callable[[], float]
"""Returns seconds, or another count that rises."""


@dataclass(frozen=True, slots=True)
class Price:
    """What one update takes."""

    kept: int
    """Bytes kept from the forward pass for the backward one, at most."""
    operations: int
    """Additions and multiplications in products of matrices, there and back."""


def price(net: nn.Module, loss: Callable[[], Tensor], /) -> Price:
    """Count what the gradient of a loss takes, and leave no gradient behind."""
    own = {weight.untyped_storage().data_ptr() for weight in net.parameters()}
    kept: dict[int, tuple[Tensor, int]] = {}

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            # The tensor is held as well, lest its address be given to another one.
            kept[storage.data_ptr()] = (tensor.detach(), storage.nbytes())
        return tensor

    with FlopCounterMode(display=False) as counter:
        with saved_tensors_hooks(keep, _same):
            value = loss()
        held = sum(nbytes for _, nbytes in kept.values())
        kept.clear()
        value.backward()
    net.zero_grad()
    return Price(held, counter.get_total_flops())


@dataclass(frozen=True)
class Checkpointed:
    """A denoiser that keeps its inputs only, and computes the rest once more."""

    denoise: Denoiser

    def __call__(self, x: Tensor, sigma: Tensor, /) -> Tensor:
        """Return the denoised signal."""
        out = checkpoint(self.denoise, x, sigma, use_reentrant=False)
        return torch.as_tensor(out)


@contextmanager
def timed() -> Generator[Clock]:
    """Give a clock of the processor time that this process has used, in seconds."""
    yield time.process_time


@contextmanager
def counted() -> Generator[Clock]:
    """Give a clock of the operations since now: for runs that must repeat exactly."""
    with FlopCounterMode(display=False) as counter:
        yield counter.get_total_flops


@contextmanager
def ticking() -> Generator[Clock]:
    """Give a clock that goes one unit a look, where operations cannot be counted."""
    yield count(1.0).__next__


def ratios(
    updates: Mapping[str, Callable[[], object]],
    /,
    *,
    over: str,
    rounds: int,
    repeats: int,
    clock: Clock,
) -> dict[str, list[float]]:
    """Time kinds of updates in turn; return each one's cost over that of one of them.

    Args:
        updates: What takes an update, by name.
        over: The name of the one that is divided by.
        rounds: How many ratios; each is one of medians.
        repeats: Updates of each kind a round.
        clock: Where times come from.
    """
    found: dict[str, list[float]] = {name: [] for name in updates}
    for _ in range(rounds):
        taken: dict[str, list[float]] = {name: [] for name in updates}
        for _ in range(repeats):
            for name, update in updates.items():
                start = clock()
                update()
                taken[name].append(clock() - start)
        for name, times in taken.items():
            found[name].append(_ratio(times, taken[over]))
    return found


def _ratio(times: Sequence[float], over: Sequence[float]) -> float:
    return median(times) / median(over)


def _same(tensor: Tensor) -> Tensor:
    return tensor
