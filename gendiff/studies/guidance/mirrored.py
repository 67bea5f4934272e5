"""The best guess of a photograph under noise, from its mean colour and a power law.

The power of photographs falls as the square of the frequency. A denoiser that knows
only that, and the mean colour, is a filter. Filters think that a picture repeats; so it
is mirrored first, and no edge shows.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from gendiff.data import power_law
from gendiff.exact import Field
from gendiff.types import level


@dataclass(frozen=True)
class Mirrored:
    """A square picture, and what a denoiser may know of it."""

    picture: Float[Tensor, "c s s"]

    @property
    def middle(self) -> Float[Tensor, "c 1 1"]:
        """The mean colour."""
        return self.picture.mean((1, 2), keepdim=True)

    @property
    def spread(self) -> float:
        """The standard deviation about the mean colour."""
        return float((self.picture - self.middle).std())

    def expected(
        self, noisy: Float[Tensor, "c s s"], sigma: float
    ) -> Float[Tensor, "c s s"]:
        """Return the best guess of the picture."""
        side = self.picture.shape[-1]
        natural = Field(
            self.spread**2 * power_law(2 * side, 2 * side, exponent=2.0),
            torch.zeros((), dtype=torch.float64),
        )
        wide = torch.cat([noisy - self.middle, (noisy - self.middle).flip(-1)], -1)
        wide = torch.cat([wide, wide.flip(-2)], -2)
        return self.middle + natural(wide[None], level(sigma))[0, :, :side, :side]
