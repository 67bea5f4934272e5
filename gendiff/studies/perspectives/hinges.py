"""Spectra under noise: where they bend, and how steep they are on either side."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from gendiff.data import power_law
from gendiff.exact import Field
from gendiff.metrics import radial_average, radial_spectrum, slope, windowed

Numbers = NDArray[np.float64]
Ring = Float[Tensor, " ring"]


@dataclass(frozen=True)
class Hinge:
    """A spectrum under noise, bent where its power is twice the noise's."""

    f: Ring
    clean: Ring
    noisy: Ring
    corner: float

    def slopes(self) -> tuple[float, float, float]:
        """Return slopes two octaves above and below the corner, and the clean one.

        Each is fitted over an octave; the clean one is that of below.
        """
        above, below = (_octave(self.corner * 4**side) for side in (1, -1))
        return (
            slope(self.f, self.noisy, low=above[0], high=above[1]),
            slope(self.f, self.noisy, low=below[0], high=below[1]),
            slope(self.f, self.clean, low=below[0], high=below[1]),
        )


def hinge(
    images: Float[Tensor, "n 1 s s"],
    sigma: float,
    generator: torch.Generator,
    /,
    *,
    exponent: float = 0.0,
    draws: int = 4,
) -> Hinge:
    """Return the mean spectrum of images under noise of power `f ** -exponent`."""
    side = images.shape[-1]
    colour = power_law(side, side, exponent=exponent)
    field = Field(colour, torch.zeros((), dtype=torch.float64))
    f, clean = radial_spectrum(windowed(images.double()))
    spectra: list[Tensor] = []
    for _ in range(draws):
        noise = field.sample(len(images), generator, channels=1)
        noisy = images.double() + sigma * noise
        spectra.append(radial_spectrum(windowed(noisy))[1])
    noisy = torch.stack(spectra).mean(0)
    floor = sigma**2 * radial_average(colour)[1]
    return Hinge(f, clean, noisy, crossing(f, noisy / floor, 2.0))


def crossing(f: Ring, ratio: Ring, height: float, /) -> float:
    """Return the first frequency at which a falling ratio is at a height.

    Raises:
        ValueError: If it never is.
    """
    low = torch.nonzero(ratio < height).flatten()
    if not len(low) or not low[0]:
        raise ValueError(
            f"the ratio goes from {float(ratio[0]):.3g} to {float(ratio[-1]):.3g} and "
            f"never through {height}; take another noise level"
        )
    k = int(low[0])
    y, x = ratio[k - 1 : k + 1].log(), f[k - 1 : k + 1].log()
    part = (np.log(height) - y[0]) / (y[1] - y[0])
    return float((x[0] + part * (x[1] - x[0])).exp())


def _octave(middle: float) -> tuple[float, float]:
    return middle / 2**0.5, middle * 2**0.5


def magnitudes(
    n: int, draws: int, exponent: float, generator: torch.Generator, /
) -> tuple[Numbers, Numbers]:
    """Return mean magnitude and mean power of a noise at frequencies 0 to n / 2."""
    f = torch.arange(n // 2 + 1, dtype=torch.float64).clamp(min=1)
    white = torch.randn(draws, n, generator=generator, dtype=torch.float64)
    amplitude = torch.fft.rfft(white, norm="ortho").abs() * f ** (-exponent / 2)
    return amplitude.mean(0).numpy(), amplitude.square().mean(0).numpy()


def evenness(
    n: int, draws: int, exponent: float, generator: torch.Generator, /
) -> tuple[float, float, float]:
    """Return how even a noise's spectrum is.

    Frequency 0, a real number, over one that is complex, in magnitude and in power;
    and the least magnitude over the largest, of the complex frequencies.
    """
    magnitude, power = magnitudes(n, draws, exponent, generator)
    middle, inner = n // 4, magnitude[1:-1]
    return (
        float(magnitude[0] / magnitude[middle]),
        float(power[0] / power[middle]),
        float(inner.min() / inner.max()),
    )
