"""What a study asks of the run of a page.

The run is the book's; a study sees of it where and at which size it computes, streams
of random numbers by purpose, and how networks are trained once and kept.
"""

from collections.abc import Callable, Mapping
from typing import ParamSpec, Protocol, Self, TypeVar, runtime_checkable

import torch
from torch import nn

from gendiff.training import Plan
from gendiff.types import Batches, Loss

N = TypeVar("N", bound=nn.Module)
S = TypeVar("S")
P = ParamSpec("P")
T = TypeVar("T")


@runtime_checkable
class Running(Protocol):
    """The run of a page, as a study sees it."""

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        ...

    def at(self, seed: int, /) -> Self:
        """Return the same run under another root seed."""
        ...

    def sizes(self, module: str, table: Mapping[str, S], /) -> S:
        """Return the sizes of its preset, with its overrides."""
        ...

    def generator(self, purpose: str, /) -> torch.Generator:
        """Return a fresh generator, the same whenever the purpose is the same."""
        ...

    def memo(self, function: Callable[P, T], /) -> Callable[P, T]:
        """Return a function whose results are kept under what they depend on."""
        ...

    def trained(
        self,
        build: Callable[[], N],
        loss: Loss,
        batches: Batches,
        plan: Plan,
        /,
        *,
        label: str = "training",
    ) -> N:
        """Return a network that was trained once, frozen, on the run's device."""
        ...

    def fitted(
        self,
        build: Callable[[], N],
        fit: Callable[[N], nn.Module],
        /,
        *,
        number: int = 0,
        label: str = "training",
    ) -> N:
        """Return what `fit` made of a fresh network once."""
        ...
