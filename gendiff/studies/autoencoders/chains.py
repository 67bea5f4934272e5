"""Chains at one noise level: corrupt, draw a clean point, repeat.

The data are eight small clusters on a ring, whose posterior at any noise level is
known. A denoiser gives its mean only, and one draws from a Gaussian around it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice

import torch
from jaxtyping import Float
from torch import Tensor

from gendiff.data import ring
from gendiff.families import walkback
from gendiff.families.autoencoders import Gaussian
from gendiff.metrics import sliced_wasserstein
from gendiff.noise import seeded
from gendiff.types import Denoiser, level

WIDTH = 0.05
"""The standard deviation of a cluster."""
Points = Float[Tensor, "_ d"]


@dataclass(frozen=True)
class Posterior:
    """Draw a clean point from the exact posterior of the ring."""

    sigma: float

    def __call__(self, x: Points, generator: torch.Generator, /) -> Points:
        """Choose a cluster by its responsibility, then a point of it."""
        clusters = ring(std=WIDTH)
        gain = WIDTH**2 / (WIDTH**2 + self.sigma**2)
        chances = clusters.responsibilities(x, level(self.sigma))
        at = clusters.means[torch.multinomial(chances, 1, generator=generator)[:, 0]]
        return at + gain * (x - at) + self.sigma * gain**0.5 * seeded(generator)(x)


@dataclass(frozen=True)
class Walks:
    """Chains of one length, their noise drawn by purpose, their ends held to the data.

    All that is random comes from the run, by the same purpose for every chain of a
    level, so that chains differ only in how they draw their clean points.
    """

    generator: Callable[[str], torch.Generator]
    steps: int
    data: Points
    """What the ends are compared with."""

    def __call__(
        self, draw: walkback.Kernel, sigma: float, start: Points, /
    ) -> list[Points]:
        """Return the states of a chain at one noise level."""
        noise = self.generator(f"walk {sigma}")
        states = walkback.chain(Gaussian(sigma), draw, start, noise)
        return list(islice(states, self.steps))

    def around(self, denoise: Denoiser, sigma: float, /) -> walkback.Around:
        """Return a draw from the Gaussian around a denoiser's mean that fits best."""
        fresh = ring(std=WIDTH).sample(2000, self.generator("fit"))
        noise = self.generator("residual")
        std = walkback.residual(denoise, fresh, noise, sigma=sigma)
        return walkback.Around(denoise, sigma, std)

    def apart(self, x: Points, /) -> float:
        """Return the sliced Wasserstein distance of states from the data."""
        return sliced_wasserstein(x, self.data, generator=self.generator("slices"))
