"""Straight blends of two clouds of equal round Gaussians: the mean ends, exactly.

A blend `(1 - t) start + t end` of independent points is a Gaussian for each pair of
components, `N(m, s)` with `m = (1 - t) m_i + t m_j`, `s = (1 - t)^2 a^2 + t^2 b^2`.
Given the blend and the pair, the end is on average `m_j + t b^2 / s (x - m)`, and the
start follows, since `x = (1 - t) E[start] + t E[end]`.

References:
    Heitz et al. (2023), arXiv:2305.03486, section 3 (the means that alpha-blending
    asks for).
"""

import math
from dataclasses import dataclass
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor

from gendiff.exact import GaussianMixture
from gendiff.interpolants import alpha_blending

Points = Float[Tensor, "n 2"]


@dataclass(frozen=True)
class Blend:
    """Two clouds of equal round Gaussians, and how often each pair of them is mixed."""

    start: GaussianMixture
    end: GaussianMixture
    pairing: Float[Tensor, "k l"]
    """Probability of each pair; the product of the weights if they are independent."""

    def means(self, x: Points, time: float, /) -> tuple[Points, Points]:
        """Return the mean start and the mean end of what lies at `x`, `0 < time < 1`.

        Raises:
            ValueError: If the time is not between 0 and 1, where one end is unknown.
        """
        if not 0 < time < 1:
            raise ValueError(f"time is {time}; inside, between 0 and 1, all is known")
        first, second = self.start.means[:, None], self.end.means[None]
        middle = ((1 - time) * first + time * second).flatten(0, 1)
        own = (1 - time) ** 2 * _variance(self.start)
        other = time**2 * _variance(self.end)
        far = torch.cdist(x, middle, compute_mode="donot_use_mm_for_euclid_dist")
        logits = self.pairing.flatten().log() - far.square() / (2 * (own + other))
        seen = logits.softmax(1)
        ends = second.expand(len(first), -1, -1).flatten(0, 1)
        end = seen @ ends + other / (time * (own + other)) * (x - seen @ middle)
        return (x - time * end) / (1 - time), end


def _variance(cloud: GaussianMixture) -> Float[Tensor, ""]:
    """Return the variance that all its components have in every direction."""
    return cloud.covariances[0, 0, 0]


def independent(start: GaussianMixture, end: GaussianMixture, /) -> Blend:
    """Return the blend of points that know nothing of each other.

    Its velocity is that of `exact.Interpolated` on the straight path; other pairings
    are known here only.
    """
    return Blend(start, end, torch.outer(start.weights, end.weights))


def carried(blend: Blend, towards: Blend, x: Points, steps: int, /) -> Points:
    """Carry starts to ends: from the mean start of one blend, to the end of another.

    With the same blend twice, that is alpha-blending. Steps are shortest at both ends,
    where spots are told apart. The first begins a millionth of the way in, and the last
    stops as far before the end.
    """
    even = torch.linspace(0, 1, steps + 1, dtype=torch.float64)
    times = (1e-6 + (1 - 2e-6) * (1 - (math.pi * even).cos()) / 2).tolist()
    for time, after in pairwise(times):
        start, end = blend.means(x, time)
        if towards is not blend:
            end = towards.means(x, time)[1]
        x = alpha_blending(x, start, end, time, after)
    return x
