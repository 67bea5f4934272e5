"""Densities on a line, as arrays: where everything can be integrated."""

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import ArrayLike, NDArray
from scipy import signal, stats
from torch import Tensor

from gendiff.exact import GaussianMixture
from gendiff.types import level

_normal: Callable[..., NDArray[np.float64]] = stats.norm.pdf
_convolved: Callable[..., NDArray[np.float64]] = signal.fftconvolve

Line = Float[np.ndarray, " n"]
LINE: NDArray[np.float64] = np.linspace(-12, 12, 4_801)


def column(x: ArrayLike, /) -> Float[Tensor, "n 1"]:
    """Return numbers as points on a line."""
    return torch.as_tensor(np.asarray(x), dtype=torch.float64)[:, None]


def log_density(
    distribution: GaussianMixture, x: Line = LINE, /, *, sigma: float = 0.0
) -> NDArray[np.float64]:
    """Return the log-density of a mixture plus noise at points of the line."""
    return distribution.log_density(column(x), level(sigma)).numpy()


def normalised(log_weight: Line, x: Line = LINE, /) -> NDArray[np.float64]:
    """Return the density that is proportional to the exponential of something."""
    weight = np.exp(log_weight - log_weight.max())
    return weight / np.trapezoid(weight, x)


def moments(density: Line, x: Line = LINE, /) -> tuple[float, float]:
    """Return mean and variance of a density on the line."""
    mean = float(np.trapezoid(density * x, x))
    return mean, float(np.trapezoid(density * (x - mean) ** 2, x))


def noised(density: Line, sigma: float, x: Line, /) -> NDArray[np.float64]:
    """Return a density plus normal noise, at even points with 0 in their middle."""
    kernel = _normal(x, scale=sigma) * (x[1] - x[0])
    return _convolved(density, kernel, mode="same")


def distance(one: Line, other: Line, x: Line = LINE, /) -> float:
    """Return the total variation: the mass that must move from one to the other."""
    return float(np.trapezoid(np.abs(one - other), x)) / 2


def mass_below(edge: float, density: Line, x: Line = LINE, /) -> float:
    """Return the mass of a density to the left of an edge."""
    return float(np.trapezoid(density * (x < edge), x))
