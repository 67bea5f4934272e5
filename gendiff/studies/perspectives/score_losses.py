"""Losses of score matching on a line, by quadrature over the data and over the noise.

The explicit loss asks for the score; the denoising one asks for that of the noisy point
given the clean one. Averaged over the *noisy* density they differ by a constant that no
candidate enters; averaged over the clean density they don't.

References:
    Vincent (2011), Neural Computation 23 (the two losses differ by a constant).
    Hyvarinen (2005), JMLR 6 (by parts).
"""

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from gendiff import score_matching
from gendiff.exact import GaussianMixture
from gendiff.types import level

Score = Callable[[Tensor], Tensor]
LINE = torch.linspace(-14, 14, 1_401, dtype=torch.float64)[:, None]
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(40)


def over(data: GaussianMixture, values: Float[Tensor, " n"], at: float, /) -> float:
    """Average values on `LINE` over data that are noised to the level `at`."""
    return float(data.log_density(LINE, level(at)).softmax(0) @ values)


def explicit(data: GaussianMixture, s: Score, at: float, /) -> float:
    """Return the explicit loss over data that are noised to the level `at`."""
    right = data.score(LINE, level(at))
    return over(data, score_matching.explicit(s, LINE, right), at)


def denoising(data: GaussianMixture, s: Score, sigma: float, /) -> float:
    """Return the denoising loss, over clean points and noise."""
    losses = [
        score_matching.denoising(s, LINE, level(sigma), torch.full_like(LINE, e))
        for e in NODES
    ]
    found = [over(data, values, 0.0) for values in losses]
    return float(WEIGHTS @ found / WEIGHTS.sum())


def implicit(data: GaussianMixture, s: Score, at: float, /) -> float:
    """Return the implicit loss over data that are noised to the level `at`."""
    return over(data, score_matching.implicit(s, LINE), at)


def square(data: GaussianMixture, at: float, /) -> float:
    """Return the mean square of the score of data that are noised to the level `at`."""
    return over(data, data.score(LINE, level(at))[:, 0].square(), at)
