"""Digits of ten by ten pixels with an exact density, and rivals that likelihood judges.

A mixture of Gaussians in a hundred dimensions whose samples a person can read. Beside
it stand noise and a table of stored examples, each with a density of its own, and the
way uphill to a mode.

References:
    Theis, van den Oord and Bethge (2016), A note on the evaluation of generative
    models.
    Dempster, Laird and Rubin (1977), Maximum likelihood from incomplete data.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from sklearn.datasets import load_digits
from torch import Tensor
from torch.nn.functional import interpolate

from gendiff.data import toys
from gendiff.exact import GaussianMixture
from gendiff.types import level

SIDE = 10
FLOOR = 4e-3
"""What is added to every variance: enlarging makes pixels depend on each other."""
PAPER = 16.0
"""The grey value of paper; ink is 0."""


def enlarged(images: Float[Tensor, "n 8 8"], /) -> Float[Tensor, "n d"]:
    """Return scans of 8 by 8 pixels at the larger size, as points."""
    grown = interpolate(
        images[:, None], size=(SIDE, SIDE), mode="bilinear", align_corners=True
    )
    return grown.flatten(1)


def distribution() -> GaussianMixture:
    """Return the mixture of the small digits, carried over to the larger ones."""
    small = toys.digits64()
    enlarge = enlarged(torch.eye(64, dtype=torch.float64).reshape(64, 8, 8))
    floor = FLOOR * torch.eye(SIDE**2).double()
    grown = enlarge.mT @ small.covariances @ enlarge + floor
    return GaussianMixture(small.weights, small.means @ enlarge, (grown + grown.mT) / 2)


def pictures(z: Float[Tensor, "n d"], /) -> Float[Tensor, "n h w"]:
    """Return points of the mixture as images, from ink at 0 to paper at 16."""
    scans, _ = load_digits(return_X_y=True)
    average = enlarged(torch.from_numpy(scans.mean(0)).reshape(1, 8, 8))
    shade = toys.DATA_STD / float(scans.std())
    return PAPER - (z / shade + average).reshape(-1, SIDE, SIDE)


@dataclass(frozen=True)
class WhiteNoise:
    """White noise: independent coordinates with one standard deviation."""

    dimensions: int
    std: float

    def log_density(self, z: Float[Tensor, "n d"], /) -> Float[Tensor, " n"]:
        """Return the log-density of points, in nats."""
        constant = self.dimensions / 2 * math.log(math.tau * self.std**2)
        return -(z**2).sum(1) / (2 * self.std**2) - constant

    def sample(self, n: int, generator: torch.Generator, /) -> Float[Tensor, "n d"]:
        """Draw points."""
        shape = (n, self.dimensions)
        return self.std * torch.randn(shape, generator=generator, dtype=torch.float64)


@dataclass(frozen=True)
class StoredExamples:
    """A table of examples, each blurred a little so that it has a density."""

    examples: Float[Tensor, "m d"]
    blur: float

    def log_density(self, z: Float[Tensor, "n d"], /) -> Float[Tensor, " n"]:
        """Return the log-density of points, in nats."""
        m, d = self.examples.shape
        square = torch.cdist(z, self.examples) ** 2 / (2 * self.blur**2)
        constant = math.log(m) + d / 2 * math.log(math.tau * self.blur**2)
        return torch.logsumexp(-square, 1) - constant

    def sample(
        self, n: int, which: torch.Generator, noise: torch.Generator, /
    ) -> Float[Tensor, "n d"]:
        """Draw points: an example each, and its blur."""
        m, d = self.examples.shape
        place = torch.randint(m, (n,), generator=which)
        return self.examples[place] + WhiteNoise(d, self.blur).sample(n, noise)


def uphill(
    distribution: GaussianMixture, z: Float[Tensor, "n d"], /
) -> Float[Tensor, "n d"]:
    """Return the maximum of the bound on the log-density that touches at each point.

    It is the step of expectation maximisation: the density there is no lower.
    """
    inverse = torch.linalg.inv(distribution.covariances)
    pull = torch.einsum("kij,kj->ki", inverse, distribution.means)
    mine = distribution.responsibilities(z, level(0.0))
    precision = (mine @ inverse.flatten(1)).reshape(len(z), *inverse.shape[1:])
    return torch.linalg.solve(precision, mine @ pull)


@dataclass(frozen=True)
class Summits:
    """Where climbers arrive."""

    number: int
    rows: list[list[int]]
    """Of the summits that most climbers reach, a few climbers each."""


def summits(surprisal: Float[Tensor, " n"], /, *, rows: int, most: int) -> Summits:
    """Sort climbers by the height that they reach."""
    heights, whose, reached = torch.unique(
        (surprisal * 1e4).round(), return_inverse=True, return_counts=True
    )
    popular = reached.argsort(descending=True, stable=True)[:rows]
    abreast = min(most, int(reached[popular].min()))
    chosen = [(whose == s).nonzero()[:abreast, 0].tolist() for s in popular]
    return Summits(len(heights), chosen)
