"""The distributions of the Gaussian and of its mirage once more, by quadrature.

What `gendiff.typicality.mirage` has in closed form is found here from densities alone,
with numpy and scipy: no Euler's constant, no Lambert's function.
"""

import math
from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import ArrayLike, NDArray
from scipy import integrate, special, stats

from gendiff.typicality import Chi

Line = Float[np.ndarray, " n"]


def chi_moment(power: float, dimensions: int, /) -> float:
    """Return a moment of the Gaussian's radius."""
    r = np.linspace(0, math.sqrt(dimensions) + 14, 40_001)
    f = Chi(dimensions).log_pdf(torch.from_numpy(r)).exp().numpy()
    return float(integrate.simpson(r**power * f, x=r))


def coordinate(x: ArrayLike, dimensions: int, /) -> NDArray[np.float64]:
    """Return the density of one coordinate of the mirage, by equal steps in log s."""
    k, x = dimensions, np.asarray(x, dtype=float)
    if k == 1:
        return stats.norm.pdf(x)
    z, a, h = x[:, None] ** 2 / (2 * k), (k - 1) / 2, 0.05
    s = np.exp(np.arange(-80, 45, h))
    integral = (np.exp(-z * (1 + s)) * (s / (1 + s)) ** a).sum(1) * h
    front = math.exp(math.lgamma(k / 2) - math.lgamma(a))
    return front / (math.pi * math.sqrt(2 * k)) * integral


def coordinate_moment(power: float, dimensions: int, /) -> float:
    """Return a moment of a coordinate without its sign, by equal steps in log x."""
    h = 0.02
    x = np.exp(np.arange(-30, math.log(12 * math.sqrt(dimensions)), h))
    return float(2 * (x ** (power + 1) * coordinate(x, dimensions)).sum() * h)


def kurtosis(dimensions: int, /) -> float:
    """Return the kurtosis of a coordinate of the mirage."""
    second = coordinate_moment(2, dimensions)
    return coordinate_moment(4, dimensions) / second**2


def averaged(dimensions: int, what: Callable[[Line], Line], /) -> float:
    """Return the mean of a function of the mirage's radius."""
    u = np.arange(-60, 3.2, 0.01)  # r / sqrt(K) = e^u; equal steps
    share = np.exp(u)
    weight = 2 * stats.norm.pdf(share) * share
    return float((weight * what(share * math.sqrt(dimensions))).sum() * 0.01)


def surprisal(r: Line, dimensions: int, /) -> NDArray[np.float64]:
    """Return -log f of the mirage: the radius's density over the sphere's area."""
    k = dimensions
    area = math.log(2) + k / 2 * math.log(math.pi) - special.gammaln(k / 2)
    return (
        0.5 * math.log(math.tau * k / 4) + r**2 / (2 * k) + area + (k - 1) * np.log(r)
    )


def entropy(dimensions: int, /) -> float:
    """Return the mean surprisal of the mirage."""
    return averaged(dimensions, lambda r: surprisal(r, dimensions))
