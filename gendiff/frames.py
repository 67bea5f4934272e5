"""Frames: coordinates in which a Gaussian diffusion is trained or integrated.

Every Gaussian diffusion is `x = x0 + sigma * eps` seen through a change of
coordinates: rescale the state, `y = scale(sigma) * x`, and read another of the
`gendiff.clocks`, `u = clock(sigma)`. Along the path of a given `(x0, eps)` the velocity

    dy/du = a * x0 + b * eps

is at once what a network of that frame predicts and what an ODE solver of that
frame integrates. What is often told as two lists of special cases is one table:

==========  =====================  =======================  ==================
frame       scale                  clock                    dy/du
==========  =====================  =======================  ==================
`NOISE`     1                      sigma                    eps
`DATA`      1 / sigma              1 / sigma                x0
`FLOW`      1 / (1 + sigma)        sigma / (1 + sigma)      eps - x0
`angle(s)`  1/sqrt(s^2 + sigma^2)  phi = arctan(sigma / s)  cos eps - sin x0/s
==========  =====================  =======================  ==================

The first three are *straight*: a given `(x0, eps)` moves at constant velocity, and one
Euler step is the same map, DDIM, in all of them. The velocity of `angle(s)` turns; with
`s` the standard deviation of the data it is "v" of Salimans and Ho and, up to sign, the
target of Karras et al. It vanishes on average where the data are one Gaussian, so that
an Euler step in this frame is exact there.

References:
    Karras et al. (2022), arXiv:2206.00364, table 1 and section 5.
    Salimans and Ho (2022), arXiv:2202.00512, appendix D.
    Lu and Song (2024), arXiv:2410.11081, section 3 (the angle as a clock).
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from gendiff import clocks
from gendiff.applied import Applied
from gendiff.clocks import Clock, Curve

Sigma = float | Tensor
"""A noise level on the host, or a tensor that broadcasts against the signal."""


@dataclass(frozen=True)
class Frame:
    """A change of coordinates of a Gaussian diffusion."""

    name: str
    scale: Curve
    """Factor from the state `x` to the coordinate `y`."""
    clock: Clock
    """The time `u`."""
    target: Callable[[Sigma], tuple[Sigma, Sigma]]
    """Coefficients `(a, b)` of the velocity `dy/du = a * x0 + b * eps`."""

    def skip_out(self, sigma: Sigma) -> tuple[Sigma, Sigma]:
        """Return `(c_skip, c_out)` such that `x0 = c_skip * x + c_out * velocity`.

        Solves `velocity = a x0 + b eps` and `x = x0 + sigma eps` for `x0`:
        `c_skip = b / (b - a sigma)` and `c_out = -sigma / (b - a sigma)`.
        """
        a, b = self.target(sigma)
        return b / (b - a * sigma), -sigma / (b - a * sigma)


def _eps(_: Sigma) -> tuple[Sigma, Sigma]:
    return 0.0, 1.0


NOISE = Frame("noise", torch.ones_like, clocks.SIGMA, _eps)
"""The network predicts the noise; time is sigma (DDPM's target; DEIS and LMS)."""


def _clean(_: Sigma) -> tuple[Sigma, Sigma]:
    return 1.0, 0.0


DATA = Frame("data", torch.reciprocal, clocks.INVERSE, _clean)
"""The network predicts the clean signal; time is 1/sigma (DPM-Solver++)."""


def _flow_scale(sigma: Tensor) -> Tensor:
    return 1 / (1 + sigma)


def _flow_target(_: Sigma) -> tuple[Sigma, Sigma]:
    return -1.0, 1.0


FLOW = Frame("flow", _flow_scale, clocks.FLOW_TIME, _flow_target)
"""The straight path from noise to data: flow matching, rectified flow."""


def angle(data_std: float) -> Frame:
    """Return the frame of unit variance, whose clock is `arctan(sigma / data_std)`.

    Raises:
        ValueError: If `data_std` is not positive and finite.
    """
    return Frame(
        f"angle({data_std:g})",
        Applied(_angle_scale, data_std),
        clocks.COSINE.scaled(data_std),
        Applied(_angle_target, data_std),
    )


def _angle_scale(data_std: float, sigma: Tensor) -> Tensor:
    return (data_std**2 + sigma**2) ** -0.5


def _angle_target(data_std: float, sigma: Sigma) -> tuple[Sigma, Sigma]:
    total = data_std**2 + sigma**2
    return -sigma / data_std * total**-0.5, data_std * total**-0.5


ANGLE = angle(1.0)
"""The angle frame of data with unit variance."""

STRAIGHT = (NOISE, DATA, FLOW)
