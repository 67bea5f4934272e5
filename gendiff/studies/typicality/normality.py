"""Whether samples of many dimensions could be those of a standard Gaussian."""

import math
from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from gendiff.metrics import ks_critical, ks_distance


def strain(x: Float[Tensor, " n"], cdf: Callable[[Tensor], Tensor], /) -> float:
    """Return a sample's distance from a distribution over the critical one (0.1 %)."""
    return ks_distance(x, cdf) / ks_critical(len(x), level=1e-3)


def off_identity(x: Float[Tensor, "n d"], /) -> float:
    """Return the largest error of a covariance, in standard errors of a Gaussian's."""
    n, d = x.shape
    error = (x.T @ x / n - torch.eye(d, dtype=x.dtype)).abs() * math.sqrt(n)
    error.diagonal().div_(math.sqrt(2))
    return float(error.max())


def verdicts(x: Float[Tensor, "n d"], /) -> tuple[float, float, float]:
    """Return the strain of one coordinate, that of the sum of all, the covariance's."""
    whole = x.sum(1) / math.sqrt(x.shape[1])
    cdf = torch.special.ndtr
    return strain(x[:, 0], cdf), strain(whole, cdf), off_identity(x)
