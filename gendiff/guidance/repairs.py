"""Repairs of guidance: what keeps a large scale from oversaturating.

Far beyond scale 1 a `Contrast` makes predictions larger than any data. `Thresholded`
bounds the values, `Rescaled` gives back the spread that they had before, and
`Projected` leaves out the part of the push that only raises contrast.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from gendiff.guidance.contrast import Contrast, demand_finite
from gendiff.types import Denoiser, like


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
            raise ValueError(f"percentile is {self.percentile}; give one in (0, 1]")

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

    `factor * g * std(toward) / std(g) + (1 - factor) * g` for what the contrast
    predicts, `g`, with standard deviations over the signal.

    Raises:
        ValueError: If `factor` is outside [0, 1].

    References:
        Lin et al. (2023), arXiv:2305.08891, eqs. 15 and 16.
    """

    contrast: Contrast
    factor: float = 0.7
    """0 is `Contrast`, 1 keeps the spread exactly."""

    def __post_init__(self) -> None:
        if not 0 <= self.factor <= 1:
            raise ValueError(f"factor is {self.factor}; 0 is `Contrast`, 1 the most")

    def __call__(
        self, x: Float[Tensor, "b *s"], sigma: Float[Tensor, "..."], /
    ) -> Float[Tensor, "b *s"]:
        """Return the guided prediction with a spread nearer to `toward`'s."""
        toward, away = self.contrast.pair(x, sigma)
        guided = torch.lerp(away, toward, self.contrast.scale)
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
        ValueError: If `eta` is not finite, or `radius` not positive.

    References:
        Sadat et al. (2024), arXiv:2410.02416, algorithm 1.
    """

    contrast: Contrast
    eta: float = 0.0
    """Weight of the part along the prediction; 1 is `Contrast`."""
    radius: float = math.inf
    """Largest norm of `toward - away`: longer ones are shortened first."""

    def __post_init__(self) -> None:
        demand_finite("eta", self.eta)
        if not self.radius > 0:
            raise ValueError(f"radius is {self.radius}; give a positive norm, or inf")

    def __call__(
        self, x: Float[Tensor, "b *s"], sigma: Float[Tensor, "..."], /
    ) -> Float[Tensor, "b *s"]:
        """Return `toward + (scale - 1) * (across + eta * along)`."""
        toward, away = self.contrast.pair(x, sigma)
        push = toward - away
        if self.radius < math.inf:
            length = push.flatten(1).norm(dim=1)
            push = push * like((self.radius / length).clamp(max=1), push)
        tiny = torch.finfo(toward.dtype).tiny  # a prediction of 0 has no direction
        overlap = (push * toward).flatten(1).sum(1)
        square = toward.square().flatten(1).sum(1).clamp(min=tiny)
        along = like(overlap / square, toward) * toward
        return toward + (self.contrast.scale - 1) * (push + (self.eta - 1) * along)
