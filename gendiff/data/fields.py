"""Spectra of Gaussian random fields.

A *spectrum* is a tensor "h w" in the order of `torch.fft.fft2` that gives the power of
every frequency, scaled so that its mean is the variance of a pixel. Photographs have
roughly S(f) proportional to 1 / f ** 2; a Gaussian field with that spectrum is a
caricature of a photograph whose denoiser is known: the Wiener filter.
"""

from jaxtyping import Float
from torch import Tensor

from gendiff.metrics.spectra import frequencies


def power_law(
    height: int, width: int, /, *, exponent: float = 2.0
) -> Float[Tensor, "h w"]:
    """Return `S(f)` proportional to `f ** -exponent`, with pixels of variance 1.

    The distribution has no value at `f = 0`. The mean brightness gets the power of one
    cycle an image: it varies from image to image like the slowest wave does, and the
    spectrum stays positive, so the field has a density.
    """
    power = frequencies(height, width).clamp(min=1.0) ** -exponent
    return power / power.mean()
