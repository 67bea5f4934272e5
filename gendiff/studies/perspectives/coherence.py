"""From which noise level on a band of frequencies is what it will be.

At each level a sampler predicts its outcome. Per band, the squared coherence of
prediction and outcome says how much of the one is determined by the other:

    |<a, b>|^2 / (<a, a> <b, b>),

where brackets sum over samples and over the band's frequencies. Power may come back
without the right phase; coherence may not. Where a Gaussian field is sampled by its
reverse process, with noise, it is the Wiener gain `S / (S + sigma^2)`: a band is half
decided where the noise has the band's power. Along the probability flow, which has no
randomness but that of its start, a Gaussian's bands are decided from the beginning.
"""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from jaxtyping import Complex, Float, Int
from numpy.typing import NDArray
from torch import Tensor

from gendiff.estimate import Estimate
from gendiff.metrics import frequencies, jackknife, slope, windowed

Numbers = NDArray[np.float64]
Parts = Callable[[Tensor], tuple[Complex[Tensor, "n k"], Int[Tensor, " k"]]]
"""Returns the coefficients of signals, and the band of each, from 1 on."""


def rings(
    images: Float[Tensor, "n c h w"], /
) -> tuple[Complex[Tensor, "n k"], Int[Tensor, " k"]]:
    """Return Fourier coefficients of faded images in whole rings, and their rings."""
    f = frequencies(*images.shape[-2:]).round().long().flatten()
    inside = (f > 0) & (f < min(images.shape[-2:]) / 2)
    whole = torch.fft.fft2(windowed(images.double()).mean(1)).flatten(1)
    return whole[:, inside], f[inside]


def coherence(
    predicted: Complex[Tensor, "n k"],
    final: Complex[Tensor, "n k"],
    band: Int[Tensor, " k"],
    /,
) -> Float[Tensor, " bands"]:
    """Return the squared coherence of each band, from band 1 on."""

    def total(values: Tensor) -> Tensor:
        sums = torch.zeros(int(band.max()) + 1, dtype=values.dtype)
        return sums.index_add(0, band, values.sum(0))[1:]

    cross = total(predicted.conj() * final).abs().square()
    power = total(predicted.abs().square()) * total(final.abs().square())
    return cross / power.clamp(min=1e-300)


def decided(grid: Sequence[float], curves: Numbers, /) -> Numbers:
    """Return the level from which on each band's coherence stays above a half.

    Args:
        grid: The levels at which predictions were made, falling.
        curves: Coherence, of shape `(level, band)`. Between levels it is interpolated
            on a logarithmic axis; a band that never gets there has the last level.
    """
    sigmas = np.log(grid[: len(curves)])
    found: list[float] = []
    for curve in curves.T:
        k = int(np.flatnonzero(curve < 0.5).max(initial=-1))
        if k < 0 or k == len(curve) - 1:
            found.append(sigmas[k] if k > 0 else sigmas[0])
        else:
            part = (0.5 - curve[k]) / (curve[k + 1] - curve[k])
            found.append(sigmas[k] + part * (sigmas[k + 1] - sigmas[k]))
    return np.exp(found)


def levels(
    grid: Sequence[float],
    film: Float[Tensor, "level n *s"],
    final: Float[Tensor, "n *s"],
    /,
    *,
    parts: Parts = rings,
) -> Numbers:
    """Return the level from which on each band is decided, from a film of samples."""
    end, band = parts(final)
    curves = [coherence(parts(shown)[0], end, band).numpy() for shown in film]
    return decided(grid, np.stack(curves))


def order(
    grid: Sequence[float],
    film: Float[Tensor, "level n *s"],
    final: Float[Tensor, "n *s"],
    /,
    *,
    parts: Parts = rings,
) -> Estimate:
    """Return the slope of that level against frequency, logs of both."""

    def fall(samples: Tensor) -> float:
        return slope_of(levels(grid, film[:, samples], final[samples], parts=parts))

    return jackknife(fall, len(final), groups=min(8, len(final)))


def slope_of(found: Numbers, /) -> float:
    """Return the slope of levels of bands 1, 2, ... on logarithmic axes."""
    band = torch.arange(1, len(found) + 1, dtype=torch.float64)
    return slope(band, torch.from_numpy(found))
