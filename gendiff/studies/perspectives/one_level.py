"""A score at one level of noise: where it is wrong, what the level does to the data.

At a low level few noisy points lie between the modes, so that a network learns nothing
there; at a high level they lie everywhere, and the density is no longer that of the
data. The second is known. The first is an error of estimation, and goes away if the
noisy points are spread evenly, each with a clean point of its posterior: the minimiser
is the same, because at each place the mean of the clean point is.

References:
    Song and Ermon (2019), arXiv:1907.05600, section 3.2.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from gendiff.exact import GaussianMixture
from gendiff.levels import Levels
from gendiff.metrics import sliced_wasserstein
from gendiff.noise import seeded
from gendiff.objectives import Weight
from gendiff.types import Denoiser, like

Points = Float[Tensor, "n d"]
LINE = torch.linspace(-12, 12, 4_001, dtype=torch.float64)


def square(reach: float, side: int) -> Float[Tensor, "n 2"]:
    """Return even points of the square of half-width `reach`, `side` in each row."""
    line = torch.linspace(-reach, reach, side)
    return torch.cartesian_prod(line, line)


def tenths(
    data: GaussianMixture, denoise: Denoiser, sigma: Float[Tensor, ""], points: Points
) -> Float[Tensor, " 10"]:
    """Return errors of the score in units of `1 / sigma`, thinnest tenth first.

    The points are sorted by the density of the noisy data, and each tenth of them has
    its root mean square error. With even points each place weighs alike.
    """
    with torch.no_grad():
        off = (denoise(points, sigma) - data(points, sigma)) / sigma
    order = data.log_density(points, sigma).argsort()
    tenth = off.square().sum(1)[order].chunk(10)
    return torch.stack([part.mean().sqrt() for part in tenth])


def distortion(data: GaussianMixture, sigma: float) -> float:
    """Return how far noise moves the distribution function of the first coordinate."""
    at, var = data.means[:, :1].double(), data.covariances[:, :1, 0].double()
    noisy, clean = (
        data.weights.double() @ torch.special.ndtr((LINE - at) / (var + s**2).sqrt())
        for s in (sigma, 0.0)
    )
    return float((noisy - clean).abs().max())


def posterior(
    data: GaussianMixture,
    x: Float[Tensor, "b d"],
    sigma: Float[Tensor, " b"],
    generator: torch.Generator,
) -> Float[Tensor, "b d"]:
    """Draw a clean point for each noisy one, of a mixture of round components."""
    chances = data.responsibilities(x, sigma)
    chosen = torch.multinomial(chances, 1, generator=generator)[:, 0]
    mean, var = data.means[chosen].to(x), data.covariances[chosen, 0, 0].to(x)
    gain = var / (var + sigma**2)
    spread = like((gain * sigma**2).sqrt(), x)
    return mean + like(gain, x) * (x - mean) + spread * seeded(generator)(x)


@dataclass(frozen=True)
class Evenly:
    """Denoising where noisy points are spread evenly over a square: nothing is thin.

    A loss; of its batch it takes the size only.
    """

    data: GaussianMixture
    reach: float
    levels: Levels
    weight: Weight

    def __call__(
        self,
        model: Callable[..., Tensor],
        batch: tuple[Tensor, ...],
        generator: torch.Generator,
        /,
    ) -> Float[Tensor, " b"]:
        """Return each point's weighted error at a level of its own."""
        shape = batch[0].shape
        sigma = self.levels(len(batch[0]), generator)
        x = self.reach * (2 * torch.rand(shape, generator=generator) - 1)
        sigma = sigma.to(x)
        clean = posterior(self.data, x, sigma, generator)
        return self.weight(sigma) * (model(x, sigma) - clean).square().mean(1)


@dataclass(frozen=True)
class RealSets:
    """Sets of real points, against which sets of samples as large are held."""

    sets: Float[Tensor, "k n d"]

    def away(self, samples: Points, /) -> float:
        """Return the mean sliced Wasserstein distance to the sets."""
        return sum(_apart(samples, real) for real in self.sets) / len(self.sets)

    def floor(self) -> float:
        """Return the mean distance between two of the sets."""
        pairs = torch.combinations(torch.arange(len(self.sets)))
        return sum(_apart(*self.sets[pair]) for pair in pairs) / len(pairs)


def _apart(x: Points, y: Points) -> float:
    fixed = torch.Generator().manual_seed(0)
    return sliced_wasserstein(x, y, projections=32, generator=fixed)
