"""Levels: which noise levels a denoiser is trained on, and how often.

A training loss averages over noise levels drawn from a density `p(sigma)`. What papers
call a training schedule, "uniform in t" or "logit-normal in t", is that density seen
through a clock of `gendiff.clocks`; here it is stated in sigma, where two papers can be
compared.

====================  ===============================  =========================
density               spread                           known from
====================  ===============================  =========================
`uniform(LOG)`        evenly in log sigma              NCSN, continuous-time VDM
`uniform(FLOW_TIME)`  evenly in the straight path's t  rectified flow
`uniform(COSINE)`     evenly in `arctan sigma`         improved DDPM ("cosine")
`log_normal`          normally in log sigma            EDM
`logit_normal`        normally in the logit of that t  SD3: the *same* family
`among`               on a finite list                 DDPM, the first NCSN
====================  ===============================  =========================

A `Density` is known by its quantile function, which maps uniform numbers to levels.
That is what makes `stratified` possible: one number, shifted evenly, serves a whole
batch and removes most of the variance that a random choice of levels adds to the loss.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from gendiff.applied import Applied
from gendiff.clocks import Clock, Curve

Levels = Callable[[int, torch.Generator], Float[Tensor, " n"]]
"""Draws `n` noise levels, float64 on the host."""


@dataclass(frozen=True)
class Density:
    """A density of noise levels; calling it draws independent ones."""

    quantile: Curve
    """The level below which lies a given fraction of the probability."""
    pdf: Curve
    """The density itself, per unit of sigma; 0 outside the support."""

    def __call__(self, n: int, generator: torch.Generator, /) -> Float[Tensor, " n"]:
        """Return `n` independent levels."""
        return self.quantile(_inside(_uniform(n, generator)))


def log_normal(mean: float, std: float) -> Density:
    """Return the distribution of `exp(mean + std * z)` for standard normal `z`.

    EDM's choice for images of standard deviation 0.5 is `log_normal(-1.2, 1.2)`.

    Raises:
        ValueError: If `std` is not positive, or a parameter not finite.

    References:
        Karras et al. (2022), arXiv:2206.00364, table 1 ("Noise distribution").
    """
    if not (std > 0 and math.isfinite(std) and math.isfinite(mean)):
        raise ValueError(f"log_normal(mean={mean}, std={std}): need a finite std > 0")
    return Density(Applied(_normal, mean, std), Applied(_normal_pdf, mean, std))


def logit_normal(mean: float, std: float, *, shift: float = 1.0) -> Density:
    """Return the levels of a flow time `t` whose logit is normal (noise at `t = 1`).

    The state at `t` is `(1 - t) x0 + t eps`, so `sigma = t / (1 - t) = exp(logit(t))`:
    a logit-normal time *is* a log-normal noise level, with the same mean and std. A
    `shift` multiplies every level.

    References:
        Esser et al. (2024), arXiv:2403.03206, section 3.1, eq. 19 and 23.
    """
    if not 0 < shift < math.inf:
        raise ValueError(f"shift is {shift}; give a positive level, such as 1")
    return log_normal(mean + math.log(shift), std)


def uniform(clock: Clock, low: float, high: float) -> Density:
    """Spread evenly in a clock: `uniform(LOG, 0.01, 100.0)`.

    Raises:
        ValueError: Unless `0 <= low < high < inf`, or if the clock is not finite there.

    References:
        Kingma et al. (2021), arXiv:2107.00630, section 5.1 (evenly in log sigma).
    """
    if not 0 <= low < high < math.inf:
        raise ValueError(f"need 0 <= low < high < inf; got low={low}, high={high}")
    first, last = clock.readings(low, high)
    return Density(
        Applied(_even, clock.inverse, first, last),
        Applied(_even_pdf, clock.rate, low, high, last - first),
    )


def among(sigmas: Sequence[float]) -> Levels:
    """Choose among finitely many levels with equal chances; one level is a list of one.

    Raises:
        ValueError: If the list is empty or holds a level that is not positive, finite.
    """
    levels = torch.tensor(sigmas, dtype=torch.float64)
    if not len(levels) or not (levels.isfinite() & (levels > 0)).all():
        raise ValueError(f"levels {list(sigmas)}: give at least one, all in (0, inf)")
    return Applied(_among, tuple(levels.tolist()))


def stratified(density: Density) -> Levels:
    """Draw the levels of a batch evenly in probability, from one uniform number.

    Level `i` of `n` is the quantile of `(u + i / n) mod 1`. Each level alone follows
    `density`; together they fall one in each `n`-th of it, so the average over a
    batch varies less.

    References:
        Kingma et al. (2021), arXiv:2107.00630, appendix I.1.
    """
    return Applied(_stratified, density.quantile)


def _stratified(
    quantile: Curve, n: int, generator: torch.Generator, /
) -> Float[Tensor, " n"]:
    places = torch.arange(n, dtype=torch.float64) / n
    return quantile(_inside((_uniform(1, generator) + places) % 1))


def _among(
    sigmas: tuple[float, ...], n: int, generator: torch.Generator, /
) -> Float[Tensor, " n"]:
    levels = torch.tensor(sigmas, dtype=torch.float64)
    return levels[torch.randint(len(levels), (n,), generator=generator)]


def _uniform(n: int, generator: torch.Generator) -> Float[Tensor, " n"]:
    return torch.rand(n, generator=generator, dtype=torch.float64)


def _inside(fraction: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
    # A normal distribution has no quantile at 0, which `torch.rand` may return.
    return fraction.clamp(2.0**-54, 1 - 2.0**-53)


def _even(
    level: Curve, first: float, last: float, fraction: Float[Tensor, " n"]
) -> Float[Tensor, " n"]:
    return level(first + fraction * (last - first))


def _even_pdf(
    rate: Curve, low: float, high: float, width: float, sigma: Float[Tensor, " n"]
) -> Float[Tensor, " n"]:
    # Levels come back from the quantile with rounding: do not cut the ends off.
    within = (sigma >= low * (1 - 1e-6)) & (sigma <= high * (1 + 1e-6))
    return torch.where(within, rate(sigma) / width, 0.0)


def _normal(
    mean: float, std: float, fraction: Float[Tensor, " n"]
) -> Float[Tensor, " n"]:
    return torch.exp(mean + std * torch.special.ndtri(fraction))


def _normal_pdf(
    mean: float, std: float, sigma: Float[Tensor, " n"]
) -> Float[Tensor, " n"]:
    z = (sigma.log() - mean) / std
    return torch.exp(-(z**2) / 2) / (sigma * std * math.sqrt(2 * math.pi))
