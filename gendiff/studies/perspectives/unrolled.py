"""Losses that train through several steps of a sampler: backpropagation through time.

Two ways to make a deep recurrent network of a denoiser. *Unrolled* denoising lets the
network see states that it made itself: it moves a noisy point down a few levels by its
own answers, and each answer is held against the clean point, as step-unrolled denoising
does with tokens. The *energy distance* asks nothing of the steps in between: samples
are made from noise by all steps of the sampler, and compared with data as a set.

References:
    Savinov et al. (2022), arXiv:2112.06749, section 2.2 (unrolled denoising).
    Szekely and Rizzo (2013), Energy statistics, section 2 (energy distance).
"""

from dataclasses import dataclass, field

import torch
from jaxtyping import Float
from torch import Tensor, nn

from gendiff.exact.gaussian import Diagonal
from gendiff.levels import Levels
from gendiff.noise import seeded
from gendiff.objectives import Weight
from gendiff.sampling import sample
from gendiff.types import Batch, Denoiser, like


@dataclass(frozen=True)
class Unrolled:
    """The denoising loss, averaged over steps that the network itself takes."""

    levels: Levels
    weight: Weight
    steps: int
    ratio: float = 0.5
    """The next level over this one."""

    def __call__(
        self, model: nn.Module, batch: Batch, generator: torch.Generator, /
    ) -> Float[Tensor, " b"]:
        """Return the loss of each sample, differentiable through all steps."""
        x0 = batch[0]
        sigma = self.levels(len(x0), generator).to(x0)
        x = x0 + like(sigma, x0) * seeded(generator)(x0)
        total = torch.zeros_like(sigma)
        for _ in range(self.steps):
            clean = model(x, sigma)
            error = (clean - x0).square().flatten(1).mean(1)
            total = total + self.weight(sigma).to(error) * error
            x = torch.lerp(clean, x, self.ratio)  # an Euler step, DDIM's
            sigma = self.ratio * sigma
        return total / self.steps


@dataclass(frozen=True)
class EnergyOfSamples:
    """The energy distance between a batch and as many samples, without its constant."""

    gaussian: Diagonal
    calls: int

    def __call__(
        self, model: nn.Module, batch: Batch, generator: torch.Generator, /
    ) -> Float[Tensor, " b"]:
        """Return each sample's part, differentiable through the whole sampler."""
        x0 = batch[0]
        *_, end = sample(
            model, seeded(generator)(x0), gaussian=self.gaussian, evaluations=self.calls
        )
        x = end.x.flatten(1)
        return 2 * _away(x, x0.flatten(1)).mean(1) - _others(x)


@dataclass
class Cut:
    """A denoiser through whose last call alone gradients go: truncated to one step."""

    denoise: Denoiser
    last: int
    """Which call is the last one, from 1."""
    calls: int = field(default=0, init=False)

    def __call__(
        self, x: Float[Tensor, "b *s"], sigma: Float[Tensor, "..."], /
    ) -> Float[Tensor, "b *s"]:
        """Return the denoised signal."""
        self.calls += 1
        with torch.set_grad_enabled(self.calls == self.last):
            return self.denoise(x, sigma)


def _others(x: Float[Tensor, "b d"]) -> Float[Tensor, " b"]:
    """Return the mean distance of each point from the others."""
    apart = _away(x, x) * (1 - torch.eye(len(x)).to(x))
    return apart.sum(1) / (len(x) - 1)


def _away(x: Float[Tensor, "n d"], y: Float[Tensor, "m d"]) -> Float[Tensor, "n m"]:
    """Return all distances, with a gradient of zero where points coincide."""
    square = (x[:, None] - y[None]).square().sum(2)
    return (square + 1e-12).sqrt()
