"""Watching a sampler: the last state, trajectories, evaluation counts.

A solver only yields; what is kept, shown or counted is the consumer's business. So is
gradient mode: `last` and `record` run without gradients, a bare loop does not.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import torch
from jaxtyping import Float
from torch import Tensor

from gendiff.types import Denoiser, Step


@dataclass
class Counted:
    """A denoiser that counts its evaluations in `nfe`."""

    denoise: Denoiser
    nfe: int = field(default=0, init=False)

    def __call__(
        self, x: Float[Tensor, "b *s"], sigma: Float[Tensor, "..."], /
    ) -> Float[Tensor, "b *s"]:
        """Count, then delegate."""
        self.nfe += 1
        return self.denoise(x, sigma)


@dataclass(frozen=True)
class Trajectory:
    """What a run passed through, stacked on the host, oldest first."""

    x: Float[Tensor, "m b *s"]
    denoised: Float[Tensor, "m b *s"]
    levels: Float[Tensor, " m"]
    """Noise level of each `x`; `denoised` was predicted one step earlier."""


@torch.no_grad()
def last(steps: Iterable[Step], /) -> Tensor:
    """Run a solver to its end, without gradients, and return the final state.

    Raises:
        ValueError: If there was no step.
    """
    step = None
    for step in steps:  # noqa: B007  (the last one is wanted)
        pass
    if step is None:
        raise ValueError("no step was taken; a grid needs at least two noise levels")
    return step.x


@torch.no_grad()
def record(steps: Iterable[Step], /) -> Trajectory:
    """Run a solver to its end, without gradients, and keep every step.

    Raises:
        ValueError: If there was no step.
    """
    kept = list(steps)
    if not kept:
        raise ValueError("no step was taken; a grid needs at least two noise levels")
    return Trajectory(
        torch.stack([s.x.cpu() for s in kept]),
        torch.stack([s.denoised.cpu() for s in kept]),
        torch.tensor([s.level for s in kept], dtype=torch.float64),
    )


def tap(steps: Iterable[Step], see: Callable[[Step], None], /) -> Iterator[Step]:
    """Pass every step on, after showing it to `see`."""
    for step in steps:
        see(step)
        yield step
