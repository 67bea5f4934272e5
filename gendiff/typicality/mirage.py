r"""The Gaussian mirage: what a round Gaussian would be if its radius were Gaussian.

Turn a bell curve about its centre in every direction of `K`-dimensional space, and it
seems that a round Gaussian must come out. It does in one dimension. In more, the result
is another distribution: a radius `r`, half-Gaussian of scale `sqrt(K)`, times a
direction uniform on the sphere. Its density is the radius's, spread over the sphere's
area,

    f(x) = 2 / sqrt(2 pi K) exp(-r^2 / 2K)  Gamma(K/2) / (2 pi^{K/2} r^{K-1}),

and is infinite at the origin for `K > 1`. In nats, with Euler's constant `g`,

    entropy         H = 1/2 + (K-1)/2 (log(K/2) - g)
                        - log(Gamma(K/2) / (sqrt(2 pi K) pi^{K/2}))
    typical radius  r^2 = K (K-1) W(exp(1/(K-1) + log(K/2) - g) / (K (K-1))),

with Lambert's `W`, and `r = 1` for `K = 1`. As `K` grows, `r / sqrt(K)` tends to
`sqrt(exp(-g) / 2)`. A coordinate has variance 1 and kurtosis `9 K / (K + 2)`.

References:
    Dieleman (2020), Addendum: quantifying our flawed intuitions.
    Corless et al. (1996), On the Lambert W function.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from scipy.special import wrightomega
from torch import Tensor

from gendiff.discrete.surprisal import Surprisal
from gendiff.typicality.annulus import directions, log_sphere_area

EULER = 0.5772156649015329
"""Euler's constant."""
LIMIT = math.sqrt(math.exp(-EULER) / 2)
"""What the typical radius over `sqrt(K)` tends to."""


@dataclass(frozen=True)
class Mirage(Surprisal):
    """The Gaussian mirage in `K` dimensions.

    Raises:
        ValueError: If there is no dimension.
    """

    dimensions: int

    def __post_init__(self) -> None:
        if self.dimensions < 1:
            raise ValueError(f"{self.dimensions} dimensions; give at least 1")

    @property
    def entropy(self) -> float:
        """The differential entropy in nats."""
        k = self.dimensions
        area = k / 2 * math.log(math.pi) - math.lgamma(k / 2)
        log_radius = (math.log(k / 2) - EULER) / 2
        return 1 / 2 + (k - 1) * log_radius + area + math.log(math.tau * k) / 2

    @property
    def least(self) -> float:
        """The surprisal of the origin: `-inf` in more than one dimension."""
        return -math.inf if self.dimensions > 1 else math.log(math.tau) / 2

    @property
    def mean_radius(self) -> float:
        """The mean of the half-Gaussian radius, `sqrt(2 K / pi)`."""
        return math.sqrt(2 * self.dimensions / math.pi)

    @property
    def kurtosis(self) -> float:
        """The kurtosis of a coordinate, 3 for a Gaussian and at most 9 here."""
        return 9 * self.dimensions / (self.dimensions + 2)

    @property
    def typical_radius(self) -> float:
        """The radius at which the surprisal equals the entropy."""
        return float(self.radius_at(torch.tensor(self.entropy, dtype=torch.float64)))

    def surprisal_at(self, radius: Float[Tensor, "*n"], /) -> Float[Tensor, "*n"]:
        """Return `-log f` at a distance from the origin, in nats."""
        k, r = self.dimensions, radius.double()
        return math.log(math.tau * k / 4) / 2 + r**2 / (2 * k) + log_sphere_area(k, r)

    def radius_at(self, surprisal: Float[Tensor, "*n"], /) -> Float[Tensor, "*n"]:
        """Return the distance at which `-log f` is this: `surprisal_at` undone.

        By Wright's omega, `W(e^z)` without forming `e^z`, which overflows.
        """
        k = self.dimensions
        one = torch.ones((), dtype=torch.float64)
        rest = surprisal.double() - self.surprisal_at(one) + 1 / (2 * k)
        if k == 1:
            return (2 * rest.clamp(min=0.0)).sqrt()
        z = 2 * rest / (k - 1) - math.log(k * (k - 1))
        return (k * (k - 1) * torch.as_tensor(wrightomega(z.numpy()))).sqrt()

    def radius_cdf(self, radius: Float[Tensor, "*n"], /) -> Float[Tensor, "*n"]:
        """Return the probability of a smaller radius, half-Gaussian."""
        scale = math.sqrt(2 * self.dimensions)
        return torch.erf(radius.double().clamp(min=0.0) / scale)

    def radius_quantile(self, share: Float[Tensor, "*n"], /) -> Float[Tensor, "*n"]:
        """Return the radius below which this fraction of the mass lies."""
        return math.sqrt(2 * self.dimensions) * torch.erfinv(share.double())

    def log_density(self, x: Float[Tensor, "b d"], /) -> Float[Tensor, " b"]:
        """Return the log-density of points, in nats; `inf` at the origin."""
        return -self.surprisal_at(x.double().norm(dim=1))

    def mass(self, epsilon: Float[Tensor, "*n"], /) -> Float[Tensor, "*n"]:
        """Return the probability of each typical set."""
        low = self.radius_at(self.entropy - epsilon.double())
        high = self.radius_at(self.entropy + epsilon.double())
        return self.radius_cdf(high) - self.radius_cdf(low)

    def sample_radius(
        self, n: int, generator: torch.Generator, /
    ) -> Float[Tensor, "{n}"]:
        """Draw radii."""
        draws = torch.randn(n, generator=generator, dtype=torch.float64)
        return math.sqrt(self.dimensions) * draws.abs()

    def sample(self, n: int, generator: torch.Generator, /) -> Float[Tensor, "{n} d"]:
        """Draw points."""
        radius = self.sample_radius(n, generator)
        return radius[:, None] * directions(n, self.dimensions, generator)
