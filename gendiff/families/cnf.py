r"""Continuous normalising flows: the layers become an ODE, trained through its solver.

Move a point by a network, `dx/dt = v(x, t)`, from the data at `t = 0` to the latents at
`t = 1`. No layer must be invertible, since the motion is, and what was a determinant
becomes an integral,

    log |det dz/dx| = integral div v(x(t), t) dt.

The price is paid in training: every gradient goes through a whole solution. `through`
keeps all steps of the solver and differentiates them; `adjoint` keeps none and solves a
second ODE backwards for the gradient, in constant memory and with an error of its own.
A diffusion model learns the same kind of motion and never runs it in training.

References:
    Chen et al. (2018), arXiv:1806.07366, theorem 1 and algorithm 1.
    Grathwohl et al. (2018), arXiv:1810.01367.
"""

from collections.abc import Callable
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torchdiffeq import odeint, odeint_adjoint

from gendiff.applied import Applied
from gendiff.derivatives import pushed
from gendiff.families.flow import Flow, Mapped
from gendiff.nets.layers import perceptron, zeroed

State = tuple[Tensor, ...]

Solve = Callable[[nn.Module, State, Tensor], State]
"""Solves `dstate/dt = f(t, state)` at times; returns them stacked, as torchdiffeq."""


def through(steps: int) -> Solve:
    """Take Runge-Kutta steps of fourth order; gradients go back through each."""
    return Applied(_steps, odeint, _positive(steps))


def adjoint(steps: int) -> Solve:
    """Take the same steps and forget them; gradients solve the adjoint ODE.

    Only the parameters of the function get gradients, and its state.
    """
    return Applied(_steps, odeint_adjoint, _positive(steps))


class Continuous(nn.Module):
    """A layer of a `Flow` that moves its input by a network for one unit of time.

    The network is called as `net(x, time)`, with one time a sample. The divergence is
    exact, at the price of a forward pass a dimension: this is for points.
    """

    def __init__(self, net: nn.Module, *, solve: Solve) -> None:
        super().__init__()
        self.net = net
        self.solve = solve

    def forward(self, x: Float[Tensor, "b *s"], /) -> Mapped:
        """Return the moved signal, and the integral of the divergence on its way."""
        start = x, x.new_zeros(len(x))
        x, total = self.solve(_Stretching(self.net), start, x.new_tensor([0.0, 1.0]))
        return x[-1], total[-1]

    def inverse(self, y: Float[Tensor, "b *s"], /) -> Float[Tensor, "b *s"]:
        """Move back, by the same steps in time."""
        (x,) = self.solve(_Motion(self.net), (y,), y.new_tensor([1.0, 0.0]))
        return x[-1]


class Timed(nn.Module):
    """A perceptron of a point and the time, as smooth as its solver's steps need it.

    Time is one more coordinate, and activations are hyperbolic tangents. With Fourier
    features of the time a network learns to move between the solver's steps, where
    nobody looks: densities then come out too high. At first it moves nothing.
    """

    def __init__(self, dim: int, *, width: int) -> None:
        super().__init__()
        self.layers = perceptron([dim + 1, width, width, dim], activation=nn.Tanh)
        zeroed(self.layers[-1])

    def forward(
        self, x: Float[Tensor, "b d"], time: Float[Tensor, " b"], /
    ) -> Float[Tensor, "b d"]:
        """Return the velocity."""
        return self.layers(torch.cat([x, time[:, None]], dim=1))


def point_cnf(dim: int, /, *, solve: Solve, width: int = 64) -> Flow:
    """Return a continuous flow over points: one layer, moved by a perceptron."""
    return Flow([Continuous(Timed(dim, width=width), solve=solve)], shape=(dim,))


class _Motion(nn.Module):
    """The velocity, as torchdiffeq calls it."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, time: Tensor, state: State, /) -> State:
        return (self.net(state[0], time.expand(len(state[0]))),)


class _Stretching(nn.Module):
    """The velocity and its divergence."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, time: Tensor, state: State, /) -> State:
        x = state[0]
        b, d = len(x), x[0].numel()
        # All directions at once, as copies of the batch: points are small.
        basis = torch.eye(d).to(x).repeat_interleave(b, 0).reshape(-1, *x.shape[1:])
        times = time.expand(d * b)
        copies = x.repeat(d, *[1] * (x.ndim - 1))

        def velocity(x: Tensor) -> Tensor:
            return self.net(x, times)

        moved, slopes = pushed(velocity, (copies,), (basis,))
        return moved[:b], (slopes * basis).flatten(1).sum(1).reshape(d, b).sum(0)


def _steps(
    solver: Callable[..., Any], steps: int, f: nn.Module, state: State, times: Tensor, /
) -> State:
    options = {"step_size": 1 / steps}
    return solver(f, state, times, method="rk4", options=options)


def _positive(steps: int) -> int:
    if steps < 1:
        raise ValueError(f"{steps} steps go nowhere; take 1 or more")
    return steps
