"""Spectra of Gaussian random fields, and the geometry of the frequency plane.

A *spectrum* is a tensor "h w" in the order of `torch.fft.fft2` that gives the power of
every frequency, scaled so that its mean is the variance of a pixel. Photographs have
roughly S(f) proportional to 1 / f ** 2; a Gaussian field with that spectrum is a
caricature of a photograph whose denoiser is known: the Wiener filter.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor


def frequencies(height: int, width: int, /) -> Float[Tensor, "h w"]:
    """Return the radial frequency of each Fourier coefficient.

    In cycles per image; in an image that is not square, per its shorter side.
    """
    rows = torch.fft.fftfreq(height, dtype=torch.float64)
    columns = torch.fft.fftfreq(width, dtype=torch.float64)
    return min(height, width) * torch.hypot(rows[:, None], columns)


def power_law(
    height: int, width: int, /, *, exponent: float = 2.0
) -> Float[Tensor, "h w"]:
    """Return `S(f)` proportional to `f ** -exponent`, with pixels of variance 1.

    The law has no value at `f = 0`. The mean brightness gets the power of one cycle an
    image: it varies from image to image like the slowest wave does, and the spectrum
    stays positive, so the field has a density.
    """
    power = frequencies(height, width).clamp(min=1.0) ** -exponent
    return power / power.mean()


def radial_average(
    power: Float[Tensor, "h w"], /
) -> tuple[Float[Tensor, " ring"], Float[Tensor, " ring"]]:
    """Average a spectrum over rings one cycle wide.

    Returns:
        The rings' mean frequency in cycles per image, and their mean power, from one
        cycle to the last whole ring, below half the image's shorter side. The zero
        frequency is left out.
    """
    frequency = frequencies(*power.shape).to(power)
    rings = math.ceil(min(power.shape) / 2)
    ring = frequency.round().long().clamp(max=rings).flatten()
    count, total, average = (
        torch.zeros(rings + 1).to(power).index_add(0, ring, values.flatten())
        for values in (torch.ones_like(power), power, frequency)
    )
    inside = slice(1, rings)
    return average[inside] / count[inside], total[inside] / count[inside]
