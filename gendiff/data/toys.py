"""Distributions so small that everything about them is known.

Each of these is a Gaussian mixture, given by its parameters, so that its score,
denoiser and density are exact at every noise level: adding noise of level sigma only
adds `sigma ** 2` to each covariance. Samples come from the mixture's own `sample`.

The two-dimensional toys and the digits have the data's standard deviation, over all
coordinates together, at about 0.5, the value that the usual range of noise levels
(0.002 to 80) is made for.
"""

import math
from functools import cache

import numpy as np
import torch
from jaxtyping import Float
from sklearn import mixture
from sklearn.datasets import load_digits
from torch import Tensor

from gendiff.exact.mixture import GaussianMixture

DATA_STD = 0.5
"""Root mean square that the means of the toys are scaled to, a coordinate."""


def two_bumps() -> GaussianMixture:
    """Return `0.3 N(-2, 0.5) + 0.7 N(1, 0.2)` in one dimension, variances second.

    Two modes of unequal weight and width: the smallest problem in which a sampler can
    get the positions right and the proportions wrong.
    """
    return GaussianMixture(
        weights=torch.tensor([0.3, 0.7], dtype=torch.float64),
        means=torch.tensor([[-2.0], [1.0]], dtype=torch.float64),
        covariances=torch.tensor([[[0.5]], [[0.2]]], dtype=torch.float64),
    )


def ring(modes: int = 8, *, std: float = 0.05) -> GaussianMixture:
    """Place `modes` equal round Gaussians on a circle."""
    angles = torch.arange(modes, dtype=torch.float64) * (2 * math.pi / modes)
    circle = torch.stack([angles.cos(), angles.sin()], dim=-1)
    return _round(DATA_STD * math.sqrt(2) * circle, std)


def grid25(*, std: float = 0.03) -> GaussianMixture:
    """Place 25 equal round Gaussians on a 5 by 5 grid."""
    ticks = torch.arange(-2, 3, dtype=torch.float64) * (DATA_STD / math.sqrt(2))
    return _round(torch.cartesian_prod(ticks, ticks), std)


def moons(per_moon: int = 32, *, std: float = 0.03) -> GaussianMixture:
    """Line up round Gaussians along two interleaved half circles.

    Data near a curve, like real data near their manifold, and yet with an exact score.
    """
    angles = torch.linspace(0, math.pi, per_moon, dtype=torch.float64)
    upper = torch.stack([angles.cos(), angles.sin()], dim=-1)
    lower = torch.stack([1 - angles.cos(), 0.5 - angles.sin()], dim=-1)
    means = torch.cat([upper, lower])
    means = means - means.mean(dim=0)
    return _round(means * (DATA_STD / means.square().mean().sqrt()), std)


@cache
def digits64(per_class: int = 3, *, floor: float = 4e-3) -> GaussianMixture:
    """Fit `per_class` full-covariance Gaussians to each of scikit-learn's ten digits.

    Real data turned into a known distribution in 64 dimensions: samples look like
    digits, and likelihood, score and posterior are still closed formulas. `floor` is
    added to every variance, because some pixels of some digits never change.
    """
    with torch.inference_mode(mode=False):  # the cache serves all modes
        return _fit_digits(per_class, floor)


def _fit_digits(per_class: int, floor: float) -> GaussianMixture:
    images, labels = load_digits(return_X_y=True)
    images = images - images.mean(axis=0)
    images = images * (DATA_STD / images.std())
    weights, means, covariances = [], [], []
    for digit in range(10):
        own = images[labels == digit]
        fit = mixture.GaussianMixture(per_class, reg_covar=floor, random_state=0)
        fit = fit.fit(own)
        weights.append(np.asarray(fit.weights_) * (len(own) / len(images)))
        means.append(fit.means_)
        covariances.append(fit.covariances_)
    return GaussianMixture(
        weights=torch.from_numpy(np.concatenate(weights)),
        means=torch.from_numpy(np.concatenate(means)),
        covariances=torch.from_numpy(np.concatenate(covariances)),
    )


def swiss_roll(
    n: int, /, *, generator: torch.Generator, std: float = 0.03
) -> Float[Tensor, "n 2"]:
    """Draw points from a spiral of one and a half turns, known by its samples only."""
    angle = 1.5 * math.pi * (1 + 2 * torch.rand(n, generator=generator))
    spiral = torch.stack([angle * angle.cos(), angle * angle.sin()], dim=-1)
    noise = torch.randn(n, 2, generator=generator)
    # E[angle ** 2] for the uniform angle, shared by two coordinates.
    scale = math.sqrt((4.5**3 - 1.5**3) / 9 / 2) * math.pi
    return DATA_STD / scale * spiral + std * noise


def _round(means: Float[Tensor, "k d"], std: float) -> GaussianMixture:
    weights = torch.full((len(means),), 1 / len(means), dtype=torch.float64)
    return GaussianMixture.isotropic(weights, means, std)
