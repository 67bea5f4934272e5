"""Power spectra of images: at which scales their variance lives.

Noise of level sigma has the same power, `sigma ** 2`, at every frequency; photographs
have power near `1 / f ** 2`. Where the two curves cross is the finest detail that can
still be seen in the noise.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from gendiff.data.fields import radial_average


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
