"""How far the coordinates of a sample are from those of a mixture of Gaussians."""

import torch
from jaxtyping import Float
from torch import Tensor

from gendiff.estimate import Estimate
from gendiff.exact import GaussianMixture
from gendiff.metrics import jackknife, ks_distance


def ks_of(
    distribution: GaussianMixture, points: Float[Tensor, "n d"], axis: int
) -> float:
    """Return the Kolmogorov-Smirnov distance of a coordinate from the exact one."""
    means, variances = (
        distribution.means[:, axis],
        distribution.covariances[:, axis, axis],
    )

    def cdf(x: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
        z = (x[:, None] - means) / variances.sqrt()
        return torch.special.ndtr(z) @ distribution.weights

    return ks_distance(points[:, axis], cdf)


def ks_estimate(
    distribution: GaussianMixture, points: Float[Tensor, "n d"], axis: int
) -> Estimate:
    """Return the same distance with its standard error."""
    return jackknife(lambda kept: ks_of(distribution, points[kept], axis), len(points))
