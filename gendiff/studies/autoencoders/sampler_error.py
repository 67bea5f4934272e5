"""How far a sampler on a line is from its data, without drawing any of it.

In one dimension the probability flow keeps the order of points, so it carries evenly
spaced quantiles of the noise to quantiles of what it makes. The largest gap between
their distribution function and the data's is the sampler's own error, free of the
scatter of a finite draw.
"""

from collections.abc import Sequence
from functools import partial

import torch
from jaxtyping import Float
from torch import Tensor

from gendiff.exact import GaussianMixture
from gendiff.metrics import ks_distance
from gendiff.record import last
from gendiff.solvers import euler
from gendiff.types import Denoiser


def distribution(
    data: GaussianMixture, x: Float[Tensor, " n"], /
) -> Float[Tensor, " n"]:
    """Return the distribution function of a mixture on a line."""
    z = (x[:, None] - data.means[:, 0]) / data.covariances[:, 0, 0].sqrt()
    return torch.special.ndtr(z) @ data.weights


def quantile_error(
    denoise: Denoiser,
    data: GaussianMixture,
    grid: Sequence[float],
    /,
    *,
    quantiles: int = 20_000,
) -> float:
    """Return the Kolmogorov-Smirnov distance of all that the flow makes to the data."""
    even = (torch.arange(quantiles, dtype=torch.float64) + 0.5) / quantiles
    start = grid[0] * torch.special.ndtri(even)[:, None]
    end = last(euler(denoise, start, grid))[:, 0]
    return ks_distance(end, partial(distribution, data))
