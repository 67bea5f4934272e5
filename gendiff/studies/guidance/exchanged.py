"""Why is scale 1 not enough? Learnt parts and exact ones, exchanged one by one.

A sampler at scale 1 has three parts: the prediction without the label (the *score*),
what the label adds to it (the *push*), and the steps of the solver. In the world of
`dropping`, a mixture of Gaussians fitted to digits of 8 x 8 pixels, both denoisers are
formulas, and so is the probability of a class, `p(y | x)`. With all three exact, the
samples are data; that is Bayes' rule. What a learnt part does is then to be seen.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import torch
from jaxtyping import Float, Int
from torch import Tensor

from gendiff.data import toys
from gendiff.estimate import Estimate, mean
from gendiff.exact import GaussianMixture, Isotropic
from gendiff.metrics import jackknife
from gendiff.metrics.energy import energy_distance
from gendiff.studies.guidance.dropping import CLASSES, conditioned, pairs
from gendiff.types import level

GROUPS = 21
Answers = Callable[[Tensor, Tensor, Tensor], tuple[Tensor, Tensor]]
"""`(x, sigma, labels) -> D(x), D(x | y)`: both predictions of a model."""


def exact(
    x: Float[Tensor, "b 64"], sigma: Float[Tensor, "..."], labels: Int[Tensor, " b"], /
) -> tuple[Float[Tensor, "b 64"], Float[Tensor, "b 64"]]:
    """Return both predictions of the world itself."""
    fine, given = x.double(), torch.empty_like(x)
    for c in range(CLASSES):
        given[labels == c] = _class(c)(fine[labels == c], sigma).to(x)
    return toys.digits64()(fine, sigma).to(x), given


@dataclass(frozen=True)
class Exchanged:
    """A guide of two models: one predicts without the label, one says what it adds."""

    score: Answers
    push: Answers
    labels: Int[Tensor, " b"]
    scale: float = 1.0

    def __call__(
        self, x: Float[Tensor, "b 64"], sigma: Float[Tensor, ""], /
    ) -> Float[Tensor, "b 64"]:
        """Return `D(x) + scale * (D(x | y) - D(x))`, the first from one model."""
        free, _ = self.score(x, sigma, self.labels)
        away, toward = self.push(x, sigma, self.labels)
        return free + self.scale * (toward - away)


def certain(
    x: Float[Tensor, "n 64"], labels: Int[Tensor, " n"], /
) -> Float[Tensor, " n"]:
    """Return the exact probability of each label, given the image."""
    world = toys.digits64()
    each = world.responsibilities(x.double(), level(0.0))
    classes = each.unflatten(1, (CLASSES, -1)).sum(2)
    return classes.gather(1, labels[:, None])[:, 0]


@dataclass(frozen=True)
class World:
    """Fresh images to hold samples against."""

    images: Float[Tensor, "m 64"]
    labels: Int[Tensor, " m"]
    gaussian: Isotropic
    """What a sampler should know of them."""

    def sure(self, x: Float[Tensor, "n 64"], labels: Int[Tensor, " n"], /) -> Estimate:
        """Return the mean exact probability of what was asked for."""
        return mean(certain(x, labels), "noises")

    def distance(
        self, x: Float[Tensor, "n 64"], labels: Int[Tensor, " n"], /
    ) -> Estimate:
        """Return the energy distance to the images of each class, averaged."""

        def distance(i: Int[Tensor, " k"]) -> float:
            parts = [
                energy_distance(x[i][labels[i] == c], self.images[self.labels == c])
                for c in range(CLASSES)
            ]
            return sum(parts) / CLASSES

        return jackknife(distance, len(x), groups=GROUPS, of="noises")


def world(n: int, generator: torch.Generator, /) -> World:
    """Draw images to hold samples against."""
    images, labels = pairs(n, generator)
    return World(images, labels, Isotropic.measured(images))


@cache
def _class(c: int) -> GaussianMixture:
    return conditioned(c)
