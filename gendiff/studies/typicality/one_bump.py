"""One bump for data that have two: what each of six objectives takes for the best fit.

The model is a Gaussian on a line, with a location and a width. Every objective is
computed by quadrature from the density of the data, the adversarial one with a perfect
critic, so that no noise of training blurs the comparison.

References:
    Gneiting and Raftery (2007), Strictly proper scoring rules.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray
from scipy import optimize, special, stats

Line = Float[np.ndarray, " n"]
LEVELS: NDArray[np.float64] = (np.arange(200) + 0.5) / 200
"""Fractions of the mass at which quantiles are compared."""


@dataclass(frozen=True)
class Data:
    """A density at equally spaced points of a line."""

    x: Line
    density: Line

    @cached_property
    def step(self) -> float:
        """The distance of two points."""
        return float(self.x[1] - self.x[0])

    @cached_property
    def cdf(self) -> NDArray[np.float64]:
        """The distribution function at the points."""
        return np.cumsum(self.density) * self.step - self.density * self.step / 2

    @cached_property
    def quantiles(self) -> NDArray[np.float64]:
        """The points below which the fractions of the mass lie."""
        return np.interp(LEVELS, self.cdf, self.x)


Objective = Callable[[Data, float, float], float]
"""What is to be small, of the data and of the model's location and width."""


def likelihood(data: Data, location: float, width: float, /) -> float:
    """Return the mean surprisal of the data."""
    log_model = stats.norm.logpdf(data.x, location, width)
    return -float(data.density @ log_model * data.step)


def score_matching(data: Data, location: float, width: float, /) -> float:
    """Return the distance of the slopes of the log-densities, up to a constant."""
    score = -(data.x - location) / width**2
    return float(data.density @ (score**2 / 2 - width**-2) * data.step)


def perfect_critic(data: Data, location: float, width: float, /) -> float:
    """Return the divergence of Jensen and Shannon: what the best critic achieves."""
    model = stats.norm.pdf(data.x, location, width)
    middle = (data.density + model) / 2
    real = special.rel_entr(data.density, middle)
    return float((real + special.rel_entr(model, middle)).sum())


def optimal_transport(data: Data, location: float, width: float, /) -> float:
    """Return the squared distance that mass must travel."""
    reached = location + width * stats.norm.ppf(LEVELS)
    return float(np.square(reached - data.quantiles).mean())


def energy_distance(data: Data, location: float, width: float, /) -> float:
    """Return the squared distance of the distribution functions."""
    cdf = stats.norm.cdf(data.x, location, width)
    return float(np.square(cdf - data.cdf).sum())


def quantile_regression(data: Data, location: float, width: float, /) -> float:
    """Return the quantile loss, averaged over levels."""
    reached = location + width * stats.norm.ppf(LEVELS)
    gap = data.x[:, None] - reached
    loss = np.maximum(LEVELS * gap, (LEVELS - 1) * gap).mean(1)
    return float(data.density @ loss * data.step)


OBJECTIVES: dict[str, Objective] = {
    "maximum likelihood": likelihood,
    "score matching": score_matching,
    "perfect critic": perfect_critic,
    "optimal transport": optimal_transport,
    "energy distance": energy_distance,
    "quantile regression": quantile_regression,
}


def best(objective: Objective, data: Data, /) -> Float[np.ndarray, "2"]:
    """Return the location and the width that an objective likes best."""

    def loss(theta: NDArray[np.float64]) -> float:
        return objective(data, float(theta[0]), float(np.exp(theta[1])))

    ends = [
        optimize.minimize(
            loss,
            begin,
            method="Nelder-Mead",
            options={"xatol": 1e-7, "fatol": 1e-13, "maxiter": 400},
        )
        for begin in ([0.0, 0.3], [1.0, -0.7])  # a critic may leave two minima
    ]
    theta = ends[int(np.argmin([end.fun for end in ends]))].x
    return np.array([theta[0], np.exp(theta[1])])


def fits(data: Data, /) -> dict[str, NDArray[np.float64]]:
    """Return the location and the width that are best for each objective."""
    return {name: best(objective, data) for name, objective in OBJECTIVES.items()}
