"""Gaussians: the only data whose diffusion is solved in closed form.

In an orthonormal basis that diagonalises the covariance every direction is on its own,
with variance `l`. There

    denoiser          E[x0 | x]  = mean + l / (l + sigma^2) (x - mean)   (Wiener filter)
    probability flow  x - mean  is multiplied by  sqrt((l + next^2) / (l + sigma^2))
    reverse process   a Gaussian chain, see `gendiff.solvers.sde`

and the coordinates `z = (x - mean) / sqrt(l + sigma^2)`, in which data plus noise are
white at every level, stand still along the flow. What any other denoiser `D` does to
them is the residual that it leaves beside the Wiener filter,

    dz/dlog(sigma) = -r,    r = (D - D_gaussian) / sqrt(l + sigma^2),

and a solver that integrates this has to follow what is not Gaussian, and nothing else.

`Diagonal` says this once. What differs between Gaussians is the basis: principal axes
for `Gaussian`, none for `Isotropic`, Fourier for `gendiff.exact.field.Field`.

References:
    Wiener (1949). Karras et al. (2022), arXiv:2206.00364, appendix B.
"""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Float
from torch import Tensor

from gendiff.exact.precise import principal_axes, product
from gendiff.types import demand_signal, like


class Diagonal(ABC):
    """A Gaussian that is diagonal in a known orthonormal basis."""

    mean: Float[Tensor, "*s"]

    @property
    @abstractmethod
    def variances(self) -> Tensor:
        """Variance of every coefficient; broadcasts against `rotate(x)`."""

    @abstractmethod
    def rotate(self, x: Float[Tensor, "b *s"], /) -> Float[Tensor, "b *s"]:
        """Return the coefficients of `x` in the basis."""

    @abstractmethod
    def unrotate(self, z: Float[Tensor, "b *s"], /) -> Float[Tensor, "b *s"]:
        """Return the signal that has the coefficients `z`."""

    def __call__(
        self, x: Float[Tensor, "b *s"], sigma: Float[Tensor, "..."], /
    ) -> Float[Tensor, "b *s"]:
        """Return `E[x0 | x]`: a Wiener filter in every direction of the basis."""
        gain = self.variances.to(x) / self.total(x, like(sigma, x))
        return self.signal(gain * self.coefficients(x))

    def total(self, x: Float[Tensor, "..."], sigma: float | Tensor, /) -> Tensor:
        """Return `l + sigma^2`, the variances of data plus noise, in `x`'s dtype."""
        return self.variances.to(x) + sigma**2

    def coefficients(self, x: Float[Tensor, "b *s"], /) -> Float[Tensor, "b *s"]:
        """Return what `x` adds to the mean, in the basis."""
        return self.rotate(x - self.mean.to(x))

    def signal(self, z: Float[Tensor, "b *s"], /) -> Float[Tensor, "b *s"]:
        """Undo `coefficients`."""
        return self.mean.to(z) + self.unrotate(z)

    def whiten(
        self, x: Float[Tensor, "b *s"], sigma: float | Tensor, /
    ) -> Float[Tensor, "b *s"]:
        """Return the coefficients of `x`, each over its standard deviation."""
        demand_signal(x)
        return self.coefficients(x) * self.total(x, sigma).rsqrt()

    def unwhiten(
        self, z: Float[Tensor, "b *s"], sigma: float | Tensor, /
    ) -> Float[Tensor, "b *s"]:
        """Undo `whiten`."""
        demand_signal(z)
        # In place, in what was just made: solvers do this once a step.
        return self.unrotate(z * self.total(z, sigma).sqrt()).add_(self.mean.to(z))

    def residual(
        self, denoised: Float[Tensor, "b *s"], z: Float[Tensor, "b *s"], sigma: float, /
    ) -> Float[Tensor, "b *s"]:
        """Return `r`: what the state `z` was denoised to, less the Wiener filter."""
        demand_signal(z)
        total = self.total(z, sigma)
        r = self.coefficients(denoised.to(z)).mul_(total.rsqrt())
        return r.addcmul_(z, self.variances.to(z) / total, value=-1)

    def velocity(
        self, denoised: Float[Tensor, "b *s"], z: Float[Tensor, "b *s"], sigma: float, /
    ) -> Float[Tensor, "b *s"]:
        """Return `dz/dsigma = -r / sigma` along the flow of what denoised the state."""
        return self.residual(denoised, z, sigma).mul_(-1 / sigma)

    def score(
        self, x: Float[Tensor, "b *s"], sigma: Float[Tensor, "..."]
    ) -> Float[Tensor, "b *s"]:
        """Return the gradient of `log_density` with respect to `x`."""
        noise = like(sigma, x)  # first of all: whole numbers it refuses
        return -self.unrotate(self.coefficients(x) / self.total(x, noise))

    def log_density(
        self, x: Float[Tensor, "b *s"], sigma: Float[Tensor, "..."]
    ) -> Float[Tensor, " b"]:
        """Return `log p_sigma(x)` in nats, the density of data plus noise."""
        noise = like(sigma, x)
        return self.log_density_of_white(self.whiten(x, noise), noise)

    def log_density_of_white(
        self, z: Float[Tensor, "b *s"], sigma: float | Tensor, /
    ) -> Float[Tensor, " b"]:
        """Return the `log_density` of the signal that `whiten` makes `z` of."""
        spread = math.tau * self.total(z, sigma)
        return -(z**2 + spread.log()).flatten(1).sum(1) / 2

    def flow(
        self, x: Float[Tensor, "b *s"], sigma: float, to: float, /
    ) -> Float[Tensor, "b *s"]:
        """Carry `x` along the probability flow, exactly, from one level to another."""
        return self.unwhiten(self.whiten(x, sigma), to)


