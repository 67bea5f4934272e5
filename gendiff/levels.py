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
`rising`, `Warped`    as a loss rises                  CDCD
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
from torch import Tensor, nn

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


def rising(
    clock: Clock, sigmas: Float[Tensor, " n"], losses: Float[Tensor, " _"], /,
    *, floor: float = 0.0,
) -> Density:  # fmt: skip
    """Return the density along which a loss rises linearly, given it at some levels.

    A fraction `u` of all levels drawn lies below the level at which the loss has risen
    by `u` of its whole rise: more where it is steep. Where it falls back, it counts as
    constant; between the given levels it is linear in the clock. The fraction `floor`
    of all levels is spread evenly in the clock, so that none is left out.

    Raises:
        ValueError: Unless there are two levels at least, ascending, and as many losses,
            or if `floor` is no fraction.

    References:
        Dieleman et al. (2022), arXiv:2211.15089, section 3.3 and appendix A.
    """
    if len(sigmas) < 2 or len(sigmas) != len(losses) or not (sigmas.diff() > 0).all():
        raise ValueError(
            f"{len(losses)} losses at the levels {sigmas.tolist()}; give as many, for "
            "two ascending levels at least"
        )
    _demand_floor(floor)
    readings = clock.forward(sigmas.double().cpu())
    risen = losses.double().cpu().cummax(0).values
    even = _fraction(readings)
    # A loss that doesn't rise says nothing of where it would.
    risen = _fraction(risen) if risen[-1] > risen[0] else even
    knots = (1 - floor) * risen + floor * even
    return Density(
        Applied(_risen, clock, readings, knots),
        Applied(_risen_pdf, clock, readings, knots),
    )


class Warped(nn.Module):
    """Levels that follow the loss as it is learned: time warping.

    The loss is remembered at some knots, even in a clock. Trained with levels of this
    density, a model's mean loss is half way from that without noise to that with most,
    *whatever* it has learned: watch the median level instead, which rises, or a bound.

    Raises:
        ValueError: Unless `0 <= low < high < inf`, or if the clock is not finite there;
            if there are no two knots, `floor` is no fraction, or nothing is remembered.

    References:
        Dieleman et al. (2022), arXiv:2211.15089, section 3.3 (there the widths of bins
        are learned by gradients; here the loss is averaged, which needs none).
    """

    losses: Tensor
    counts: Tensor

    def __init__(
        self, clock: Clock, low: float, high: float, /,
        *, knots: int = 65, floor: float = 0.05, memory: float = 0.995,
    ) -> None:  # fmt: skip
        super().__init__()
        if knots < 2:
            raise ValueError(f"{knots} knots; give at least 2")
        _demand_floor(floor)
        if not 0 < memory <= 1:
            raise ValueError(f"memory is {memory}; give a number in (0, 1], as 0.995")
        self.clock, self.floor, self.memory = clock, floor, memory
        quantile = uniform(clock, low, high).quantile
        self.sigmas = quantile(torch.linspace(0, 1, knots, dtype=torch.float64))
        # At the start the loss rises evenly, and that counts as one observation.
        self.register_buffer("losses", torch.linspace(0, 1, knots))
        self.register_buffer("counts", torch.ones(knots))

    def density(self) -> Density:
        """Return the density as of now."""
        losses = self.losses / self.counts
        return rising(self.clock, self.sigmas, losses, floor=self.floor)

    @torch.no_grad()
    def learn(self, sigma: Float[Tensor, " b"], loss: Float[Tensor, " b"], /) -> None:
        """Remember the losses at some levels, each at the two knots around it."""
        readings = self.clock.forward(self.sigmas)
        place = _fraction(readings, self.clock.forward(sigma.to(readings)))
        place = (place.clamp(0, 1) * (len(readings) - 1)).to(self.losses)
        below = place.floor().clamp(max=len(readings) - 2).long()
        above = place - below
        for knot, weight in ((below, 1 - above), (below + 1, above)):
            self.counts.index_add_(0, knot, weight)
            self.losses.index_add_(0, knot, weight * loss.to(weight))
        self.counts *= self.memory
        self.losses *= self.memory


def stratified(density: Density) -> Levels:
    """Draw the levels of a batch evenly in probability, from one uniform number.

    Level `i` of `n` is the quantile of `(u + i / n) mod 1`: VDM's low-discrepancy
    sampler, systematic sampling in statistics. Each level alone follows
    `density`; together they fall one in each `n`-th of it, so the average over a
    batch varies less.

    References:
        Kingma et al. (2021), arXiv:2107.00630, appendix I.1.
    """
    return Applied(_stratified, density.quantile)


def strata(n: int, generator: torch.Generator, /) -> Float[Tensor, " {n}"]:
    """Draw numbers between 0 and 1, one in each of `n` equal parts, in random order.

    Each has a place of its own in its part, as in k-diffusion's `stratified_uniform`;
    `stratified` shifts all alike.
    """
    part = torch.randperm(n, generator=generator)
    return (part + _uniform(n, generator)) / n


def _demand_floor(floor: float) -> None:
    if not 0 <= floor <= 1:
        raise ValueError(f"floor is {floor}; give a fraction from 0 to 1, as 0.05")


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


def _fraction(x: Tensor, at: Tensor | None = None) -> Tensor:
    """Return how much of the way from the first to the last number has been gone."""
    return ((x if at is None else at) - x[0]) / (x[-1] - x[0])


def _risen(
    clock: Clock,
    readings: Float[Tensor, " k"],
    knots: Float[Tensor, " k"],
    fraction: Float[Tensor, " n"],
) -> Float[Tensor, " n"]:
    # The first piece that ends above, so that flat pieces are passed over.
    piece = torch.searchsorted(knots, fraction, right=True).clamp(1, len(knots) - 1)
    rise = knots[piece] - knots[piece - 1]
    part = ((fraction - knots[piece - 1]) / rise.clamp(min=1e-300)).clamp(0, 1)
    return clock.inverse(torch.lerp(readings[piece - 1], readings[piece], part))


def _risen_pdf(
    clock: Clock,
    readings: Float[Tensor, " k"],
    knots: Float[Tensor, " k"],
    sigma: Float[Tensor, " n"],
) -> Float[Tensor, " n"]:
    reading = clock.forward(sigma)
    slope = knots.diff() / readings.diff()
    piece = torch.searchsorted(readings, reading, right=True).clamp(1, len(slope)) - 1
    # Levels come back from the quantile with rounding: do not cut the ends off.
    slack = 1e-9 * (readings[-1] - readings[0])
    within = (reading >= readings[0] - slack) & (reading <= readings[-1] + slack)
    return torch.where(within, slope[piece] * clock.rate(sigma), 0.0)


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
