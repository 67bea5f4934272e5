"""How straight a flow's paths are, and one round of reflow.

Reflow pairs each noise with the end to which the flow carries it, and trains a flow on
these pairs. Its paths cross less, so that they are nearly straight, and one step of
Euler goes nearly all the way.

References:
    Liu, Gong and Liu (2022), arXiv:2209.03003, section 2.2 (reflow and straightness).
"""

from collections.abc import Callable
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn

from gendiff.interpolants import LINEAR, transport
from gendiff.types import Batch

Points = Float[Tensor, "n d"]


class Velocity(nn.Module):
    """A network as a velocity field: `(x, time)`, from noise at 0 to data at 1."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, x: Points, time: Float[Tensor, "..."], /) -> Points:
        """Return the velocity of what passes `x`."""
        return self.net(x, time.to(x).expand(len(x)))


def flow_matching(
    model: nn.Module, batch: Batch, generator: torch.Generator, /
) -> Float[Tensor, " b"]:
    """Return the squared error of the velocity, for starts and ends in pairs."""
    start, end = batch
    time = torch.rand(len(start), generator=generator).to(start)
    x = LINEAR.state(start, end, start, time)
    return (model(x, time) - (end - start)).square().mean(1)


@torch.no_grad()
def paths(
    velocity: Callable[[Tensor, Tensor], Tensor], start: Points, steps: int, /
) -> Float[Tensor, "m n d"]:
    """Return the path of each start by Euler steps, the start included."""
    times = torch.linspace(0, 1, steps + 1, dtype=torch.float64).tolist()
    return torch.stack([start, *transport(velocity, start, times)])


def bend(walked: Float[Tensor, "m n d"], /) -> float:
    """Return the mean square of velocity less displacement, over that of the latter.

    0 where each path is a straight line that is walked at one speed.
    """
    whole = walked[-1] - walked[0]
    speed = torch.stack([b - a for a, b in pairwise(walked)]) * (len(walked) - 1)
    return float((speed - whole).square().mean() / whole.square().mean())
