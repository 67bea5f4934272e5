"""Posterior means, medians and widths on a line: what two losses ask a network for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from gendiff.exact import GaussianMixture
from gendiff.levels import Levels
from gendiff.noise import seeded
from gendiff.types import Denoiser, level, like

HALVINGS = 50


@dataclass(frozen=True)
class AbsoluteError:
    """The absolute error of the clean signal, a loss on batches of points."""

    levels: Levels

    def __call__(
        self,
        model: Callable[..., Tensor],
        batch: tuple[Tensor, ...],
        generator: torch.Generator,
        /,
    ) -> Float[Tensor, " b"]:
        """Return each sample's error at a level of its own."""
        (x0,) = batch
        sigma = self.levels(len(x0), generator)
        x = x0 + like(sigma, x0) * seeded(generator)(x0)
        return (model(x, sigma.to(x0)) - x0).abs().flatten(1).mean(1)


def median(
    data: GaussianMixture, x: Float[Tensor, "b 1"], sigma: float, /
) -> Float[Tensor, "b 1"]:
    """Return the median of the clean signal given the noisy one, by bisection.

    Given the component the clean signal is Gaussian, with the posterior's moments.
    """
    variances = data.covariances[:, 0, 0]
    keep = variances / (variances + sigma**2)
    means = data.means[:, 0] + keep * (x - data.means[:, 0])
    stds = (keep * sigma**2).sqrt()
    weights = data.responsibilities(x, level(sigma))
    reach = 9 * stds
    low, high = (
        (means - reach).min(1, keepdim=True).values,
        (means + reach).max(1, keepdim=True).values,
    )
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        mass = (weights * torch.special.ndtr((middle - means) / stds)).sum(
            1, keepdim=True
        )
        low, high = (
            torch.where(mass < 0.5, middle, low),
            torch.where(mass < 0.5, high, middle),
        )
    return (low + high) / 2


def noisy_points(
    data: GaussianMixture, sigmas: Sequence[float], n: int, generator: torch.Generator
) -> list[tuple[float, Float[Tensor, "n 1"]]]:
    """Draw noisy points at each of several levels."""
    clean = [data.sample(n, generator) for _ in sigmas]
    return [
        (sigma, x0 + sigma * seeded(generator)(x0))
        for sigma, x0 in zip(sigmas, clean, strict=True)
    ]


def in_widths(
    predict: Denoiser,
    aim: Denoiser,
    /,
    data: GaussianMixture,
    noisy: Sequence[tuple[float, Float[Tensor, "b 1"]]],
) -> float:
    """Return how far predictions are from where they aim, in posterior widths.

    Distances and widths are root mean squares over levels and noisy points.

    Args:
        predict: What is compared.
        aim: What with: the posterior mean is the data themselves, as a denoiser.
        data: The data's distribution.
        noisy: Levels, each with noisy points of it.
    """
    off, width = [], []
    for sigma, x in noisy:
        at = level(sigma)
        off.append((predict(x, at) - aim(x, at)).square().mean())
        width.append(data.posterior_covariance(x, at).mean())
    return float((torch.stack(off).mean() / torch.stack(width).mean()).sqrt())
