"""A plane on which the exact classifier of noisy points is known.

Eight bumps stand on a circle and belong to four classes in turn. What class a noisy
point is of follows from the responsibilities of the bumps, at every noise level.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from gendiff.exact import GaussianMixture

CLASSES = 4
_BUMPS = 8
_ANGLES = torch.arange(_BUMPS, dtype=torch.float64) * (2 * math.pi / _BUMPS)
OWNER = torch.arange(_BUMPS) % CLASSES
"""The class of each bump."""
PLANE = GaussianMixture.isotropic(
    torch.full((_BUMPS,), 1 / _BUMPS, dtype=torch.float64),
    torch.stack([_ANGLES.cos(), _ANGLES.sin()], dim=1),
    0.15,
)


def logits(
    x: Float[Tensor, "b 2"], sigma: Float[Tensor, "..."], /
) -> Float[Tensor, "b k"]:
    """Return the logarithm of the exact class probabilities at this noise level."""
    components = PLANE.responsibilities(x, sigma)
    each = [components[:, OWNER.eq(k)].sum(1) for k in range(CLASSES)]
    return torch.stack(each, dim=1).clamp(min=1e-300).log()


def of_class(k: int, /) -> GaussianMixture:
    """Return the distribution of one class, which is its exact denoiser too."""
    own = OWNER.eq(k)
    count = int(own.sum())
    return GaussianMixture(
        torch.full((count,), 1 / count, dtype=torch.float64),
        PLANE.means[own],
        PLANE.covariances[own],
    )
