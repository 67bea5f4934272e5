"""Observers who sum what they see over the pixels of a known shape.

An observer is shown two pictures of white noise, one of them with the shape, and names
the one whose sum over the shape is higher. With the sum of a clean shape `s` and noise
of level sigma, the answer is right when `s / sigma` exceeds the difference of what two
pictures of standard noise would answer: so one set of noises serves all levels.
"""

import math
from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from scipy.stats import norm
from torch import Tensor

from gendiff.estimate import Estimate
from gendiff.metrics import jackknife

Numbers = NDArray[np.floating]
RIGHT = float(norm.cdf(1 / math.sqrt(2)))
"""How often the answer is right where the cases are one standard deviation apart."""
_CHUNK = 20_000


def responses(
    detectors: Float[Tensor, "k d"], trials: int, generator: torch.Generator, /
) -> Numbers:
    """Return what detectors answer to pairs of pictures of noise: the differences.

    Of shape `(trials, k)`.
    """
    parts: list[Tensor] = []
    for start in range(0, trials, _CHUNK):
        n = min(_CHUNK, trials - start)
        pair = torch.randn(2, n, detectors.shape[1], generator=generator)
        parts.append((pair[1] - pair[0]) @ detectors.T)
    return torch.cat(parts).numpy()


def tolerated(signals: Numbers, answers: Numbers, /) -> Numbers:
    """Return the level at which each detector is right as often as at `d' = 1`."""
    return signals / np.quantile(answers, RIGHT, axis=0)


def exponent(sizes: Sequence[float] | Numbers, sigmas: Numbers, /) -> float:
    """Return the slope of log sigma against the log of the size."""
    return float(np.polyfit(np.log(sizes), np.log(sigmas), 1)[0])


def growth(sizes: Sequence[float], signals: Numbers, answers: Numbers, /) -> Estimate:
    """Return the exponent of the tolerable level against the size, with its error."""
    return jackknife(
        lambda trials: exponent(sizes, tolerated(signals, answers[trials])),
        len(answers),
        of="trials",
    )
