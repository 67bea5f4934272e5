"""Guidance: denoisers made of denoisers.

A guide wraps denoisers and is one, so that it works with every solver, inside every
other guide, and for images, sound and points alike. The scale follows one convention
throughout: **1 means no guidance**. Intervals are in noise levels.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from gendiff.types import Denoiser


@dataclass(frozen=True)
class Contrast:
    """Push `toward` away from `away`: one formula for every contrastive guidance.

    Classifier-free guidance contrasts a conditional denoiser with an unconditional
    one, negative prompting with another condition, autoguidance with a worse model.

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
        if not math.isfinite(self.scale):
            raise ValueError(f"guidance scale is {self.scale}; give a finite number")

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
