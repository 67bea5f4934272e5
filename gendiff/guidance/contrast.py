"""Guidance: denoisers made of denoisers.

A guide wraps denoisers and is one, so that it works with every solver, inside every
other guide, and for images, sound and points alike. The scale follows one convention
throughout: **1 means no guidance**. Intervals are in noise levels.

`Contrast` is the idea; `Composed` is the same for several conditions, and `Interval`
guides at some noise levels only. `Tempered`, which multiplies the score, is here as a
warning: it is not the temperature that it looks like.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from gendiff.types import Denoiser, demand_signal


@dataclass(frozen=True, init=False)
class Given:
    """A conditional denoiser with its condition bound: a denoiser again.

    `Given(net, labels)(x, sigma)` is `net(x, sigma, labels)`. `Given(net)` leaves the
    condition out: the unconditional model, if the network was trained to be one.
    """

    denoise: Callable[..., Tensor]
    given: tuple[Tensor, ...]

    def __init__(self, denoise: Callable[..., Tensor], /, *given: Tensor) -> None:
        object.__setattr__(self, "denoise", denoise)
        object.__setattr__(self, "given", given)

    def __call__(
        self, x: Float[Tensor, "b *s"], sigma: Float[Tensor, "..."], /
    ) -> Float[Tensor, "b *s"]:
        """Return `E[x0 | x, given]`.

        Raises:
            ValueError: If there are not as many conditions as signals.
        """
        for condition in self.given:
            if len(condition) != len(x):
                raise ValueError(
                    f"{len(condition)} conditions for a batch of {len(x)}; give one "
                    "for each signal"
                )
        return self.denoise(x, sigma, *self.given)


@dataclass(frozen=True)
class Contrast:
    """Push `toward` away from `away`: one formula for every contrastive guidance.

    Classifier-free guidance contrasts a conditional denoiser with an unconditional
    one, negative prompting with another condition, autoguidance with a worse model::

        Contrast(Given(net, cats), Given(net), 3.0)             # classifier-free
        Contrast(Given(net, cats), Given(net, dogs), 3.0)       # cats, and no dogs
        Contrast(Given(net, cats), Given(early_net, cats), 2.0)      # autoguidance

    Raises:
        ValueError: If `scale` is not finite.

    References:
        Ho and Salimans (2022), arXiv:2207.12598, eq. 6.
        Karras et al. (2024), arXiv:2406.02507, eq. 2.
    """

    toward: Denoiser
    away: Denoiser
    scale: float
    """1 returns `toward` unchanged, at the cost of one evaluation; 0 returns `away`."""

    def __post_init__(self) -> None:
        demand_finite("guidance scale", self.scale)

    def __call__(
        self, x: Float[Tensor, "b *s"], sigma: Float[Tensor, "..."], /
    ) -> Float[Tensor, "b *s"]:
        """Return `away + scale * (toward - away)`."""
        toward = self.toward(x, sigma)
        if self.scale == 1:
            return toward
        return torch.lerp(self.away(x, sigma), toward, self.scale)

    def pair(
        self, x: Float[Tensor, "b *s"], sigma: Float[Tensor, "..."], /
    ) -> tuple[Float[Tensor, "b *s"], Float[Tensor, "b *s"]]:
        """Return `toward` and `away`; at scale 1 twice `toward`, for one evaluation."""
        toward = self.toward(x, sigma)
        return toward, toward if self.scale == 1 else self.away(x, sigma)


@dataclass(frozen=True)
class Interval:
    """Use `inside` for noise levels in `[low, high]`, `outside` elsewhere.

    Expects one noise level for the whole batch, as solvers give it.

    Raises:
        ValueError: If `low` exceeds `high` or either is NaN.

    References:
        Kynkaanniemi et al. (2024), arXiv:2404.07724, eq. 5.
    """

    inside: Denoiser
    outside: Denoiser
    low: float
    high: float

    def __post_init__(self) -> None:
        if not self.low <= self.high:
            raise ValueError(f"interval [{self.low}, {self.high}]; need low <= high")

    def __call__(
        self, x: Float[Tensor, "b *s"], sigma: Float[Tensor, ""], /
    ) -> Float[Tensor, "b *s"]:
        """Evaluate only the branch that the level selects."""
        within = self.low <= float(sigma) <= self.high
        return (self.inside if within else self.outside)(x, sigma)


@dataclass(frozen=True)
class Composed:
    """Push towards several concepts at once, and away from some: concept arithmetic.

    `away + sum_k scale_k (concept_k - away)`, `away` unconditional, multiplies by every
    `p(concept_k | x) ** scale_k`; a negative scale takes a concept away.

    Raises:
        ValueError: If there is no concept, or a scale is not finite.

    References:
        Liu et al. (2022), arXiv:2206.01714, eq. 11.
    """

    away: Denoiser
    concepts: Sequence[tuple[Denoiser, float]]
    """Denoisers and their scales; a single one at scale 1 is no guidance."""

    def __post_init__(self) -> None:
        if not self.concepts:
            raise ValueError("no concepts to compose; give pairs (denoiser, scale)")
        for _, scale in self.concepts:
            demand_finite("concept's scale", scale)

    def __call__(
        self, x: Float[Tensor, "b *s"], sigma: Float[Tensor, "..."], /
    ) -> Float[Tensor, "b *s"]:
        """Return `away + sum_k scale_k (concept_k - away)`."""
        away = self.away(x, sigma)
        return away + sum(s * (each(x, sigma) - away) for each, s in self.concepts)


@dataclass(frozen=True)
class Tempered:
    """Multiply the score by a factor, `x + factor * (D - x)`: not a temperature.

    At each level it's the score of `p_sigma ** factor`, but these are not the noisy
    versions of one density, so no sampler ends at `p_0 ** factor`. Of a Gaussian with
    variance s^2 the probability flow from variance w makes `s^2 (s^2 / w)^(factor - 1)`
    instead of `s^2 / factor`: nearly a point. See the page `guidance/temperature`.

    Raises:
        ValueError: If `factor` is not finite.
    """

    denoise: Denoiser
    factor: float

    def __post_init__(self) -> None:
        demand_finite("factor on the score", self.factor)

    def __call__(
        self, x: Float[Tensor, "b *s"], sigma: Float[Tensor, "..."], /
    ) -> Float[Tensor, "b *s"]:
        """Return `x + factor * (D - x)`."""
        demand_signal(x)
        return torch.lerp(x, self.denoise(x, sigma), self.factor)


def demand_finite(name: str, value: float, /) -> None:
    """Check a number that must be finite.

    Raises:
        ValueError: If it isn't; the message has its name.
    """
    if not math.isfinite(value):
        raise ValueError(f"{name} is {value}; give a finite number")
