"""Levels: which noise levels a denoiser is trained on, and how often.

A training loss averages over noise levels drawn from a density `p(sigma)`. What papers
call a training schedule, "uniform in t" or "logit-normal in t", is that density seen
through a clock; here it is stated in sigma, where two papers can be compared.

===============  ===============================  =========================
density          spread                           known from
===============  ===============================  =========================
`log_uniform`    evenly in log sigma              NCSN, continuous-time VDM
`uniform_flow`   evenly in the straight path's t  rectified flow
`uniform_angle`  evenly in `arctan(sigma / s)`    improved DDPM ("cosine")
`log_normal`     normally in log sigma            EDM
`logit_normal`   normally in the logit of that t  SD3: the *same* family
`among`          on a finite list                 DDPM, the first NCSN
===============  ===============================  =========================

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

Levels = Callable[[int, torch.Generator], Float[Tensor, " n"]]
"""Draws `n` noise levels, float64 on the host."""

Curve = Callable[[Float[Tensor, " n"]], Float[Tensor, " n"]]
"""An elementwise function."""


@dataclass(frozen=True)
class Density:
    """A density of noise levels; calling it draws independent ones."""

    quantile: Curve
    """The level below which lies the given share of the probability."""
    pdf: Curve
    """The density itself, per unit of sigma; 0 outside the support."""

    def __call__(self, n: int, generator: torch.Generator, /) -> Float[Tensor, " n"]:
        """Return `n` independent levels."""
        return self.quantile(_inside(_uniform(n, generator)))


def log_normal(mean: float, std: float) -> Density:
    """Return the law of `exp(mean + std * z)` with standard normal `z`.

    EDM's choice for images of standard deviation 0.5 is `log_normal(-1.2, 1.2)`.

    Raises:
        ValueError: If `std` is not positive, or a parameter not finite.

    References:
        Karras et al. (2022), arXiv:2206.00364, table 1 ("Noise distribution").
    """
    if not (std > 0 and math.isfinite(std) and math.isfinite(mean)):
        raise ValueError(f"log_normal(mean={mean}, std={std}): need a finite std > 0")
    return Density(
        Applied(_normal_quantile, mean=mean, std=std),
        Applied(_normal_pdf, mean=mean, std=std),
    )


def logit_normal(mean: float, std: float, *, shift: float = 1.0) -> Density:
    """Return the levels of a flow time `t` whose logit is normal (noise at `t = 1`).

    The state at `t` is `(1 - t) x0 + t eps`, so `sigma = t / (1 - t) = exp(logit(t))`:
    a logit-normal time *is* a log-normal noise level, with the same mean and std. A
    `shift` multiplies every level.

    References:
        Esser et al. (2024), arXiv:2403.03206, section 3.1, eq. 19 and 23.
    """
    _check(0.0, shift, shift)
    return log_normal(mean + math.log(shift), std)


def log_uniform(low: float, high: float) -> Density:
    """Spread evenly in log sigma, so in the log of the signal-to-noise ratio.

    Raises:
        ValueError: Unless `0 < low < high < inf`.

    References:
        Kingma et al. (2021), arXiv:2107.00630, section 5.1.
    """
    if low <= 0:
        raise ValueError(f"low={low} has no logarithm; give the least level, > 0")
    return _even(
        low, high, 1.0, clock=torch.log, level=torch.exp, rate=torch.reciprocal
    )


def uniform_flow(low: float, high: float, *, shift: float = 1.0) -> Density:
    """Spread evenly in the time `sigma / (shift + sigma)` of a straight path.

    Raises:
        ValueError: Unless `0 <= low < high < inf` and `shift > 0`.

    References:
        Liu et al. (2022), arXiv:2209.03003, eq. 1.
    """
    return _even(low, high, shift, clock=_flow_time, level=_flow_level, rate=_flow_rate)


def uniform_angle(low: float, high: float, *, data_std: float = 1.0) -> Density:
    """Spread evenly in the angle `arctan(sigma / data_std)`.

    Raises:
        ValueError: Unless `0 <= low < high < inf` and `data_std > 0`.

    References:
        Nichol and Dhariwal (2021), arXiv:2102.09672, eq. 17, with offset 0.
    """
    return _even(
        low, high, data_std, clock=torch.atan, level=torch.tan, rate=_angle_rate
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
    `density`; together they fall one in each of `n` equal shares, so the average over a
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


def _inside(share: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
    # A normal law has no quantile at 0, which `torch.rand` may return.
    return share.clamp(2.0**-54, 1 - 2.0**-53)


def _check(low: float, high: float, scale: float) -> None:
    if not 0 <= low < high < math.inf:
        raise ValueError(f"need 0 <= low < high < inf; got low={low}, high={high}")
    if not 0 < scale < math.inf:
        raise ValueError(f"need a positive, finite scale of levels; got {scale}")


def _even(
    low: float, high: float, scale: float, *, clock: Curve, level: Curve, rate: Curve
) -> Density:
    # `level` inverts the clock, `rate` is its slope.
    _check(low, high, scale)
    first, last = clock(torch.tensor([low, high], dtype=torch.float64) / scale).tolist()
    return Density(
        Applied(_even_quantile, level=level, scale=scale, first=first, last=last),
        Applied(
            _even_pdf, rate=rate, scale=scale, low=low, high=high, width=last - first
        ),
    )


def _even_quantile(
    share: Float[Tensor, " n"], *, level: Curve, scale: float, first: float, last: float
) -> Float[Tensor, " n"]:
    return scale * level(first + share * (last - first))


def _even_pdf(
    sigma: Float[Tensor, " n"],
    *,
    rate: Curve,
    scale: float,
    low: float,
    high: float,
    width: float,
) -> Float[Tensor, " n"]:
    # Levels come back from the quantile with rounding: do not cut the ends off.
    within = (sigma >= low * (1 - 1e-6)) & (sigma <= high * (1 + 1e-6))
    return torch.where(within, rate(sigma / scale) / (scale * width), 0.0)


def _normal_quantile(
    share: Float[Tensor, " n"], *, mean: float, std: float
) -> Float[Tensor, " n"]:
    return torch.exp(mean + std * torch.special.ndtri(share))


def _normal_pdf(
    sigma: Float[Tensor, " n"], *, mean: float, std: float
) -> Float[Tensor, " n"]:
    z = (sigma.log() - mean) / std
    return torch.exp(-(z**2) / 2) / (sigma * std * math.sqrt(2 * math.pi))


def _flow_time(sigma: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
    return sigma / (1 + sigma)


def _flow_level(time: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
    return time / (1 - time)


def _flow_rate(sigma: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
    return (1 + sigma) ** -2


def _angle_rate(sigma: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
    return 1 / (1 + sigma**2)
