"""What a likelihood by the probability flow costs, in calls of the denoiser.

An adaptive solver is held to one tolerance; a product with the Jacobian counts as two
calls, as a backward pass does.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from gendiff.exact import GaussianMixture, Isotropic
from gendiff.likelihood import log_density, log_density_estimate
from gendiff.record import last
from gendiff.solvers import adaptive
from gendiff.types import Noise, level


class Counted:
    """A denoiser that counts how often it is called."""

    def __init__(self, denoise: Callable[[Tensor, Tensor], Tensor]) -> None:
        self.denoise, self.calls = denoise, 0

    def __call__(
        self, x: Float[Tensor, "b *s"], sigma: Float[Tensor, "..."], /
    ) -> Float[Tensor, "b *s"]:
        """Return the denoised signal."""
        self.calls += 1
        return self.denoise(x, sigma)


@dataclass(frozen=True)
class Bumps:
    """The exact denoiser of round bumps of equal weight, quick in many dimensions."""

    means: Float[Tensor, "k d"]
    std: float

    def __call__(
        self, x: Float[Tensor, "b d"], sigma: Float[Tensor, "..."], /
    ) -> Float[Tensor, "b d"]:
        """Return the mean of the clean points."""
        variance = self.std**2 + sigma**2
        near = x @ self.means.T - self.means.square().sum(1) / 2
        centre = (near / variance).softmax(1) @ self.means
        return centre + self.std**2 / variance * (x - centre)

    def sample(self, n: int, generator: torch.Generator) -> Float[Tensor, "n d"]:
        """Draw clean points."""
        which = torch.randint(len(self.means), (n,), generator=generator)
        shape = (n, self.means.shape[1])
        return self.means[which] + self.std * torch.randn(
            shape, generator=generator, dtype=self.means.dtype
        )

    def gaussian(self) -> Isotropic:
        """Return the round Gaussian of their mean and of their spread in all."""
        mean = self.means.mean(0)
        spread = (self.means - mean).square().mean()
        return Isotropic(mean, float((spread + self.std**2).sqrt()))


@dataclass(frozen=True)
class Price:
    """Costs in calls, and the log-likelihoods that they bought, in nats."""

    sample: int
    trace: int
    probe: int
    by_trace: Float[Tensor, " b"]
    by_probe: Float[Tensor, " b"]


def price(
    data: Bumps,
    x: Float[Tensor, "b d"],
    /,
    *,
    tolerance: float,
    low: float = 0.01,
    high: float = 20.0,
    noise: Noise = torch.randn_like,
) -> Price:
    """Return what a sample and two kinds of likelihood cost.

    Args:
        data: Whose exact denoiser is used.
        x: Points at the level `low`.
        tolerance: Of the adaptive solver, each time.
        low: The level at which samples end and likelihoods begin.
        high: The level of the noise.
        noise: Where the signs of the one probe come from.
    """
    gaussian, span = data.gaussian(), {"low": low, "high": high}
    drawing, tracing, probing = (Counted(data) for _ in range(3))
    start = gaussian.unwhiten(noise(x), high)
    last(adaptive(drawing, start, [high, low], gaussian=gaussian, tolerance=tolerance))
    traced = log_density(tracing, x, gaussian=gaussian, tolerance=tolerance, **span)
    signs = noise(x)
    probed = log_density_estimate(
        probing, x, gaussian=gaussian, tolerance=tolerance, probes=2,
        noise=lambda _: signs, **span,  # twice the same probe is one
    ).value  # fmt: skip
    return Price(
        sample=drawing.calls,
        trace=tracing.calls * (1 + 2 * x.shape[1]),
        probe=probing.calls * 3,
        by_trace=traced,
        by_probe=torch.as_tensor(probed),
    )


def error(
    data: GaussianMixture, x: Float[Tensor, "b d"], /, *, tolerance: float
) -> tuple[float, int]:
    """Return the largest error of a log-likelihood, in nats, and the evaluations."""
    counted = Counted(data)
    found = log_density(
        counted, x, gaussian=data.moments(), low=0.01, high=2e3, tolerance=tolerance
    )
    return float((found - data.log_density(x, level(0.01))).abs().max()), counted.calls
