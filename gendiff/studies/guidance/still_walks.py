"""Langevin dynamics at no noise level: walks along the score of the data themselves."""

import math
from collections.abc import Callable

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from gendiff.estimate import Estimate
from gendiff.exact import GaussianMixture
from gendiff.record import last, record
from gendiff.solvers import langevin
from gendiff.studies.guidance.line_distributions import Line, column
from gendiff.types import Denoiser, Noise, level

Points = Float[Tensor, "n d"]
Score = Callable[[Tensor], Tensor]


def along(score: Score, /) -> Denoiser:
    """Return a denoiser that steps along a score, whose unit of noise is 1."""

    def ahead(x: Float[Tensor, "b *s"], sigma: Tensor, /) -> Float[Tensor, "b *s"]:
        del sigma
        return x + score(x)

    return ahead


def climb(
    score: Score, x: Points, /, *, step: float, steps: int, noise: Noise
) -> Points:
    """Return where chains end that walk along a score with noise."""
    return last(langevin(along(score), x, 1.0, step=step, steps=steps, noise=noise))


def paths(
    score: Score, x: Points, /, *, step: float, steps: int, noise: Noise
) -> Float[Tensor, "step n d"]:
    """Return the same chains after every step."""
    walk = langevin(along(score), x, 1.0, step=step, steps=steps, noise=noise)
    return record(walk).x


def tops(
    distribution: GaussianMixture, x: Line, /, *, rounds: int = 200
) -> NDArray[np.float64]:
    """Return the top of the hill on which each point stands, by many small steps up."""
    step = 0.15
    for _ in range(rounds):
        x = x + step * distribution.score(column(x), level(0.0))[:, 0].numpy()
    return x


def share_on(x: Line, peaks: Line, /) -> float:
    """Return the fraction of chains within a millionth of a peak."""
    return float((np.abs(x[:, None] - peaks).min(1) < 1e-6).mean())


def measured(
    distribution: GaussianMixture, noisy: Line, bare: Line, /
) -> dict[str, Estimate | float]:
    """Return what the ledger asks of chains on a mixture, with noise and without it."""
    known = distribution.moments()
    mean, std = float(known.mean), math.sqrt(float(known.covariance))
    of_mean, of_std = relative_errors(noisy, mean, std)
    peaks = tops(distribution, distribution.means[:, 0].numpy())
    return {
        "relative error of the mean, with noise": of_mean,
        "relative error of the standard deviation, with noise": of_std,
        "share of starting points that lead to a mode, without noise": share_on(
            bare, peaks
        ),
    }


def relative_errors(x: Line, mean: float, std: float, /) -> tuple[Estimate, Estimate]:
    """Return the relative errors of mean and standard deviation of chains."""
    n, found = len(x), float(x.std())
    of_mean = found / math.sqrt(n)
    of_std = float(((x - x.mean()) ** 2).std()) / (2 * found) / math.sqrt(n)
    return (
        Estimate(float(x.mean()) / mean - 1, of_mean / mean, n, "chains"),
        Estimate(found / std - 1, of_std / std, n, "chains"),
    )
