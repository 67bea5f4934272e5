"""Which modes of a mixture a sampler finds, and how much of what it makes is in one."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from scipy import stats
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Modes:
    """Samples sorted by mode."""

    counts: Int[Tensor, " k"]
    """How many samples lie in each mode."""
    hit: float
    """Fraction of the modes that hold a sample."""
    quality: float
    """Fraction of the samples that lie in a mode."""


def count_modes(
    x: Float[Tensor, "n d"],
    means: Float[Tensor, "k d"],
    covariances: Float[Tensor, "k d d"],
    /,
    *,
    mass: float = 0.99,
) -> Modes:
    """Give each sample to its nearest mode, if it lies in that mode's core.

    Near is meant in standard deviations, the Mahalanobis distance. The core is the
    ellipsoid that holds the fraction `mass` of the mode's own samples, so perfect
    samples of well separated modes have `quality` equal to `mass`: that is the floor.

    References:
        Srivastava et al. (2017), arXiv:1705.07761, section 4 (who counted up to three
        standard deviations: a mass of 0.989 in two dimensions, and nearly nothing in
        sixty-four).
    """
    factors = torch.linalg.cholesky(covariances.double())
    eye = torch.eye(means.shape[1]).to(factors)
    whiten = torch.linalg.solve_triangular(factors, eye, upper=False)
    square, nearest = torch.stack(
        [
            ((x.double() - mean) @ own.mT).square().sum(dim=1)
            for mean, own in zip(means.double(), whiten, strict=True)
        ],
        dim=1,
    ).min(dim=1)
    core = square <= float(stats.chi2.ppf(mass, means.shape[1]))
    counts = nearest[core].bincount(minlength=len(means))
    return Modes(
        counts=counts,
        hit=(counts > 0).double().mean().item(),
        quality=core.double().mean().item(),
    )
