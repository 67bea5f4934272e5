r"""How much a training weighs each octave of noise, on the error of the noise.

Drawing levels with density `p(sigma)` and weighing the clean error by `w(sigma)` weighs
the error of the standardised noise, which is `1 / sigma^2` of the clean one, by

    sigma^2 w(sigma) p(sigma) dsigma  =  sigma^3 w(sigma) p(sigma) dlog(sigma).

For the likelihood this is 1 for every `dlog(sigma)`: all octaves count alike. DDPM
draws times evenly and weighs the noise evenly, so there it is the rate of the
schedule's clock.

References:
    Ho et al. (2020), arXiv:2006.11239, section 4 (the linear schedule). Song et al.
    (2021), arXiv:2011.13456, eq. 32 (in continuous time, from 0.1 to 20).
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from gendiff.clocks import Clock
from gendiff.estimate import Estimate, fraction
from gendiff.levels import Density
from gendiff.objectives import Weight

FIRST, LAST = 0.1, 20.0
"""The rates between which DDPM's linear schedule rises, in continuous time."""


def _time(sigma: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
    # The integral of the rate, FIRST t + (LAST - FIRST) t^2 / 2, is log(1 + sigma^2).
    spent = torch.log1p(sigma**2)
    root = (FIRST**2 + 2 * (LAST - FIRST) * spent).sqrt()
    return 2 * spent / (FIRST + root)


def _level(time: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
    return torch.expm1(FIRST * time + (LAST - FIRST) * time**2 / 2).sqrt()


def _rate(sigma: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
    beta = FIRST + (LAST - FIRST) * _time(sigma)
    return 2 * sigma / ((1 + sigma**2) * beta)


LINEAR = Clock(_time, _level, _rate)
"""The time of DDPM's linear schedule."""


def on_noise(
    density: Density, weight: Weight, sigma: Float[Tensor, " n"], /
) -> Float[Tensor, " n"]:
    """Return the weight on the noise error for each unit of `log(sigma)`."""
    return sigma**3 * weight(sigma) * density.pdf(sigma)


def below(
    density: Density,
    weight: Weight,
    sigma: float,
    /,
    *,
    low: float = 0.01,
    high: float = 100.0,
) -> float:
    """Return the fraction of the weight on the noise error that lies below a level.

    It is integrated on `log(sigma)`, over the levels from `low` to `high` alone.
    """

    def area(first: float, last: float) -> float:
        log = torch.linspace(
            math.log(first), math.log(last), 20_001, dtype=torch.float64
        )
        return float(torch.trapezoid(on_noise(density, weight, log.exp()), log))

    return area(low, sigma) / (area(low, sigma) + area(sigma, high))


def counted(
    density: Density, sigma: float, n: int, generator: torch.Generator, /
) -> Estimate:
    """Return the fraction of `n` drawn levels that lie below a level."""
    drawn = density(n, generator)
    return fraction(int((drawn < sigma).sum()), n, "levels")
