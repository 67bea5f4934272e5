"""Clocks: other readings of the noise level.

What papers call time is a function of sigma, and the same few functions turn up in four
places: a grid is even in one, a density of training levels is uniform in one, a frame
tells its velocity per unit of one, and a multistep solver interpolates along one.

============  =====================  ==================================================
clock         reading                known from
============  =====================  ==================================================
`SIGMA`       sigma                  EDM's ODE; DDPM's noise prediction
`INVERSE`     1 / sigma              DPM-Solver++
`LOG`         log sigma              NCSN; minus half the log signal-to-noise ratio
`FLOW_TIME`   sigma / (1 + sigma)    the time of a straight path: rectified flow
`COSINE`      arctan sigma           improved DDPM's schedule; the angle of TrigFlow
`power(rho)`  sigma^(1 / rho)        EDM's grid, rho = 7
============  =====================  ==================================================

`FLOW_TIME` and `COSINE` compare the noise with data of standard deviation 1. For other
data `FLOW_TIME.scaled(std)` counts sigma in their units; the "shift" of Stable
Diffusion 3 is that unit, `sigma / (shift + sigma)`.

References:
    Karras et al. (2022), arXiv:2206.00364, eq. 5. Liu et al. (2022), arXiv:2209.03003,
    eq. 1. Nichol and Dhariwal (2021), arXiv:2102.09672, eq. 17, with offset 0.
    Esser et al. (2024), arXiv:2403.03206, eq. 23.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from gendiff.applied import Applied

Curve = Callable[[Float[Tensor, " n"]], Float[Tensor, " n"]]
"""An elementwise function."""


@dataclass(frozen=True)
class Clock:
    """A monotone function of the noise level."""

    forward: Curve
    """The reading at a level."""
    inverse: Curve
    """The level at a reading."""
    rate: Curve
    """The derivative of `forward`, per unit of sigma."""

    def scaled(self, unit: float) -> "Clock":
        """Return this clock of levels counted in `unit`, `forward(sigma / unit)`.

        Raises:
            ValueError: If `unit` is not positive and finite.
        """
        if not 0 < unit < math.inf:
            raise ValueError(f"the unit of a clock is {unit}; give a positive level")
        return Clock(
            Applied(_forward, self, unit),
            Applied(_inverse, self, unit),
            Applied(_rate, self, unit),
        )

    def readings(self, *sigmas: float) -> list[float]:
        """Return the readings at given levels.

        Raises:
            ValueError: If one of them is not finite.
        """
        found = self.forward(host(sigmas)).tolist()
        if not all(map(math.isfinite, found)):
            raise ValueError(
                f"the clock reads {found} at the levels {list(sigmas)}; give levels at "
                "which it is finite, above 0 for a logarithm"
            )
        return found

    def spaced(self, first: float, last: float, n: int) -> list[float]:
        """Return `n` levels whose readings go from `first` to `last` evenly."""
        at = torch.linspace(first, last, n, dtype=torch.float64, device="cpu")
        return self.inverse(at).tolist()


def host(values: Sequence[float], /) -> Float[Tensor, " n"]:
    """Return numbers as float64 on the host, where all coefficients are made."""
    return torch.tensor(values, dtype=torch.float64, device="cpu")


def _forward(clock: Clock, unit: float, sigma: Tensor) -> Tensor:
    return clock.forward(sigma / unit)


def _inverse(clock: Clock, unit: float, reading: Tensor) -> Tensor:
    return unit * clock.inverse(reading)


def _rate(clock: Clock, unit: float, sigma: Tensor) -> Tensor:
    return clock.rate(sigma / unit) / unit


def _same(sigma: Tensor) -> Tensor:
    return sigma


SIGMA = Clock(_same, _same, torch.ones_like)
"""The noise level itself."""


def _inverse_rate(sigma: Tensor) -> Tensor:
    return -1 / sigma**2


INVERSE = Clock(torch.reciprocal, torch.reciprocal, _inverse_rate)
"""The signal in units of the noise; it runs backwards."""

LOG = Clock(torch.log, torch.exp, torch.reciprocal)
"""Every octave of noise counts the same; there is no level 0."""


def _flow(sigma: Tensor) -> Tensor:
    return sigma / (1 + sigma)


def _flow_inverse(time: Tensor) -> Tensor:
    return time / (1 - time)


def _flow_rate(sigma: Tensor) -> Tensor:
    return (1 + sigma) ** -2


FLOW_TIME = Clock(_flow, _flow_inverse, _flow_rate)
"""The time of a straight path from data, at 0, to noise, at 1."""


def _angle_rate(sigma: Tensor) -> Tensor:
    return 1 / (1 + sigma**2)


COSINE = Clock(torch.atan, torch.tan, _angle_rate)
"""The angle of a variance-preserving path, from data, at 0, to noise, at pi / 2."""


def power(rho: float) -> Clock:
    """Return the clock `sigma^(1 / rho)`.

    Raises:
        ValueError: If `rho` is not positive and finite.
    """
    if not 0 < rho < math.inf:
        raise ValueError(f"rho is {rho}; give a positive one, such as EDM's 7")
    return Clock(Applied(_root, rho), Applied(_root, 1 / rho), Applied(_root_rate, rho))


def _root(rho: float, sigma: Tensor) -> Tensor:
    return sigma ** (1 / rho)


def _root_rate(rho: float, sigma: Tensor) -> Tensor:
    return sigma ** (1 / rho - 1) / rho
