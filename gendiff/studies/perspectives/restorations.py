"""Drawings that were degraded, made clean in steps: inversion by direct iteration.

One code for every degradation: it sees pairs of a clean and a degraded drawing and asks
nothing of how one became the other. The path between the two is straight,

    x_t  =  (1 - t) x_0 + t y,

and a network learns the mean clean drawing, given a point of it. A little noise
belongs to what is degraded: without it, a point of the path gives away what is hidden,
and nothing about that is learnt.

References:
    Delbracio and Milanfar (2023), arXiv:2303.11435, sections 3 and 4.3 (the noise).
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn

from gendiff.families import heat
from gendiff.interpolants import LINEAR, indi
from gendiff.noise import seeded
from gendiff.types import Batch, level

Images = Float[Tensor, "b 1 h w"]
Degrade = Callable[[Images, torch.Generator], Images]


def blurred(x: Images, generator: torch.Generator, /) -> Images:
    """Return what a Gaussian blur of two pixels leaves."""
    del generator
    return heat.blurred(x, torch.tensor(2.0))


def masked(x: Images, generator: torch.Generator, /) -> Images:
    """Return the upper half; the lower one is grey."""
    del generator
    half = x.shape[-2] // 2
    return torch.cat([x[..., :half, :], torch.zeros_like(x[..., half:, :])], dim=-2)


def noised(x: Images, generator: torch.Generator, /) -> Images:
    """Return the drawing under noise as strong as its contrast."""
    return x + seeded(generator)(x)


@dataclass(frozen=True)
class Restoring:
    """The loss of a network `(x, time) -> clean`, on batches of clean drawings."""

    degrade: Degrade
    noise: float
    """Standard deviation of the little noise on what is degraded."""
    apart: int = 0
    """By how many places of the batch a drawing and its degraded one are apart."""

    def degraded(self, x0: Images, generator: torch.Generator, /) -> Images:
        """Return degraded drawings, the little noise included."""
        other = x0.roll(self.apart, 0)
        noise = seeded(generator)
        return self.degrade(other, generator) + self.noise * noise(x0)

    def __call__(
        self, model: nn.Module, batch: Batch, generator: torch.Generator, /
    ) -> Float[Tensor, " b"]:
        """Return the squared error of the clean drawing at times of its own."""
        (x0,) = batch
        y = self.degraded(x0, generator)
        time = torch.rand(len(x0), generator=generator).to(x0)
        x = LINEAR.state(x0, y, torch.zeros_like(x0), time)
        return (model(x, time) - x0).square().flatten(1).mean(1)


class Restorer(nn.Module):
    """A network that adds to what it sees; untrained, it leaves that alone."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, x: Images, time: Float[Tensor, " b"], /) -> Images:
        """Return the mean clean drawing, given a point of the path at its time."""
        return x + self.net(x, time)


@torch.no_grad()
def restored(model: nn.Module, y: Images, steps: int, /) -> Images:
    """Return degraded drawings after so many steps, each a part of the way."""
    times = torch.linspace(1, 0, steps + 1, dtype=torch.float64).tolist()
    x = y
    for time, after in pairwise(times):
        x = indi(x, model(x, level(time).to(x).expand(len(x))), time, after)
    return x
