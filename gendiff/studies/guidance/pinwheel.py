"""A world in the plane: three classes, along the three bent arms of a pinwheel.

It is a mixture of round Gaussians, so every prediction and every classifier in it is a
formula. The arms are turned copies of each other.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from gendiff.exact import GaussianMixture

ARMS = 3
STD = 0.14
"""Of each of the Gaussians."""


def arm(k: int) -> Float[Tensor, "7 2"]:
    """Return seven points along an arm, from its inner end outwards."""
    radius = torch.linspace(0.45, 1.75, 7, dtype=torch.float64)
    angle = (math.pi / 2 + k * math.tau / ARMS) + 0.75 * (radius - 0.45)
    return radius[:, None] * torch.stack([angle.cos(), angle.sin()], 1)


def cloud(means: Float[Tensor, "k d"], std: float = STD) -> GaussianMixture:
    """Return equal round Gaussians around the means."""
    weights = torch.full_like(means[:, 0], 1 / len(means))
    return GaussianMixture.isotropic(weights, means, std)


def classes() -> list[GaussianMixture]:
    """Return the distribution of each class."""
    return [cloud(arm(k)) for k in range(ARMS)]


def world() -> GaussianMixture:
    """Return the distribution of all classes together."""
    return cloud(torch.cat([arm(k) for k in range(ARMS)]))


def spread(distribution: GaussianMixture) -> float:
    """Return the root mean variance of a coordinate."""
    return float(distribution.moments().covariance.diagonal().mean().sqrt())


def noised(
    distribution: GaussianMixture, n: int, sigma: float, generator: torch.Generator
) -> tuple[Float[Tensor, "n d"], Float[Tensor, "n d"]]:
    """Return points of a distribution, and the same under noise."""
    clean = distribution.sample(n, generator)
    eps = torch.randn(clean.shape, generator=generator).to(clean)
    return clean, clean + sigma * eps
