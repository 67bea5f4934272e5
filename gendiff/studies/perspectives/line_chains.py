"""A chain of Gaussian steps for a mixture on a line, by quadrature.

From level `sigma` to `s` the chain steps to `m(x) = x + (1 - s^2/sigma^2) (D(x) - x)`
and adds noise of DDPM's variance `v = s^2 (1 - s^2/sigma^2)`; from its least level it
steps to the data with noise of that level. The map `m` is increasing, so that the
distribution function of the states is carried without drawing:

    F_s(y)  =  E_z F_sigma(m^-1(y - sqrt(v) z)).

What a step loses is the relative entropy of the true reverse step to the Gaussian one.
The true one has the noise of the forward step, seen from its end; with `h` the entropy
of the noised data and `e` the mean squared error of the exact denoiser,

    KL  =  (1/s^2 - 1/sigma^2) / 2 * e(sigma)  -  [I(s) - I(sigma)],
    I(sigma)  =  h(sigma) - log(2 pi e sigma^2) / 2,

a term of a Riemann sum, less the integral (I-MMSE) that it stands for.

References:
    Ho et al. (2020), arXiv:2006.11239, eqs. 5 to 7 (the chain, its bound).
    Guo et al. (2005), arXiv:cs/0412108, eq. 1 (information and squared error).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from gendiff.elbo import step_weights
from gendiff.exact import GaussianMixture, QuantileFlow
from gendiff.studies.guidance.line_distributions import column
from gendiff.types import Denoiser, level

Line = Float[np.ndarray, " n"]
Array = NDArray[np.float64]
Z: Array = np.linspace(-7, 7, 1_001)
"""Where functions are known, in standard deviations of the noised data."""
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(16)


def levels(steps: int, /, *, low: float = 0.01, high: float = 20.0) -> list[float]:
    """Return levels that are evenly spaced in their logarithms, one more than steps."""
    return np.geomspace(high, low, steps + 1).tolist()


@dataclass(frozen=True)
class Losses:
    """What a chain loses against the likelihood, in nats, and what is left."""

    prior: float
    steps: Array
    """Relative entropy of each step, noisiest first."""
    last: float
    likelihood: float
    """Mean log-likelihood of the data."""

    @property
    def gap(self) -> float:
        """How far the bound lies below the mean log-likelihood."""
        return self.prior + float(self.steps.sum()) + self.last


def place(data: GaussianMixture, sigma: float, /) -> Array:
    """Return points that cover the data at a level of noise."""
    moments = data.moments()
    wide = math.hypot(math.sqrt(float(moments.covariance)), sigma)
    return float(moments.mean) + wide * Z


def expected(data: GaussianMixture, values: Line, sigma: float, /) -> float:
    """Return the mean of values at `place` over the noised data."""
    x = place(data, sigma)
    density = data.log_density(column(x), level(sigma)).exp().numpy()
    return float(np.trapezoid(density * values, x))


def entropy(data: GaussianMixture, sigma: float, /) -> float:
    """Return the entropy of data plus noise, in nats."""
    x = column(place(data, sigma))
    return -expected(data, data.log_density(x, level(sigma)).numpy(), sigma)


def squared_error(data: GaussianMixture, denoise: Denoiser, sigma: float, /) -> float:
    """Return the mean squared error of a denoiser: what none avoids, and the rest.

    The exact one's is the variance that the data have and its answers lack.
    """
    x, at = column(place(data, sigma)), level(sigma)
    with torch.no_grad():
        exact, given = data(x, at)[:, 0].numpy(), denoise(x, at)[:, 0].numpy()
    lacking = expected(data, (given - exact) ** 2 - exact**2, sigma)
    return expected(data, place(data, 0.0) ** 2, 0.0) + lacking


def losses(
    data: GaussianMixture, denoise: Denoiser, grid: Sequence[float], /
) -> Losses:
    """Return the gap of the bound of a chain, step by step.

    Args:
        data: A mixture on a line, in double precision.
        denoise: The chain's denoiser.
        grid: Decreasing levels, the last above 0.
    """
    noise = [math.log(math.tau * math.e * sigma**2) / 2 for sigma in grid]
    information = [entropy(data, s) - n for s, n in zip(grid, noise, strict=True)]
    errors = np.array([squared_error(data, denoise, s) for s in grid[:-1]])
    clean = entropy(data, 0.0)
    power = expected(data, place(data, 0.0) ** 2, 0.0)
    return Losses(
        prior=power / (2 * grid[0] ** 2) - information[0],
        steps=step_weights(grid).numpy() * errors - np.diff(information),
        # Seen from the least level, the data are spread by less than its noise.
        last=information[-1] + noise[-1] - clean,
        likelihood=-clean,
    )


def ends(
    data: GaussianMixture, denoise: Denoiser, grid: Sequence[float], /
) -> tuple[Array, Array]:
    """Return points and the distribution function of where a chain ends.

    Raises:
        ValueError: If a step doesn't increase with the state, as any exact one does.
    """
    x, wide = place(data, grid[0]), grid[0]
    below = torch.special.ndtr(torch.tensor(x / wide)).numpy()
    for sigma, after in pairwise(grid):
        lost = 1 - (after / sigma) ** 2
        with torch.no_grad():
            clean = denoise(column(x), level(sigma))[:, 0].numpy()
        moved = x + lost * (clean - x)
        if not (np.diff(moved) > 0).all():
            raise ValueError(f"the step from {sigma} to {after} is not monotone")
        y = place(data, after)
        below = _spread(moved, below, y, after * math.sqrt(lost))
        x = y
    y = place(data, 0.0)
    return y, _spread(x, below, y, grid[-1])


def ks(data: GaussianMixture, x: Line, below: Line, /) -> float:
    """Return the largest distance of a distribution function from the data's."""
    true = QuantileFlow(data).cdf(column(x), level(0.0)).numpy()
    return float(np.abs(below - true).max())


def _spread(x: Array, below: Array, y: Array, std: float) -> Array:
    """Return the distribution function at `y` after noise is added."""
    known = CubicSpline(x, below)
    at = np.clip(y[:, None] - std * NODES, x[0], x[-1])
    return known(at) @ (WEIGHTS / WEIGHTS.sum())
