"""A generator of one call that drifts to the data: the network, and its control."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from gendiff.distillation import drift
from gendiff.noise import seeded
from gendiff.types import Batch

Points = Float[Tensor, "n d"]


class Generator(nn.Module):
    """A network that moves noise; untrained, it leaves that alone."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, noise: Points, /) -> Points:
        """Return the samples."""
        return noise + self.net(noise, torch.zeros(len(noise)).to(noise))


@dataclass(frozen=True)
class Pulled:
    """The loss of drifting without repulsion: towards the data near by, and no more."""

    width: float

    def __call__(
        self, model: nn.Module, batch: Batch, generator: torch.Generator, /
    ) -> Float[Tensor, " b"]:
        """Return the squared length of each sample's pull, a coordinate."""
        (x0,) = batch
        made = model(seeded(generator)(x0))
        with torch.no_grad():
            target = made + pull(made, x0, width=self.width)
        return (made - target).square().mean(1)


def pull(x: Points, toward: Points, /, *, width: float) -> Points:
    """Return the mean shift of points to samples, without a repulsion."""
    weights = torch.softmax(-torch.cdist(x, toward) / width, dim=1)
    return weights @ toward - x


def speed(model: nn.Module, noise: Points, data: Points, /, *, width: float) -> float:
    """Return the root mean square drift of a generator's samples.

    Half of them are moved, and driven from the other half.
    """
    with torch.no_grad():
        here, away = model(noise).tensor_split(2)
        return float(drift(here, data, away, width=width).square().mean().sqrt())
