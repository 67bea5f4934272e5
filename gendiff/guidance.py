"""Guidance: denoisers made of denoisers.

A guide wraps denoisers and is one, so that it works with every solver, inside every
other guide, and for images, sound and points alike. The scale follows one convention
throughout: **1 means no guidance**. Intervals are in noise levels.

`Contrast` is the idea; `Composed` is the same for several conditions. Far beyond 1 they
oversaturate. `Thresholded` bounds the values, `Rescaled` their spread, and `Projected`
leaves out what only raises contrast. `Tempered` is no guidance, but a warning.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from gendiff.types import Denoiser, demand_signal, like


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
        _demand_finite("guidance scale", self.scale)

    def __call__(
        self, x: Float[Tensor, "b *s"], sigma: Float[Tensor, "..."], /
    ) -> Float[Tensor, "b *s"]:
        """Return `away + scale * (toward - away)`."""
        toward = self.toward(x, sigma)
        if self.scale == 1:
            return toward
        return torch.lerp(self.away(x, sigma), toward, self.scale)


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
            _demand_finite("concept's scale", scale)

    def __call__(
        self, x: Float[Tensor, "b *s"], sigma: Float[Tensor, "..."], /
    ) -> Float[Tensor, "b *s"]:
        """Return `away + sum_k scale_k (concept_k - away)`."""
        away = self.away(x, sigma)
        return away + sum(s * (each(x, sigma) - away) for each, s in self.concepts)


@dataclass(frozen=True)
class Thresholded:
    """Bound what a denoiser predicts: dynamic thresholding.

    `clip(x0, -s, s) * limit / s`, with `s` the larger of `limit` and the sample's own
    `percentile` of `|x0|`: predictions within the limit are left alone, and fewer
    pixels saturate than by clipping at the limit.

    Raises:
        ValueError: If `limit` is not positive, or `percentile` outside (0, 1].

    References:
        Saharia et al. (2022), arXiv:2205.11487, section 2.3.
    """

    denoise: Denoiser
    limit: float = 1.0
    """Largest absolute value of the data."""
    percentile: float = 0.995

    def __post_init__(self) -> None:
        if not 0 < self.limit < math.inf:
            raise ValueError(f"limit is {self.limit}; give the data's largest value")
        if not 0 < self.percentile <= 1:
            raise ValueError(f"percentile is {self.percentile}; give a share in (0, 1]")

    def __call__(
        self, x: Float[Tensor, "b *s"], sigma: Float[Tensor, "..."], /
    ) -> Float[Tensor, "b *s"]:
        """Return `clip(x0, -s, s) * limit / s`."""
        x0 = self.denoise(x, sigma)
        sizes = x0.flatten(1).abs()
        # 0.07 of 100 numbers are 7, though the product is a little more.
        rank = max(1, math.ceil(round(self.percentile * sizes.shape[1], 9)))
        s = like(sizes.kthvalue(rank, dim=1).values.clamp(min=self.limit), x0)
        return x0.clamp(-s, s) * (self.limit / s)


@dataclass(frozen=True)
class Rescaled:
    """Guide, then give each prediction the spread that it has without guidance.

    `factor * g * std(toward) / std(g) + (1 - factor) * g` for the guided prediction
    `g = away + scale * (toward - away)`, with standard deviations over the signal.

    Raises:
        ValueError: If `scale` is not finite, or `factor` outside [0, 1].

    References:
        Lin et al. (2023), arXiv:2305.08891, eqs. 15 and 16.
    """

    toward: Denoiser
    away: Denoiser
    scale: float
    factor: float = 0.7
    """0 is `Contrast`, 1 keeps the spread exactly."""

    def __post_init__(self) -> None:
        _demand_finite("guidance scale", self.scale)
        if not 0 <= self.factor <= 1:
            raise ValueError(f"factor is {self.factor}; 0 is `Contrast`, 1 the most")

    def __call__(
        self, x: Float[Tensor, "b *s"], sigma: Float[Tensor, "..."], /
    ) -> Float[Tensor, "b *s"]:
        """Return the guided prediction with a spread nearer to `toward`'s."""
        toward = self.toward(x, sigma)
        if self.scale == 1:
            return toward
        guided = torch.lerp(self.away(x, sigma), toward, self.scale)
        if not len(x):
            return guided  # torch warns of the spread of nothing
        wanted, found = (v.flatten(1).std(1, correction=0) for v in (toward, guided))
        ratio = torch.where(found > 0, wanted / found, 1)  # a constant has no spread
        return guided * like(1 + self.factor * (ratio - 1), guided)


@dataclass(frozen=True)
class Projected:
    """Guide, but hardly along the prediction itself: adaptive projected guidance.

    `toward + (scale - 1) * (across + eta * along)`, where `along` is the projection of
    `toward - away` on `toward`, which only makes it larger, and `across` the rest. The
    paper's momentum is left out: a denoiser has no memory.

    Raises:
        ValueError: If `scale` or `eta` is not finite, or `radius` not positive.

    References:
        Sadat et al. (2024), arXiv:2410.02416, algorithm 1.
    """

    toward: Denoiser
    away: Denoiser
    scale: float
    eta: float = 0.0
    """Weight of the part along the prediction; 1 is `Contrast`."""
    radius: float = math.inf
    """Largest norm of `toward - away`: longer ones are shortened first."""

    def __post_init__(self) -> None:
        _demand_finite("guidance scale", self.scale)
        _demand_finite("eta", self.eta)
        if not self.radius > 0:
            raise ValueError(f"radius is {self.radius}; give a positive norm, or inf")

    def __call__(
        self, x: Float[Tensor, "b *s"], sigma: Float[Tensor, "..."], /
    ) -> Float[Tensor, "b *s"]:
        """Return `toward + (scale - 1) * (across + eta * along)`."""
        toward = self.toward(x, sigma)
        if self.scale == 1:
            return toward
        push = toward - self.away(x, sigma)
        if self.radius < math.inf:
            length = push.flatten(1).norm(dim=1)
            push = push * like((self.radius / length).clamp(max=1), push)
        tiny = torch.finfo(toward.dtype).tiny  # a prediction of 0 has no direction
        overlap = (push * toward).flatten(1).sum(1)
        square = toward.square().flatten(1).sum(1).clamp(min=tiny)
        along = like(overlap / square, toward) * toward
        return toward + (self.scale - 1) * (push + (self.eta - 1) * along)


@dataclass(frozen=True)
class Tempered:
    """Multiply the score by a factor, `x + factor * (D - x)`: not a temperature.

    At each level it's the score of `p_sigma ** factor`, but these are not the noisy
    versions of one density, so no sampler ends at `p_0 ** factor`. Of a Gaussian with
    variance s^2 the probability flow from variance w makes `s^2 (s^2 / w)^(factor - 1)`
    instead of `s^2 / factor`: nearly a point. See the page `guidance/exact`.

    Raises:
        ValueError: If `factor` is not finite.
    """

    denoise: Denoiser
    factor: float

    def __post_init__(self) -> None:
        _demand_finite("factor on the score", self.factor)

    def __call__(
        self, x: Float[Tensor, "b *s"], sigma: Float[Tensor, "..."], /
    ) -> Float[Tensor, "b *s"]:
        """Return `x + factor * (D - x)`."""
        demand_signal(x)
        return torch.lerp(x, self.denoise(x, sigma), self.factor)


def _demand_finite(name: str, value: float) -> None:
    if not math.isfinite(value):
        raise ValueError(f"{name} is {value}; give a finite number")
