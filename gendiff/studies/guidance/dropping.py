"""What hiding labels in training does to a guided denoiser, beside the exact one.

The world is a mixture of Gaussians, three for each of scikit-learn's ten digits, so the
conditional and the unconditional denoiser are formulas. An `Exam` is a set of noisy
images with both answers, and its marks say how far a network is from them.
"""

from copy import deepcopy
from dataclasses import dataclass
from typing import TypeVar

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from gendiff.data import toys
from gendiff.exact import GaussianMixture
from gendiff.levels import log_normal, stratified
from gendiff.noise import seeded
from gendiff.objectives import edm_weight

Network = TypeVar("Network", bound=nn.Module)

CLASSES = 10
SCALE = 3.0
"""The guidance scale at which predictions are compared."""
LEVELS = stratified(log_normal(-0.7, 1.2))


def pairs(
    n: int, generator: torch.Generator, /
) -> tuple[Float[Tensor, "n d"], Int[Tensor, " n"]]:
    """Draw images and labels."""
    x, component = toys.digits64().sample_with_component(n, generator)
    return x.float(), _class_of(toys.digits64())[component]


def conditioned(c: int, /) -> GaussianMixture:
    """Return the mixture of one class."""
    world = toys.digits64()
    its = _class_of(world) == c
    share = world.weights[its] / world.weights[its].sum()
    return GaussianMixture(share, world.means[its], world.covariances[its])


def _class_of(world: GaussianMixture, /) -> Int[Tensor, " k"]:
    components = len(world.weights)
    return torch.arange(components) // (components // CLASSES)


def thawed(model: Network, /) -> Network:
    """Return a copy that can be trained further."""
    return deepcopy(model).requires_grad_(requires_grad=True)


@dataclass(frozen=True)
class Marks:
    """How far a network is from the exact denoisers, by weighted squared errors."""

    excess: Float[Tensor, " n"]
    """Of the prediction that knows the label, for each image."""
    guided: Float[Tensor, " n"]
    """Of the prediction that is guided at `SCALE`."""


@dataclass(frozen=True)
class Exam:
    """Noisy images that no network has seen, with the exact answers."""

    y: Int[Tensor, " n"]
    sigma: Float[Tensor, " n"]
    x: Float[Tensor, "n d"]
    given: Float[Tensor, "n d"]
    """The exact denoiser's answer that knows the label."""
    free: Float[Tensor, "n d"]
    """The one that doesn't."""
    data_std: float
    """In the weight of the errors, which is that of training."""

    @torch.no_grad()
    def marks(self, model: nn.Module, /) -> Marks:
        """Return the marks of a denoiser on the CPU that takes labels, or none."""
        given, free = model(self.x, self.sigma, self.y), model(self.x, self.sigma)
        push, exact = given - free, self.given - self.free
        return Marks(
            excess=self._wrong(given - self.given),
            guided=self._wrong(free - self.free + SCALE * (push - exact)),
        )

    def blind(self) -> Float[Tensor, " n"]:
        """Return the excess of the exact denoiser that isn't told the label."""
        return self._wrong(self.free - self.given)

    def _wrong(self, error: Float[Tensor, "n d"], /) -> Float[Tensor, " n"]:
        """Return weighted squared errors.

        On average over clean images these are how much a loss exceeds that of the exact
        denoiser, without the noise that no denoiser can undo.
        """
        return edm_weight(self.data_std)(self.sigma) * error.square().mean(1)


def exam(n: int, data_std: float, generator: torch.Generator, /) -> Exam:
    """Set an exam of `n` noisy images."""
    x0, y = pairs(n, generator)
    sigma = LEVELS(n, generator).float()
    x = x0 + sigma[:, None] * seeded(generator)(x0)
    given = torch.zeros_like(x)
    for c in range(CLASSES):
        k = y == c
        given[k] = conditioned(c)(x[k].double(), sigma[k].double()).float()
    free = toys.digits64()(x.double(), sigma.double()).float()
    return Exam(y, sigma, x, given, free, data_std)
