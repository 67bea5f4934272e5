"""Gaussian mixtures: many modes, and still everything in closed form.

With responsibilities `r_j(x) = P(component j | x)` at noise level sigma,

    p_sigma(x)  = sum_j w_j N(x; m_j, C_j + sigma^2 I),
    E[x0 | x]   = sum_j r_j (m_j + C_j (C_j + sigma^2 I)^-1 (x - m_j)),
    Cov[x0 | x] = sum_j r_j (V_j + f_j f_j^T) - E E^T,

where `f_j` are the components' filtered points and `V_j` their posterior covariances.
Responsibilities come from a log-sum-exp, so that nothing overflows far from every mode.
"""

import math
from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Float
from torch import Tensor

from gendiff.exact.gaussian import Gaussian, demand_covariance
from gendiff.exact.precise import einsum, principal_axes
from gendiff.types import demand_signal, like


@dataclass(frozen=True)
class GaussianMixture:
    """A mixture of `k` Gaussians with full covariances in `d` dimensions.

    Raises:
        ValueError: If weights are not positive or do not sum to 1, a covariance is not
            symmetric and positive definite, or something holds whole numbers.
    """

    weights: Float[Tensor, " k"]
    means: Float[Tensor, "k d"]
    covariances: Float[Tensor, "k d d"]

    def __post_init__(self) -> None:
        demand_signal(self.weights, name="weights")
        demand_signal(self.means, name="means")
        total = float(self.weights.sum())
        if not (self.weights > 0).all() or abs(total - 1) > 1e-5:
            raise ValueError(f"weights must be positive and sum to 1; sum is {total}")
        demand_covariance(self.covariances)

    @classmethod
    def isotropic(
        cls,
        weights: Float[Tensor, " k"],
        means: Float[Tensor, "k d"],
        std: float | Float[Tensor, " k"],
    ) -> "GaussianMixture":
        """Make a mixture of round components with standard deviations `std`."""
        k, d = means.shape
        demand_signal(means, name="means")
        # From a Python float at once: by way of float32 it would lose half its digits.
        stds = torch.as_tensor(std, dtype=means.dtype, device=means.device)
        variance = (stds**2).expand(k)
        return cls(weights, means, variance[:, None, None] * torch.eye(d).to(means))

    @cached_property
    def _eigen(self) -> tuple[Tensor, Tensor]:
        variances, bases = principal_axes(self.covariances)
        return variances.to(self.means), bases.to(self.means)

    def __call__(
        self, x: Float[Tensor, "b d"], sigma: Float[Tensor, "..."], /
    ) -> Float[Tensor, "b d"]:
        """Return `E[x0 | x]`: Wiener filters, averaged by responsibility."""
        filtered = self._filtered(x, sigma)
        return einsum("bk,bkd->bd", self.responsibilities(x, sigma), filtered)

    def responsibilities(
        self, x: Float[Tensor, "b d"], sigma: Float[Tensor, "..."]
    ) -> Float[Tensor, "b k"]:
        """Return the exact classifier `P(component | x)` at this noise level."""
        return self._log_joint(x, sigma).softmax(-1)

    def log_density(
        self, x: Float[Tensor, "b d"], sigma: Float[Tensor, "..."]
    ) -> Float[Tensor, " b"]:
        """Return `log p_sigma(x)` in nats, the density of data plus noise."""
        return self._log_joint(x, sigma).logsumexp(-1)

    def score(
        self, x: Float[Tensor, "b d"], sigma: Float[Tensor, "..."]
    ) -> Float[Tensor, "b d"]:
        """Return the gradient of `log_density`; finite at `sigma = 0` too."""
        variances, bases = self._eigen
        total = variances.to(x) + _noise(sigma, x)
        pull = einsum("kij,bkj->bki", bases.to(x), -self._rotated(x) / total)
        return einsum("bk,bkd->bd", self.responsibilities(x, sigma), pull)

    def posterior_covariance(
        self, x: Float[Tensor, "b d"], sigma: Float[Tensor, "..."]
    ) -> Float[Tensor, "b d d"]:
        """Return `Cov[x0 | x]`: within components plus between them."""
        variances, bases = self._eigen
        variances, bases, noise = variances.to(x), bases.to(x), _noise(sigma, x)
        shrunk = (variances * noise / (variances + noise)).expand(len(x), -1, -1)
        within = einsum("kij,bkj,klj->bkil", bases, shrunk, bases)
        weight = self.responsibilities(x, sigma)
        spread = self._filtered(x, sigma) - self(x, sigma)[:, None]
        between = einsum("bki,bkl->bkil", spread, spread)
        return einsum("bk,bkil->bil", weight, within + between)

    def sample(self, n: int, generator: torch.Generator) -> Float[Tensor, "n d"]:
        """Draw `n` points."""
        return self.sample_with_component(n, generator)[0]

    def sample_with_component(
        self, n: int, generator: torch.Generator
    ) -> tuple[Float[Tensor, "n d"], Tensor]:
        """Draw `n` points and the component, an index, that each came from."""
        weights = self.weights.double().cpu()
        j = torch.multinomial(weights, n, replacement=True, generator=generator)
        z = torch.randn(n, self.means.shape[1], generator=generator).to(self.means)
        variances, bases = self._eigen
        j = j.to(self.means.device)
        spread = einsum("nij,nj->ni", bases[j], variances[j].sqrt() * z)
        return self.means[j] + spread, j

    def moments(self) -> Gaussian:
        """Return the Gaussian with the mixture's mean and covariance."""
        mean = einsum("k,kd->d", self.weights, self.means)
        spread = self.means - mean
        within = einsum("k,kij->ij", self.weights, self.covariances)
        between = einsum("k,ki,kj->ij", self.weights, spread, spread)
        return Gaussian(mean, within + between)

    def _rotated(self, x: Tensor) -> Float[Tensor, "b k d"]:
        spread = x[:, None] - self.means.to(x)
        return einsum("kji,bkj->bki", self._eigen[1].to(x), spread)

    def _filtered(self, x: Tensor, sigma: Tensor) -> Float[Tensor, "b k d"]:
        variances, bases = self._eigen
        variances = variances.to(x)
        gain = variances / (variances + _noise(sigma, x))
        back = einsum("kij,bkj->bki", bases.to(x), gain * self._rotated(x))
        return self.means.to(x) + back

    def _log_joint(self, x: Tensor, sigma: Tensor) -> Float[Tensor, "b k"]:
        total = self._eigen[0].to(x) + _noise(sigma, x)
        square = self._rotated(x) ** 2 / total
        log_normal = -(square + (2 * math.pi * total).log()).sum(-1) / 2
        return self.weights.to(x).log() + log_normal


def _noise(sigma: Tensor, x: Tensor) -> Tensor:
    """Return the noise variance, broadcastable against `(b, k, d)`."""
    return like(sigma, x[:, None]) ** 2
