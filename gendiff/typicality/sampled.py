r"""Typical sets of a model that can be drawn from: what samples say, with error bars.

A learnt model gives samples and their surprisals, and no more is needed:

    entropy   mean of s_i,                        error  std(s) / sqrt(n)
    mass      fraction of |s_i - mean| <= epsilon,   error  by the bootstrap,

since the mass depends on the estimated entropy too. It is the *model's* entropy, so the
samples must be the model's own: the mean over data is the cross-entropy, which is
larger by the divergence of the model from the data.

References:
    Efron (1979), Bootstrap methods: another look at the jackknife.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from gendiff.discrete.surprisal import Surprisal
from gendiff.estimate import Estimate, mean


@dataclass(frozen=True)
class Sampled(Surprisal):
    """The empirical distribution of surprisals of independent samples.

    Raises:
        ValueError: If there are fewer than two, or one is not finite.
    """

    surprisal: Float[Tensor, " n"]

    def __post_init__(self) -> None:
        finite = bool(self.surprisal.isfinite().all())
        if len(self.surprisal) < 2 or not finite:
            raise ValueError(
                f"{len(self.surprisal)} surprisals, all finite: {finite}; give at "
                "least two finite ones"
            )

    @property
    def entropy(self) -> float:
        """The mean surprisal."""
        return float(self.surprisal.double().mean())

    def estimated_entropy(self) -> Estimate:
        """Return the entropy with its standard error."""
        return mean(self.surprisal, of="samples")

    @property
    def least(self) -> float:
        """The least surprisal that was seen: that of the mode is lower still."""
        return float(self.surprisal.min())

    def mass(self, epsilon: Float[Tensor, "*n"], /) -> Float[Tensor, "*n"]:
        """Return the fraction of the samples in each typical set."""
        distance = (self.surprisal.double() - self.entropy).abs().sort().values
        reach = torch.searchsorted(distance, epsilon.double(), right=True)
        return reach.double() / len(distance)

    def estimated_mass(
        self, epsilon: Float[Tensor, "*n"], generator: torch.Generator, /
    ) -> Estimate:
        """Return each set's mass, with the error of entropy and mass estimated anew."""
        n = len(self.surprisal)
        masses = [
            Sampled(self.surprisal[torch.randint(n, (n,), generator=generator)]).mass(
                epsilon
            )
            for _ in range(_RESAMPLES)
        ]
        return Estimate(self.mass(epsilon), torch.stack(masses).std(0), n, "samples")


_RESAMPLES = 200
"""Enough to know the error to 5 %."""
