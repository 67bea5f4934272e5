r"""Two rulers for amplitudes: even codes and mu-law codes, and the mode under each.

A code is an interval of amplitudes, and its probability is the density times the width
of the interval, so the widths move the maximum. Companded by the mu-law, a Gaussian of
scale `sigma` has a density in proportion to `(1 + mu |x|) exp(-x^2 / 2 sigma^2)`, which
is largest where

    x^2 + |x| / mu = sigma^2.

References:
    van den Oord et al. (2016), arXiv:1609.03499, section 2.2 (256 mu-law codes).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial

import torch
from jaxtyping import Float, Int
from torch import Tensor

from gendiff.audio import pcm

Companding = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Coding:
    """Codes that are evenly spaced once amplitudes in [-1, 1] are companded."""

    levels: int
    compand: Companding
    expand: Companding

    @cached_property
    def amplitudes(self) -> Float[Tensor, " levels"]:
        """The amplitude of every code."""
        code = torch.arange(self.levels, dtype=torch.float64)
        return self.expand(2 * code / (self.levels - 1) - 1)

    @cached_property
    def edges(self) -> Float[Tensor, " between"]:
        """The amplitudes between neighbouring codes."""
        code = torch.arange(self.levels - 1, dtype=torch.float64)
        return self.expand(2 * (code + 0.5) / (self.levels - 1) - 1)

    def codes(self, x: Float[Tensor, "*s"], /) -> Int[Tensor, "*s"]:
        """Return the codes of amplitudes in [-1, 1]."""
        steps = (self.compand(x) + 1) / 2 * (self.levels - 1)
        return torch.floor(steps + 0.5).long()

    def heard(self, codes: Int[Tensor, "*s"], /) -> Float[Tensor, "*s"]:
        """Return the sound of codes."""
        return self.amplitudes[codes]

    def probability(self, mean: float, scale: float, /) -> Float[Tensor, " levels"]:
        """Return the probability of every code of a Gaussian amplitude."""
        below = torch.special.ndtr((self.edges - mean) / scale)
        one, none = below.new_ones(1), below.new_zeros(1)
        return torch.cat([below, one]) - torch.cat([none, below])

    def likeliest(self, mean: float, scale: float, /) -> float:
        """Return the amplitude of the most probable code of a Gaussian amplitude."""
        return float(self.amplitudes[self.probability(mean, scale).argmax()])


def even(levels: int, /) -> Coding:
    """Return codes of equal width."""
    return Coding(levels, _same, _same)


def mu_law(levels: int, /) -> Coding:
    """Return codes that are the wider the louder they are."""
    return Coding(
        levels,
        partial(pcm.compand, levels=levels),
        partial(pcm.expand, levels=levels),
    )


def loudest(scale: float, /, *, levels: int) -> float:
    """Return where the density of companded Gaussian noise is largest.

    The positive root of `x^2 + x / mu = scale^2`, with `mu = levels - 1`.
    """
    mu = levels - 1
    return (-1 / mu + math.sqrt(1 / mu**2 + 4 * scale**2)) / 2


def _same(x: Tensor, /) -> Tensor:
    return x
