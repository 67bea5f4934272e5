"""Expectations under a mixture on a line, by summation over a fine lattice."""

import torch
from torch import Tensor

from gendiff.exact import GaussianMixture
from gendiff.types import level


def unavoidable(data: GaussianMixture, sigma: float, /) -> float:
    """Return the mean squared error of the best denoiser at one noise level."""
    x = _lattice(6 + 6 * sigma, 4_001)
    weight = data.log_density(x, level(sigma)).exp() * (x[1] - x[0])
    return float((weight * data.posterior_covariance(x, level(sigma))[:, 0, 0]).sum())


def mean_log_density(data: GaussianMixture, /) -> float:
    """Return the mean log-likelihood of the data under their own density, in nats."""
    x = _lattice(8, 40_001)
    log_p = data.log_density(x, level(0.0))
    return float((log_p.exp() * log_p).sum() * (x[1, 0] - x[0, 0]))


def _lattice(reach: float, n: int) -> Tensor:
    return torch.linspace(-reach, reach, n, dtype=torch.float64)[:, None]
