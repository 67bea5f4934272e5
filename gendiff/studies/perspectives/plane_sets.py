"""How far sets of samples are from data in the plane, and which of two is farther."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from gendiff.estimate import Estimate, mean
from gendiff.exact import GaussianMixture
from gendiff.metrics import sliced_wasserstein
from gendiff.record import last
from gendiff.sampling import sample
from gendiff.studies.running import Running
from gendiff.types import Denoiser


@dataclass(frozen=True)
class Ruler:
    """Draws sets of samples from the same noise for all, and holds them to the data."""

    run: Running
    data: GaussianMixture
    drawn: int
    """Points a set; of real points there are four times as many."""
    sets: int

    def samples(
        self, denoise: Denoiser, calls: int, part: str, /
    ) -> Float[Tensor, "n 2"]:
        """Return samples of the default sampler, from the noise of a part."""
        generator = self.run.generator(f"latents {part}")
        noise = torch.randn(self.drawn, 2, generator=generator)
        gaussian = self.data.moments()
        return last(sample(denoise, noise, gaussian=gaussian, evaluations=calls))

    def away(
        self, denoise: Denoiser, calls: int, use: str = "judging", /
    ) -> list[float]:
        """Return the sliced Wasserstein distance of each set, others for every use."""
        return [
            self._apart(self.samples(denoise, calls, f"{use} {k}"), use)
            for k in range(self.sets)
        ]

    def floor(self) -> float:
        """Return the mean distance of sets of real points, which no model is below."""
        sets = [
            self.data.sample(self.drawn, self.run.generator(f"real {k}")).float()
            for k in range(self.sets)
        ]
        return float(np.mean([self._apart(some, "judging") for some in sets]))

    def _apart(self, some: Float[Tensor, "n 2"], use: str) -> float:
        points = self.run.generator(f"{use} points")
        real = self.data.sample(4 * self.drawn, points).float()
        slices = self.run.generator("slices")
        return sliced_wasserstein(some, real, projections=64, generator=slices)


def farther(one: list[float], other: list[float], /) -> Estimate:
    """Return by how much the sets of one are farther away than those of another."""
    return mean(np.subtract(one, other), "sets of samples")
