"""Flow maps: the probability flow from one noise level to another, in one evaluation.

A solver walks the flow `dx/dsigma = v(x, sigma) = (x - D(x, sigma)) / sigma` in many
steps. A *flow map* `F(x, sigma, to)` is what comes out, as one function of the state
and of both levels. It is the flow's if it stands still between equal levels and one of
three things holds, each a way to train a network that samples in one step:

    semigroup   F(F(x, sigma, between), between, to)  =  F(x, sigma, to)
    Lagrangian  d/dto F(x, sigma, to)                 =  v(F(x, sigma, to), to)
    Eulerian    d/dsigma F + (dF/dx) v(x, sigma)      =  0

The first composes two arrows; the second follows one particle on its way; the third
stays in place and says that all points of a trajectory are carried to the same end.
The functions here return what is left over, left side minus right side at each point,
to judge a map that one has; `gendiff.distillation` holds the losses that train one.
A map to level 0 only is a consistency model, and its third line the consistency loss
in the limit of small steps.

`mean_velocity` reads a map as the mean velocity along an arrow, in any frame. It tends
to the velocity itself as the levels meet, and is the flow's if

    u  =  velocity - (clock(sigma) - clock(to)) du/dclock,

which is the Eulerian equation in the frame's coordinates (`mean_flow_residual`).

References:
    Boffi et al. (2024), arXiv:2406.07507 (Lagrangian, Eulerian, semigroup).
    Kim et al. (2023), arXiv:2310.02279 (maps between any two levels).
    Geng et al. (2025), arXiv:2505.13447 (MeanFlow).
"""

from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor

from gendiff.derivatives import pushed
from gendiff.frames import Frame
from gendiff.types import Denoiser, like
from gendiff.views import noise


@runtime_checkable
class FlowMap(Protocol):
    """Anything that carries a state from one noise level to another."""

    def __call__(
        self,
        x: Float[Tensor, "b *s"],
        sigma: Float[Tensor, "..."],
        to: Float[Tensor, "..."],
        /,
    ) -> Float[Tensor, "b *s"]:
        """Return the state at `to`; each level has the shape `()` or `(b,)`."""
        ...


def semigroup_residual(
    flow: FlowMap,
    x: Float[Tensor, "b *s"],
    sigma: Float[Tensor, "..."],
    between: Float[Tensor, "..."],
    to: Float[Tensor, "..."],
    /,
) -> Float[Tensor, "b *s"]:
    """Return by how much two arrows in a row miss the end of one."""
    return flow(flow(x, sigma, between), between, to) - flow(x, sigma, to)


def lagrangian_residual(
    flow: FlowMap,
    denoise: Denoiser,
    x: Float[Tensor, "b *s"],
    sigma: Float[Tensor, "..."],
    to: Float[Tensor, "..."],
    /,
) -> Float[Tensor, "b *s"]:
    """Return by how much the end moves otherwise than the flow, as `to` changes.

    In units of the state per unit of sigma; `to` above 0, where the flow has a speed.
    """

    def end(to: Tensor) -> Tensor:
        return flow(x, sigma, to)

    arrived, speed = pushed(end, (to,), (torch.ones_like(to),))
    return speed - noise(denoise, arrived, to)


def eulerian_residual(
    flow: FlowMap,
    denoise: Denoiser,
    x: Float[Tensor, "b *s"],
    sigma: Float[Tensor, "..."],
    to: Float[Tensor, "..."],
    /,
) -> Float[Tensor, "b *s"]:
    """Return how fast the end moves while the start moves along its own trajectory.

    In units of the state per unit of sigma.
    """

    def end(x: Tensor, sigma: Tensor) -> Tensor:
        return flow(x, sigma, to)

    along = (noise(denoise, x, sigma), torch.ones_like(sigma))
    return pushed(end, (x, sigma), along)[1]


def mean_velocity(
    flow: FlowMap,
    x: Float[Tensor, "b *s"],
    sigma: Float[Tensor, "..."],
    to: Float[Tensor, "..."],
    frame: Frame,
    /,
) -> Float[Tensor, "b *s"]:
    """Return the displacement over the time taken, in the coordinates of `frame`.

    Not a number where both levels are one: there, the mean is `gendiff.views.velocity`.

    References:
        Geng et al. (2025), arXiv:2505.13447 (average velocity, in the frame `FLOW`).
    """
    start = like(frame.scale(sigma), x) * x
    end = like(frame.scale(to), x) * flow(x, sigma, to)
    elapsed = frame.clock.forward(sigma) - frame.clock.forward(to)
    return (start - end) / like(elapsed, x)


def mean_flow_residual(
    flow: FlowMap,
    denoise: Denoiser,
    x: Float[Tensor, "b *s"],
    sigma: Float[Tensor, "..."],
    to: Float[Tensor, "..."],
    frame: Frame,
    /,
) -> Float[Tensor, "b *s"]:
    """Return `u - velocity + (clock(sigma) - clock(to)) du/dclock` of a map.

    With `c` for the clock, `(c - c_to) u = y - y_to`, and the derivative of this along
    the trajectory is `u + (c - c_to) du/dc = velocity - dy_to/dc`: what is left over is
    the speed of the end, in the coordinates and by the clock of the frame.

    References:
        Geng et al. (2025), arXiv:2505.13447 (MeanFlow identity, in the frame `FLOW`).
    """
    speed = eulerian_residual(flow, denoise, x, sigma, to)
    return -like(frame.scale(to), x) / like(frame.clock.rate(sigma), x) * speed