@dataclass(frozen=True)
class Gaussian(Diagonal):
    """A Gaussian in `d` dimensions with full covariance.

    Raises:
        ValueError: If the covariance is not symmetric and positive definite, or the
            mean holds whole numbers.
    """

    mean: Float[Tensor, " d"]
    covariance: Float[Tensor, "d d"]

    def __post_init__(self) -> None:
        demand_signal(self.mean, name="mean")
        demand_covariance(self.covariance)

    @cached_property
    def _eigen(self) -> tuple[Tensor, Tensor]:
        return principal_axes(self.covariance)

    @property
    def variances(self) -> Float[Tensor, " d"]:
        """Eigenvalues of the covariance, ascending."""
        return self._eigen[0]

    def rotate(self, x: Float[Tensor, "b d"], /) -> Float[Tensor, "b d"]:
        """Return the coefficients along the principal axes."""
        return product(x, self._eigen[1].to(x))

    def unrotate(self, z: Float[Tensor, "b d"], /) -> Float[Tensor, "b d"]:
        """Return the point with these coefficients."""
        return product(z, self._eigen[1].to(z).mT)

    def posterior_covariance(self, sigma: Float[Tensor, ""]) -> Float[Tensor, "d d"]:
        """Return `Cov[x0 | x]`, the same for every `x`."""
        variances, basis = self._eigen
        noise = sigma.to(variances) ** 2
        kept = variances * noise / (variances + noise)
        return product(basis * kept, basis.mT)

    def sample(self, n: int, generator: torch.Generator) -> Float[Tensor, "n d"]:
        """Draw `n` points."""
        z = torch.randn(n, len(self.mean), generator=generator).to(self.mean)
        return self.mean + self.unrotate(self.variances.sqrt() * z)


_EXAMPLES = 2_000
"""Examples that a spread is measured on at most: all pairs are looked at."""


@dataclass(frozen=True)
class Isotropic(Diagonal):
    """A round Gaussian over signals of any shape: what is known of data at least.

    Raises:
        ValueError: If `std` is not positive and finite, or the mean is no tensor of
            floating-point numbers.
    """

    mean: Float[Tensor, "*s"]
    std: float

    def __post_init__(self) -> None:
        if not (self.std > 0 and math.isfinite(self.std)):
            raise ValueError(f"std is {self.std}; measure it on the data")
        demand_signal(self.mean, name="mean")

    @classmethod
    def measured(cls, data: Float[Tensor, "n *s"]) -> "Isotropic":
        """Return the one that suits data best: what a sampler should know of them.

        Its variance is the root mean square of those along the data's own axes, more
        than their mean where few of them hold most of it, as in pictures. Pairs of
        examples tell it without the axes: on average over pairs, the square of
        `(x - mean) . (x' - mean)` is the sum of all squared variances.

        Raises:
            ValueError: If there are fewer than two examples, or they are all the same.
        """
        demand_signal(data, name="the data")
        n = len(data)
        if n < 2:
            raise ValueError(f"{n} example is no measure of a spread; give hundreds")
        mean = data.cpu().double().mean(0)
        few = (data[:_EXAMPLES].cpu().double() - mean).flatten(1)
        products = product(few, few.mT).square().fill_diagonal_(0)
        of_pairs = float(products.sum()) / (len(few) * (len(few) - 1))
        return cls(mean, (of_pairs / few.shape[1]) ** 0.25)

    @property
    def variances(self) -> Float[Tensor, ""]:
        """The one variance."""
        return torch.tensor(self.std**2, dtype=torch.float64)

    def rotate(self, x: Float[Tensor, "b *s"], /) -> Float[Tensor, "b *s"]:
        """Return `x`: every basis is as good."""
        return x

    def unrotate(self, z: Float[Tensor, "b *s"], /) -> Float[Tensor, "b *s"]:
        """Return `z`."""
        return z

    def sample(self, n: int, generator: torch.Generator) -> Float[Tensor, "n *s"]:
        """Draw `n` signals shaped like the mean."""
        z = torch.randn(n, *self.mean.shape, generator=generator).to(self.mean)
        return self.mean + self.std * z


def demand_covariance(covariance: Float[Tensor, "*k d d"]) -> None:
    """Raise a `ValueError` unless `covariance` is symmetric and positive definite."""
    demand_signal(covariance, name="covariance")
    if not torch.allclose(covariance, covariance.mT):
        raise ValueError("a covariance is not symmetric; average it with its transpose")
    least = float(torch.linalg.eigvalsh(covariance.double()).min())
    if not least > 0:
        raise ValueError(
            f"a covariance has the eigenvalue {least:.3g}; add a small multiple of "
            "the identity to make it positive definite"
        )
