r"""Generating with one noise level: corrupt, denoise, repeat.

A denoising autoencoder that has learnt `P(x0 | x)`, the distribution of clean points
given a corrupted one, samples the data by a Markov chain: corrupt the state, draw a
clean point given the result, and so on. The data distribution is stationary: if the
state is a data point, corrupting and drawing from the posterior gives a data point
again (one Gibbs sweep over `(x0, x)`). The draw matters: with the posterior *mean*
instead the chain contracts.

In practice the posterior is replaced by a Gaussian around the mean, which is good only
while the noise is small, and with little noise the chain cannot leave a mode. A chain
at one level must choose; diffusion models avoid the choice by using all levels.

*Walkback* trains on what the chain itself produces: start from a data point, run the
chain for a random number of steps, and ask for the data point back. Spurious modes that
the chain would wander into are thereby emptied.

References:
    Bengio, Yao, Alain and Vincent (2013), arXiv:1305.6663, theorem 1 and algorithm 1.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from gendiff.noise import seeded
from gendiff.types import Denoiser, level

Kernel = Callable[[Tensor, torch.Generator], Tensor]
"""Moves a batch of states at random: a corruption, or a draw from a posterior."""


@dataclass(frozen=True)
class Around:
    """Draw a clean point from a Gaussian around a denoiser's estimate."""

    denoise: Denoiser
    sigma: float
    """The noise level of the points that will be denoised."""
    std: float
    """Of the Gaussian; `residual` measures the one that fits best. 0 is the mean."""

    def __call__(
        self, x: Float[Tensor, "b *s"], generator: torch.Generator, /
    ) -> Float[Tensor, "b *s"]:
        """Return an estimate of the clean point, plus noise."""
        return self.denoise(x, level(self.sigma)) + self.std * seeded(generator)(x)


@torch.no_grad()
def residual(
    denoise: Denoiser, x0: Float[Tensor, "b *s"], generator: torch.Generator, /, *,
    sigma: float,
) -> float:  # fmt: skip
    """Return the root mean square error of a denoiser, a coordinate."""
    x = x0 + sigma * seeded(generator)(x0)
    error = denoise(x, level(sigma)) - x0
    return math.sqrt(float(error.square().mean()))


@torch.no_grad()
def chain(
    corrupt: Kernel,
    reconstruct: Kernel,
    x: Float[Tensor, "b *s"],
    generator: torch.Generator,
    /,
) -> Iterator[Float[Tensor, "b *s"]]:
    """Yield the states that follow `x`, without end: take as many as you need.

    If `reconstruct` draws from the exact posterior of data corrupted by `corrupt`, the
    distribution of the states tends to that of the data.
    """
    while True:
        x = reconstruct(corrupt(x, generator), generator)
        yield x


@dataclass(frozen=True)
class Walkback:
    """The loss of a denoiser at one noise level, on states of its own chain.

    A sample walks 0, 1, 2 ... steps with probabilities `(1 - proceed) proceed^k`; its
    last corrupted state must be brought back to where the walk began. `proceed=0` is
    the plain denoising autoencoder. The error is averaged over the coordinates.
    """

    sigma: float
    std: float
    """Of the Gaussian from which the chain draws its clean points."""
    proceed: float = 0.5
    most: int = 8
    """Steps that no walk exceeds."""

    def __call__(
        self, model: nn.Module, batch: tuple[Tensor, ...], generator: torch.Generator, /
    ) -> Float[Tensor, " b"]:
        """Return the errors at the ends of the walks."""
        x0 = batch[0]
        noise = seeded(generator)
        sigma = x0.new_full((len(x0),), self.sigma)
        with torch.no_grad():
            x = x0 + self.sigma * noise(x0)
            for goes in self._walks(len(x0), generator):
                if not goes.any():
                    break
                drawn = model(x, sigma) + self.std * noise(x)
                moved = drawn + self.sigma * noise(x)
                shape = (-1, *[1] * (x.ndim - 1))
                x = torch.where(goes.to(x.device).reshape(shape), moved, x)
        return (model(x, sigma) - x0).square().flatten(1).mean(dim=1)

    def _walks(self, n: int, generator: torch.Generator) -> list[Tensor]:
        """Return, for each step, which samples take it."""
        goes = torch.rand(self.most, n, generator=generator) < self.proceed
        return list(goes.cumprod(dim=0).bool())
