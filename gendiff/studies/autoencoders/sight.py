"""A photograph seen through noise by a denoiser that knows its power law only.

The denoiser takes the photograph for a Gaussian field whose power falls as a power of
the frequency, with the exponent that the photograph itself has. For such a field the
best guess is exact, a filter.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from gendiff.data import power_law
from gendiff.data.photographs import Photograph
from gendiff.exact import Field
from gendiff.metrics import radial_average, radial_spectrum, slope, windowed
from gendiff.types import level


def standardised(x: Float[Tensor, "*s"], /) -> Float[Tensor, "*s"]:
    """Return a picture, or many, with mean 0 and variance 1."""
    return (x - x.mean()) / x.std()


def square(photograph: Photograph, side: int, /) -> Float[Tensor, "1 1 {side} {side}"]:
    """Return the middle of a photograph, `side` pixels wide, standardised."""
    grey = photograph.grey()
    height, width = grey.shape[-2:]
    middle = grey[None, :, :, (width - height) // 2 : (width + height) // 2]
    return standardised(functional.adaptive_avg_pool2d(middle, side).double())


def exponent(
    picture: Float[Tensor, "1 1 h w"], /, *, low: float = 4.0, high: float | None = None
) -> float:
    """Return how fast a picture's power falls, by default to half its finest detail."""
    f, power = radial_spectrum(windowed(picture))
    high = picture.shape[-2] / 4 if high is None else high
    return -slope(f, power, low=low, high=high)


def distribution(side: int, exponent: float, /) -> Field:
    """Return the field on a square with such a power law."""
    power = power_law(side, side, exponent=exponent)
    return Field(power, torch.zeros((), dtype=torch.float64))


@dataclass(frozen=True)
class Sight:
    """A photograph, and the exact denoiser of a field with its power law.

    The picture is mirrored at its right and lower edge, so that it tiles without seams.
    """

    picture: Float[Tensor, "1 1 h w"]
    exponent: float

    @property
    def field(self) -> Field:
        """The field on the mirrored picture, with frequencies half as far apart."""
        height, width = self.picture.shape[-2:]
        power = power_law(2 * height, 2 * width, exponent=self.exponent)
        return Field(power, torch.zeros((), dtype=torch.float64))

    def denoise(
        self, x: Float[Tensor, "1 1 h w"], sigma: float, /
    ) -> Float[Tensor, "1 1 h w"]:
        """Return the best guess of the picture."""
        height, width = self.picture.shape[-2:]
        tiled = torch.cat([x, x.flip(-1)], -1)
        tiled = torch.cat([tiled, tiled.flip(-2)], -2)
        return self.field(tiled, level(sigma))[..., :height, :width]

    def gain(
        self, sigma: float, /
    ) -> tuple[Float[Tensor, " ring"], Float[Tensor, " ring"]]:
        """Return frequencies in cycles per picture height, and the filter's gain."""
        height = self.picture.shape[-2]
        f, gain = ring_gain(self.field.power, sigma)
        return f[: height - 1] / 2, gain[: height - 1]

    def reach(self, sigma: float, /) -> float:
        """Return the frequency at which the gain falls through one half."""
        return crossing(*self.gain(sigma))


def look_at(photograph: Photograph, /, *, shrink: int) -> Sight:
    """Fit the power law of a photograph, shrunk so many times."""
    picture = functional.avg_pool2d(photograph.grey(), shrink)
    picture = standardised(picture.double())[None]
    return Sight(picture, exponent(picture))


def crossing(f: Float[Tensor, " ring"], gain: Float[Tensor, " ring"], /) -> float:
    """Return the frequency at which a falling gain passes one half."""
    return float(np.interp(-0.5, -gain.numpy(), f.numpy()))


def ring_gain(
    power: Float[Tensor, "h w"], sigma: float, /
) -> tuple[Float[Tensor, " ring"], Float[Tensor, " ring"]]:
    """Return frequencies, and the gain at the mean power of each ring."""
    f, mean = radial_average(power)
    return f, mean / (mean + sigma**2)
