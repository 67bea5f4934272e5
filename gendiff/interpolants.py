"""Interpolants: paths between any two distributions.

A path mixes a sample of one distribution with one of another, and may shake it:

    x_t  =  alpha(t) start + beta(t) end + gamma(t) z,    z ~ N(0, 1),

with `alpha(0) = beta(1) = 1` and all else 0 at the ends. The velocity
`E[dx_t/dt | x_t]` carries the one distribution into the other, whichever pairs were
mixed, and is learnt by a squared error against `velocity`; where `gamma` is not 0, the
score `-E[z | x_t] / gamma` is learnt from `z` alike. Both together give a family of
processes that have the same density at every time,

    dx  =  (velocity + epsilon score) dt + sqrt(2 epsilon) dW.

Time runs from 0 at the start to 1 at the end, and a walk may go either way. With data
at the start and noise at the end, `LINEAR` is the frame `gendiff.frames.FLOW`. Two
samplers that were found by other ways are Euler steps on `LINEAR` (`alpha_blending`,
`indi`): what they call deblending or direct iteration is its velocity.

References:
    Albergo et al. (2023), arXiv:2303.08797, definition 2.1.
    Heitz et al. (2023), arXiv:2305.03486 (alpha-blending).
    Delbracio and Milanfar (2023), arXiv:2303.11435 (inversion by direct iteration).
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor

from gendiff.applied import Applied
from gendiff.clocks import Curve
from gendiff.derivatives import pushed
from gendiff.types import Noise, level, like

VectorField = Callable[[Tensor, Tensor], Tensor]
"""`(x, time) -> velocity` or score; time has the shape `()` or `(b,)`."""


@dataclass(frozen=True)
class Interpolant:
    """A path between samples; the noise on it is given by its variance."""

    alpha: Curve
    """Weight of the start."""
    beta: Curve
    """Weight of the end."""
    variance: Curve
    """`gamma^2`: unlike gamma, it has a finite slope where the noise begins."""

    def state(
        self,
        start: Float[Tensor, "b *s"],
        end: Float[Tensor, "b *s"],
        z: Float[Tensor, "b *s"],
        time: Float[Tensor, "..."],
        /,
    ) -> Float[Tensor, "b *s"]:
        """Return `alpha start + beta end + gamma z`."""
        a, b, variance = (
            like(curve(time), z) for curve in (self.alpha, self.beta, self.variance)
        )
        return a * start + b * end + variance.sqrt() * z

    def velocity(
        self,
        start: Float[Tensor, "b *s"],
        end: Float[Tensor, "b *s"],
        z: Float[Tensor, "b *s"],
        time: Float[Tensor, "..."],
        /,
    ) -> Float[Tensor, "b *s"]:
        """Return the time derivative of `state`, of which the velocity is the mean.

        Without noise `z` does not count; with noise, not at the ends, where it is
        infinite.
        """
        (_, a), (_, b), (variance, slope) = (
            rate(curve, time) for curve in (self.alpha, self.beta, self.variance)
        )
        c = torch.where(slope == 0, 0.0, slope / (2 * variance.sqrt()))
        return like(a, z) * start + like(b, z) * end + like(c, z) * z

    def score(
        self, z: Float[Tensor, "b *s"], time: Float[Tensor, "..."], /
    ) -> Float[Tensor, "b *s"]:
        """Return `-z / gamma`, of which the score is the mean."""
        return -z / like(self.variance(time), z).sqrt()


def rate(curve: Curve, time: Float[Tensor, "..."]) -> tuple[Tensor, Tensor]:
    """Return a curve and its slope at each time."""
    return pushed(curve, (time,), (torch.ones_like(time),))


def _fall(time: Tensor, /) -> Tensor:
    return 1 - time


def _rise(time: Tensor, /) -> Tensor:
    return time.clone()


def _bridge(width: float, time: Tensor, /) -> Tensor:
    return width**2 * time * (1 - time)


LINEAR = Interpolant(_fall, _rise, torch.zeros_like)
"""The straight path, without noise."""


def bridge(width: float) -> Interpolant:
    """Return the straight path with the noise of a Brownian bridge.

    `gamma = width sqrt(t (1 - t))`, at most half of `width`.

    Raises:
        ValueError: If `width` is not positive and finite.

    References:
        Albergo et al. (2023), arXiv:2303.08797 (with `width = sqrt(2)`).
    """
    if not 0 < width < math.inf:
        raise ValueError(f"width is {width}; a bridge without any is LINEAR")
    return Interpolant(_fall, _rise, Applied(_bridge, width))


def transport(
    velocity: VectorField, x: Float[Tensor, "b *s"], times: Sequence[float], /
) -> Iterator[Float[Tensor, "b *s"]]:
    """Carry `x` along a velocity by Euler steps, and yield every state after `x`."""
    for time, time_next in pairwise(times):
        x = x + (time_next - time) * velocity(x, level(time))
        yield x


def diffuse(
    velocity: VectorField,
    score: VectorField,
    x: Float[Tensor, "b *s"],
    times: Sequence[float],
    /,
    *,
    epsilon: float,
    noise: Noise = torch.randn_like,
) -> Iterator[Float[Tensor, "b *s"]]:
    """Walk with noise through the same densities, by steps of Euler and Maruyama.

    Args:
        velocity: Mean velocity of the path.
        score: Score of the density at each time.
        x: States at `times[0]`.
        times: Rising or falling; the noise drives apart, the score together, both ways.
        epsilon: Half of the variance of the noise per unit of time.
        noise: Where the increments come from.

    Raises:
        ValueError: If `epsilon` is negative.

    References:
        Albergo et al. (2023), arXiv:2303.08797, section 2.4.
    """
    if epsilon < 0:
        raise ValueError(f"epsilon is {epsilon}; 0 is the flow, more adds noise")
    for time, time_next in pairwise(times):
        step, at = time_next - time, level(time)
        drift = step * velocity(x, at) + abs(step) * epsilon * score(x, at)
        x = x + drift + math.sqrt(2 * epsilon * abs(step)) * noise(x)
        yield x


def alpha_blending(
    x: Float[Tensor, "b *s"],
    start: Float[Tensor, "b *s"],
    end: Float[Tensor, "b *s"],
    time: float,
    time_next: float,
    /,
) -> Float[Tensor, "b *s"]:
    """Move `x` by a part of the way from the mean start to the mean end, given `x`.

    References:
        Heitz et al. (2023), arXiv:2305.03486, algorithm 4.
    """
    return x + (time_next - time) * (end - start)


def indi(
    x: Float[Tensor, "b *s"],
    start: Float[Tensor, "b *s"],
    time: float,
    time_next: float,
    /,
) -> Float[Tensor, "b *s"]:
    """Replace a part of `x` by the mean start, given `x`; all of it at time 0.

    The start is the clean signal, the end is the degraded one.

    Raises:
        ValueError: If `time` is 0, where `x` is clean already.

    References:
        Delbracio and Milanfar (2023), arXiv:2303.11435, section 3.
    """
    if time == 0:
        raise ValueError("time is 0, the start; begin with the degraded signal, at 1")
    return torch.lerp(start, x, time_next / time)
