"""Power spectra of images: at which scales their variance lives.

Noise of level sigma has the same power, `sigma ** 2`, at every frequency; photographs
have power near `1 / f ** 2`. Where the two curves cross is the finest detail that can
still be seen in the noise.
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


def power_spectrum(images: Float[Tensor, "n c h w"], /) -> Float[Tensor, "h w"]:
    """Return the mean power of every frequency, in the order of `torch.fft.fft2`.

    The mean over frequencies is the mean square of a pixel: white noise of variance
    `v` has power `v` everywhere.
    """
    height, width = images.shape[-2:]
    power = torch.fft.fft2(images.double()).abs().square()
    return power.flatten(0, -3).mean(dim=0) / (height * width)


def windowed(images: Float[Tensor, "n c h w"], /) -> Float[Tensor, "n c h w"]:
    """Take the mean brightness out and fade images towards their edges.

    The Fourier transform sees an image as one tile of a plane; where tiles do not fit,
    the seam has power of its own that falls as `1 / f ** 2` along the axes. A Hann
    window hides the seam. It is scaled so that white noise keeps its power.
    """
    height, width = images.shape[-2:]
    rows, columns = (
        torch.hann_window(side, periodic=True, dtype=images.dtype)
        for side in (height, width)
    )
    window = torch.outer(rows, columns).to(images)
    window = window / window.square().mean().sqrt()
    return window * (images - images.mean(dim=(-2, -1), keepdim=True))


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


def radial_spectrum(
    images: Float[Tensor, "n c h w"], /
) -> tuple[Float[Tensor, " ring"], Float[Tensor, " ring"]]:
    """Return frequencies in cycles per image, and the mean power at each.

    Transform pieces of photographs by `windowed` first.
    """
    return radial_average(power_spectrum(images))


def slope(
    frequency: Float[Tensor, " ring"],
    power: Float[Tensor, " ring"],
    /,
    *,
    low: float = 1.0,
    high: float = float("inf"),
) -> float:
    """Fit `power = c * frequency ** slope` by least squares on logarithmic axes.

    Every ring between the frequencies `low` and `high`, ends included, counts the same.

    Raises:
        ValueError: If fewer than two rings lie between.
    """
    inside = (frequency >= low) & (frequency <= high)
    if inside.sum() < 2:
        raise ValueError(
            f"{int(inside.sum())} frequencies lie between {low} and {high}; a slope "
            "needs two, so widen the range"
        )
    x, y = frequency[inside].log(), power[inside].log()
    x = x - x.mean()
    return ((x * y).sum() / x.square().sum()).item()
