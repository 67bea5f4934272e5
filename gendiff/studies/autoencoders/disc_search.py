"""Discs whose place nobody tells: how much of a picture the exact denoiser recovers.

The data are a disc at each place of a small torus, so the exact denoiser can weigh all
places against each other. What it recovers is one minus its squared error, as a
fraction of what guessing the mean picture would cost.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy.typing import NDArray
from torch import Tensor

from gendiff.data import disc
from gendiff.estimate import Estimate
from gendiff.exact import Empirical
from gendiff.metrics import jackknife
from gendiff.studies.autoencoders.pooling import exponent
from gendiff.studies.running import Running
from gendiff.types import level

SIDE = 32


def everywhere(area: int, /) -> Float[Tensor, "n h w"]:
    """Return a disc at each place of a torus of 32 x 32 pixels."""
    one = disc(area, size=SIDE)
    places = [(i, j) for i in range(SIDE) for j in range(SIDE)]
    return torch.stack([one.roll(place, (0, 1)) for place in places])


def squares(
    data: Float[Tensor, "n h w"],
    sigma: float,
    draws: int,
    generator: torch.Generator,
    /,
) -> Float[Tensor, "2 {draws}"]:
    """Return squared errors of each draw: the exact denoiser's, the mean picture's."""
    x0 = data[torch.randint(len(data), (draws,), generator=generator)]
    x = x0 + sigma * torch.randn(x0.shape, generator=generator)
    error = (Empirical(data)(x, level(sigma)) - x0).square()
    guess = (x0 - data.mean(0)).square()
    return torch.stack([error.flatten(1).mean(1), guess.flatten(1).mean(1)])


@dataclass(frozen=True)
class Search:
    """Squared errors by area, level and draw."""

    areas: Sequence[int]
    levels: NDArray[np.float64]
    errors: Float[Tensor, "area level 2 draw"]

    @property
    def draws(self) -> int:
        """How many pictures were drawn at each level."""
        return self.errors.shape[-1]

    def half_recovered(self, draws: Int[Tensor, " m"], /) -> NDArray[np.float64]:
        """Return for each area the level at which half of the picture is recovered."""
        mean = self.errors[..., draws].mean(-1).double()
        share = (mean[..., 0] / mean[..., 1]).numpy()
        log = np.log(self.levels)
        return np.array([np.exp(np.interp(-0.5, own - 1, log)) for own in share])

    def tolerable(self) -> NDArray[np.float64]:
        """Return the same from all draws."""
        return self.half_recovered(torch.arange(self.draws))

    def growth(self) -> Estimate:
        """Return the exponent of that level against the area, with its error."""
        return jackknife(
            lambda draws: exponent(self.areas, self.half_recovered(draws)),
            self.draws,
            groups=min(20, self.draws),
            of="draws",
        )


def search(
    run: Running, areas: Sequence[int], levels: NDArray[np.float64], draws: int, /
) -> Search:
    """Ask the exact denoiser at each level, under the same draws at all."""
    errors = [
        torch.stack(
            [squares(data, float(s), draws, run.generator("places")) for s in levels]
        )
        for data in map(everywhere, areas)
    ]
    return Search(areas, levels, torch.stack(errors))
