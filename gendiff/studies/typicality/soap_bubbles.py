"""How nearly a Gaussian in many dimensions is a uniform distribution on a sphere."""

import math

import numpy as np
import torch
from jaxtyping import Float
from scipy import special, stats
from torch import Tensor


def squared_lengths(
    n: int, dimensions: int, chunk: int, generator: torch.Generator, /
) -> Float[Tensor, " n"]:
    """Draw normal vectors a piece at a time, and keep only their squared lengths."""
    shape = (chunk, dimensions)
    pieces = [
        torch.randn(shape, generator=generator, dtype=torch.float64).square().sum(1)
        for _ in range(n // chunk)
    ]
    return torch.cat(pieces)


def coordinate_gap(dimensions: int, x: Float[np.ndarray, " n"], /) -> float:
    """Return the distance of Kolmogorov and Smirnov of a coordinate from a normal one.

    The coordinate is that of a uniform point on the sphere of radius `sqrt(K)`: its
    square over `K` has a beta distribution. Distances are compared at the points `x >=
    0`.
    """
    k = dimensions
    if k == 1:  # two points, at -1 and 1: just below 1 half of the mass is missing
        return float(stats.norm.cdf(1)) - 0.5
    share = special.betainc(0.5, (k - 1) / 2, np.minimum(x**2 / k, 1.0))
    return float(np.abs((1 + share) / 2 - stats.norm.cdf(x)).max())


def spanning(width: Float[Tensor, "*n"], dimensions: int, /) -> Float[Tensor, "*n"]:
    """Return the epsilon, in nats, whose typical set is an annulus of this width.

    Its radii satisfy `low^2 + (low + width)^2 = 2 K`.
    """
    low = (-width + (4 * dimensions - width**2).sqrt()) / 2
    return ((low + width) ** 2 - low**2) / 4


def spiked(
    squares: Float[Tensor, " n"], dimensions: int, often: int, /
) -> tuple[Float[Tensor, " n"], float]:
    """Return surprisals where the mode has a spike, and the spike's highest.

    One per cent of the mass lies in a ball about the mode, a hundred times smaller than
    the Gaussian. The first `often` samples are taken to lie there.
    """
    least = dimensions / 2 * math.log(math.tau)
    surprisals = least + squares / 2 - math.log(0.99)
    there = least + squares[:often] / 2 - math.log(0.01) + dimensions * math.log(0.01)
    surprisals[:often] = there
    return surprisals, float(there.max())
