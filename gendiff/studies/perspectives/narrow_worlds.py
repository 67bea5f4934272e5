"""Two worlds in which a target's name matters: digits, and a plane in a large space.

In the second, data of two dimensions lie in many, and the network's layers are too
narrow to pass noise of all these dimensions on. What it has to predict then decides
what it can.

References:
    Li and He (2025), arXiv:2511.13720, section 3 (a narrow layer cannot predict noise).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import torch
from jaxtyping import Float
from torch import Tensor

from gendiff.data.toys import DATA_STD
from gendiff.exact import Gaussian, GaussianMixture
from gendiff.frames import Frame
from gendiff.metrics import floor, sliced_wasserstein
from gendiff.objectives import Weight, target_weight
from gendiff.record import last
from gendiff.sampling import sample
from gendiff.types import Denoiser

NOTHING = 1e-6
"""A variance that keeps a covariance from being flat."""


class World(Protocol):
    """A distribution that is sampled, and whose first two moments are known."""

    def sample(self, n: int, generator: torch.Generator, /) -> Tensor:
        """Draw samples."""
        ...

    def moments(self) -> Gaussian:
        """Return mean and covariance."""
        ...


@dataclass(frozen=True)
class Plane:
    """A distribution of the plane, turned into a space of many dimensions."""

    data: GaussianMixture
    axes: Float[Tensor, "2 d"]

    @property
    def std(self) -> float:
        """The root mean square of a coordinate."""
        return DATA_STD * (2 / self.axes.shape[1]) ** 0.5

    def sample(self, n: int, generator: torch.Generator, /) -> Float[Tensor, "n d"]:
        """Draw points."""
        return self.data.sample(n, generator) @ self.axes

    def moments(self) -> Gaussian:
        """Return mean and covariance; beyond the plane there is next to nothing."""
        inside, dim = self.data.moments(), self.axes.shape[1]
        across = NOTHING * torch.eye(dim, dtype=torch.float64)
        covariance = self.axes.T @ inside.covariance @ self.axes + across
        return Gaussian(inside.mean @ self.axes, covariance)


def plane(data: GaussianMixture, dim: int, generator: torch.Generator, /) -> Plane:
    """Return the distribution in `dim` dimensions, its plane turned at random."""
    wild = torch.randn(dim, 2, generator=generator, dtype=torch.float64)
    return Plane(data, torch.linalg.qr(wild).Q.T)


def native(frame: Frame, std: float, /) -> Weight:
    """Return the weights of a plain squared error on a target, in units of `std`."""
    weight = target_weight(frame)
    return lambda sigma: weight(sigma / std)


def distance(
    net: Denoiser, world: World, n: int, draw: Callable[[str], torch.Generator], /
) -> float:
    """Return how far samples of 20 calls are from data, over that of two real sets."""
    real = world.sample(6 * n, draw("real")).float()
    noise = torch.randn(n, real.shape[1], generator=draw("latents"))
    made = last(sample(net, noise, gaussian=world.moments(), evaluations=20))
    draws = draw("slices")
    metric = partial(sliced_wasserstein, projections=64, generator=draws)
    apart = floor(metric, real, n=n, generator=draws, repeats=4)
    return float(metric(made, real[:n]) / apart.mean)
