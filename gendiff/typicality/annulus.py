r"""The standard Gaussian in `K` dimensions, whose typical sets are annuli.

Its density depends on the radius alone, so a typical set is a range of radii:

    s = K/2 log(2 pi) + r^2 / 2,   H = K/2 log(2 pi e),
    |s - H| <= eps   iff   K - 2 eps <= r^2 <= K + 2 eps.

The radius has the chi distribution, `r^2` the chi-square distribution, so that no
integral is left to do:

    P(T_eps) = F(K + 2 eps) - F(K - 2 eps),   F the distribution function of r^2.

Shell by shell the mass is density times area. The density falls from the origin on,
the area `A_K r^{K-1}` grows, and their product has a narrow peak near `sqrt(K)`.

References:
    Blum, Hopcroft and Kannan (2020), Foundations of data science, theorem 2.9.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from scipy.special import gammaincinv
from torch import Tensor

from gendiff.discrete.surprisal import Surprisal

FEW = 200
"""Dimensions below which the variance of a radius is computed as a difference."""


def log_sphere_area(
    dimensions: int, radius: Float[Tensor, "*n"], /
) -> Float[Tensor, "*n"]:
    """Return the log of `2 pi^{K/2} r^{K-1} / Gamma(K/2)`, the area in `R^K`.

    In one dimension the sphere is two points, whatever the radius; in none it is empty,
    and the logarithm `-inf`.

    Raises:
        ValueError: If the number of dimensions is negative.
    """
    if dimensions < 0:
        raise ValueError(f"{dimensions} dimensions; give 0 or more")
    if dimensions == 0:
        return torch.full_like(radius, -torch.inf, dtype=torch.float64)
    half = dimensions / 2
    unit = math.log(2) + half * math.log(math.pi) - math.lgamma(half)
    # xlogy and not a product: at the origin of a line, 0 times log 0 is 0.
    return unit + torch.xlogy(dimensions - 1, radius.double())


def directions(
    n: int, dimensions: int, generator: torch.Generator, /
) -> Float[Tensor, "{n} {dimensions}"]:
    """Draw points uniformly on the unit sphere."""
    x = torch.randn(n, dimensions, generator=generator, dtype=torch.float64)
    return x / x.norm(dim=1, keepdim=True)


@dataclass(frozen=True)
class Chi:
    """The distribution of the length of a standard normal vector.

    Raises:
        ValueError: If there is no dimension.
    """

    dimensions: int

    def __post_init__(self) -> None:
        if self.dimensions < 1:
            raise ValueError(f"{self.dimensions} dimensions; give at least 1")

    @property
    def mean(self) -> float:
        """The mean, `sqrt(2) Gamma((K+1)/2) / Gamma(K/2)`."""
        return math.sqrt(self.dimensions - self.variance)

    @property
    def second_moment(self) -> float:
        """The mean square, `K`: this one keeps the scale, the variance doesn't."""
        return float(self.dimensions)

    @property
    def variance(self) -> float:
        """The variance, `K - mean^2`: from 0.363 in one dimension towards 1/2."""
        k = self.dimensions
        if k < FEW:
            return k - 2 * math.exp(2 * (math.lgamma((k + 1) / 2) - math.lgamma(k / 2)))
        # Of two numbers near K little is left; Stirling's series has the difference.
        tail = 5 / (128 * k**3) + 23 / (256 * k**4)
        return 1 / 2 - 1 / (8 * k) - 1 / (16 * k**2) + tail

    @property
    def mode(self) -> float:
        """The most likely radius, `sqrt(K - 1)`."""
        return math.sqrt(self.dimensions - 1)

    def log_pdf(self, radius: Float[Tensor, "*n"], /) -> Float[Tensor, "*n"]:
        """Return the log-density of radii: `(1 - K/2) log 2 - log Gamma(K/2) + ...`."""
        k, r = self.dimensions, radius.double()
        constant = (1 - k / 2) * math.log(2) - math.lgamma(k / 2)
        return constant + torch.xlogy(k - 1, r) - r**2 / 2

    def cdf(self, radius: Float[Tensor, "*n"], /) -> Float[Tensor, "*n"]:
        """Return the probability of a smaller radius."""
        half = torch.tensor(self.dimensions / 2, dtype=torch.float64)
        return torch.special.gammainc(half, radius.double().clamp(min=0.0) ** 2 / 2)

    def quantile(self, share: Float[Tensor, "*n"], /) -> Float[Tensor, "*n"]:
        """Return the radius below which this fraction of the mass lies."""
        half = gammaincinv(self.dimensions / 2, share.double().numpy())
        return (2 * torch.as_tensor(half)).sqrt()

    def sample(self, n: int, generator: torch.Generator, /) -> Float[Tensor, "{n}"]:
        """Draw radii, as the lengths of Gaussian vectors."""
        x = torch.randn(n, self.dimensions, generator=generator, dtype=torch.float64)
        return x.norm(dim=1)


@dataclass(frozen=True)
class StandardGaussian(Surprisal):
    """The standard normal distribution in `K` dimensions and its surprisal."""

    dimensions: int

    @property
    def radius(self) -> Chi:
        """The distribution of the distance from the mode."""
        return Chi(self.dimensions)

    @property
    def entropy(self) -> float:
        """The differential entropy, `K/2 log(2 pi e)`."""
        return self.dimensions / 2 * math.log(math.tau * math.e)

    @property
    def least(self) -> float:
        """The surprisal of the origin, `K/2` below the entropy."""
        return self.dimensions / 2 * math.log(math.tau)

    def surprisal_at(self, radius: Float[Tensor, "*n"], /) -> Float[Tensor, "*n"]:
        """Return `-log f` at a distance from the mode, in nats."""
        return self.least + radius.double() ** 2 / 2

    def log_density(self, x: Float[Tensor, "b d"], /) -> Float[Tensor, " b"]:
        """Return the log-density of points, in nats."""
        return -self.surprisal_at(x.double().norm(dim=1))

    def annulus(
        self, epsilon: Float[Tensor, "*n"], /
    ) -> tuple[Float[Tensor, "*n"], Float[Tensor, "*n"]]:
        """Return the smallest and the largest radius in each typical set."""
        k, epsilon = self.dimensions, epsilon.double()
        return (k - 2 * epsilon).clamp(min=0.0).sqrt(), (k + 2 * epsilon).sqrt()

    def mass(self, epsilon: Float[Tensor, "*n"], /) -> Float[Tensor, "*n"]:
        """Return the probability of each typical set."""
        low, high = self.annulus(epsilon)
        return self.radius.cdf(high) - self.radius.cdf(low)
