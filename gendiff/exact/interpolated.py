"""The path between two mixtures, with its exact velocity.

Points of two independent Gaussian mixtures, mixed with weights `alpha`, `beta` and some
noise, are a Gaussian mixture again: a component for each pair of components, with

    mean m = alpha m_i + beta m_j,   covariance S = alpha^2 C_i + beta^2 C_j + gamma^2.

A Gaussian whose mean and covariance change is carried by the velocity
`m' + S'/2 S^-1 (x - m)`, primes for the derivatives in time, and a mixture by the
velocities of its components, averaged by responsibility.

References:
    Albergo et al. (2023), arXiv:2303.08797, appendix A (Gaussian mixtures).
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from gendiff.exact.mixture import GaussianMixture
from gendiff.exact.precise import einsum
from gendiff.interpolants import Interpolant, rate
from gendiff.types import demand_signal, level


@dataclass(frozen=True)
class Interpolated:
    """What an interpolant makes of two independent mixtures.

    Raises:
        ValueError: If the mixtures differ in dimensions.
    """

    path: Interpolant
    start: GaussianMixture
    end: GaussianMixture

    def __post_init__(self) -> None:
        d, other = self.start.means.shape[1], self.end.means.shape[1]
        if d != other:
            raise ValueError(f"the start has {d} dimensions, the end {other}")

    def at(self, time: Float[Tensor, ""], /) -> GaussianMixture:
        """Return the distribution at a time."""
        means, covariances, _, _ = self._moving(time)
        weights = torch.outer(self.start.weights, self.end.weights).flatten()
        return GaussianMixture(weights, means, covariances)

    def velocity(
        self, x: Float[Tensor, "b d"], time: Float[Tensor, ""], /
    ) -> Float[Tensor, "b d"]:
        """Return the mean velocity of what passes `x` at a time."""
        demand_signal(x)
        means, covariances, drift, growth = (part.to(x) for part in self._moving(time))
        pull = torch.linalg.solve(covariances, (x[:, None] - means)[..., None])[..., 0]
        each = drift + einsum("kij,bkj->bki", growth, pull)
        return einsum("bk,bkd->bd", self.at(time).responsibilities(x, level(0.0)), each)

    def score(
        self, x: Float[Tensor, "b d"], time: Float[Tensor, ""], /
    ) -> Float[Tensor, "b d"]:
        """Return the gradient of the log-density at a time."""
        return self.at(time).score(x, level(0.0))

    def _moving(self, time: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return means and covariances of all pairs, then slopes, the latter half."""
        (a, da), (b, db), (v, dv) = (
            rate(curve, time.to(self.start.means))
            for curve in (self.path.alpha, self.path.beta, self.path.variance)
        )
        one = torch.eye(self.start.means.shape[1]).to(self.start.means)
        i, j = self.start, self.end

        def pairs(first: Tensor, second: Tensor) -> Tensor:
            return (first[:, None] + second[None]).flatten(0, 1)

        return (
            pairs(a * i.means, b * j.means),
            pairs(a**2 * i.covariances, b**2 * j.covariances) + v * one,
            pairs(da * i.means, db * j.means),
            pairs(a * da * i.covariances, b * db * j.covariances) + dv / 2 * one,
        )
