"""When each spatial frequency appears in what a sampler predicts."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from gendiff.estimate import Estimate
from gendiff.metrics import jackknife, radial_spectrum, windowed
from gendiff.studies.autoencoders.pooling import exponent

Numbers = NDArray[np.float64]


def rings(film: Iterable[Float[Tensor, "n 1 h w"]], /) -> tuple[Numbers, Numbers]:
    """Return frequencies, and the power at each in each of a sequence of batches."""
    found = [radial_spectrum(windowed(batch)) for batch in film]
    return found[0][0].numpy(), torch.stack([power for _, power in found]).numpy()


def arrivals(grid: Sequence[float], spectra: Numbers, /) -> Numbers:
    """Return the level below which each ring stays above half of its final power.

    Args:
        grid: The levels that the sampler visits; predictions are made at all but the
            last.
        spectra: The power of the predictions, of shape `(level, ring)`.
    """
    sigmas = np.log(grid[: len(spectra)])
    found: list[float] = []
    for power in spectra.T:
        relative = power / power[-1]
        k = int(np.flatnonzero(relative < 0.5).max(initial=-1))
        if k < 0:  # above half from the start
            found.append(sigmas[0])
        else:
            part = (0.5 - relative[k]) / (relative[k + 1] - relative[k])
            found.append(sigmas[k] + part * (sigmas[k + 1] - sigmas[k]))
    return np.exp(found)


def fall(grid: Sequence[float], f: Numbers, spectra: Numbers, /) -> float:
    """Return the slope of the level of arrival against frequency, logs of both."""
    return exponent(f, arrivals(grid, spectra))


def amiss(true: Numbers, spectra: Numbers, /) -> float:
    """Return how far the final power is from the true one, mean over rings of logs."""
    return float(np.abs(np.log(spectra[-1] / true)).mean())


def over_samples(
    film: Float[Tensor, "level n 1 h w"], statistic: Callable[[Numbers], float], /
) -> Estimate:
    """Return a statistic of the spectra of a film, and its error over samples."""
    n = film.shape[1]
    return jackknife(
        lambda samples: statistic(rings(film[:, samples])[1]), n, groups=min(16, n)
    )
