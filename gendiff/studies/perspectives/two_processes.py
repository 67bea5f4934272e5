"""Five results of diffusion, each in the form that it has in either of two processes.

*Variance exploding* (VE) is `x = x0 + sigma eps`, *variance preserving* (VP) is
`x = alpha x0 + sigma eps` with `alpha^2 = 1 - sigma^2`. A form knows sigma only, and so
can be used in the other process by mistake. What is right is computed on a line from
the definitions, by sums over a lattice.

References:
    Song et al. (2021), arXiv:2011.13456, section 3.4 (VE and VP).
    Guo et al. (2005), arXiv:cs/0412108, eq. 1 (the weight of the likelihood).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from gendiff.exact import GaussianMixture
from gendiff.types import level

Line = NDArray[np.float64]
LINE: Line = np.linspace(-12, 12, 1_201)
SEEN: Line = np.linspace(-3, 3, 61)
STEP = 2e-3
"""Of central differences of fourth order."""


@dataclass(frozen=True)
class Process:
    """What becomes of a clean signal at a level."""

    name: str
    alpha: Callable[[float], float]


def _exploding(_: float) -> float:
    return 1.0


def _preserving(sigma: float) -> float:
    return math.sqrt(1 - sigma**2)


VE = Process("VE", _exploding)
VP = Process("VP", _preserving)


@dataclass(frozen=True)
class Truth:
    """Data on a line in a process, known by summation."""

    data: GaussianMixture
    process: Process

    def _joint(self, x: Line, sigma: float) -> Line:
        clean = torch.tensor(LINE)[:, None]
        p = self.data.log_density(clean, level(0.0)).exp().numpy()
        off = (x[:, None] - self.process.alpha(sigma) * LINE) / sigma
        kernel = np.exp(-(off**2) / 2) / (sigma * math.sqrt(2 * math.pi))
        return kernel * p * (LINE[1] - LINE[0])

    def density(self, x: Line, sigma: float) -> Line:
        """Return the density of the noisy signal."""
        return self._joint(x, sigma).sum(1)

    def mean(self, x: Line, sigma: float) -> Line:
        """Return the mean of the clean signal, given the noisy one."""
        joint = self._joint(x, sigma)
        return joint @ LINE / joint.sum(1)

    def score(self, x: Line, sigma: float) -> Line:
        """Return the slope of the log-density, by differences."""
        return slope(lambda y: np.log(self.density(y, sigma)), x)

    def variance(self, sigma: float) -> float:
        """Return the variance of the noisy signal."""
        p = self.density(LINE, sigma)
        p = p / p.sum()
        return float(p @ LINE**2 - (p @ LINE) ** 2)

    def step(self, x: Line, sigma: float, below: float) -> Line:
        """Return the mean of the signal at a lower level, with the same noise."""
        noise = (x[:, None] - self.process.alpha(sigma) * LINE) / sigma
        ends = self.process.alpha(below) * LINE + below * noise
        joint = self._joint(x, sigma)
        return (joint * ends).sum(1) / joint.sum(1)

    def weight(self, sigma: float) -> float:
        """Return what information is lost a unit of sigma, an error of the noise."""
        p = self.density(LINE, sigma)
        noise = (LINE - self.process.alpha(sigma) * self.mean(LINE, sigma)) / sigma
        error = 1 - float(p @ noise**2) * (LINE[1] - LINE[0])

        def information(at: Line) -> Line:
            entropies = [self._entropy(float(s)) for s in at]
            return np.array(entropies) - np.log(at)

        lost = -slope(information, np.array([sigma]))
        return float(lost[0]) / error

    def _entropy(self, sigma: float) -> float:
        p = self.density(LINE, sigma)
        kept = p[p > 0]
        return -float((kept * np.log(kept)).sum()) * (LINE[1] - LINE[0])


def slope(function: Callable[[Line], Line], x: Line, /) -> Line:
    """Return the derivative of a function of the line, by differences."""
    a, b, c, d = (function(x + k * STEP) for k in (-2, -1, 1, 2))
    return (a - 8 * b + 8 * c - d) / (12 * STEP)


def forms(
    truth: Truth, form: Process, sigma: float, below: float, /
) -> dict[str, tuple[Line, Line]]:
    """Return five results in one process's form beside what is right where they are.

    Args:
        truth: The data in the process in which the forms are used.
        form: The process whose forms they are.
        sigma: The level.
        below: The level to which DDIM steps.
    """
    alpha, then, x = form.alpha(sigma), form.alpha(below), SEEN
    clean, score = truth.mean(x, sigma), truth.score(x, sigma)
    raw = float(truth.data.moments().covariance)
    at = torch.tensor(x)[:, None] / alpha
    noised = truth.data.score(at, level(sigma / alpha))[:, 0].numpy() / alpha
    ddim = then * clean + below * (x - alpha * clean) / sigma
    one = np.ones(1)
    return {
        "DDIM's step": (ddim, truth.step(x, sigma, below)),
        "Tweedie's formula": ((x + sigma**2 * score) / alpha, clean),
        "score of the noised density": (noised, score),
        "variance": ((alpha**2 * raw + sigma**2) * one, truth.variance(sigma) * one),
        "weight of the likelihood": (
            one / (sigma * alpha**2),
            truth.weight(sigma) * one,
        ),
    }


def errors(
    data: GaussianMixture, place: Process, form: Process, sigma: float, below: float, /
) -> dict[str, float]:
    """Return the relative error of each form in a process, root mean square."""
    return {
        name: math.sqrt(float(((got - right) ** 2).mean() / (right**2).mean()))
        for name, (got, right) in forms(Truth(data, place), form, sigma, below).items()
    }
