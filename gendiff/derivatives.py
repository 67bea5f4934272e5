"""Derivatives in the state, wherever they are asked for.

Samplers run without gradients, under `torch.inference_mode` or under autocast; some
denoisers, and every density, need a derivative all the same.
"""

import math
import warnings
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from functools import cache

import torch
from jaxtyping import Float
from torch import Tensor
from torch.func import jvp, vjp

from gendiff.types import demand_signal


@contextmanager
def differentiating(
    x: Float[Tensor, "b *s"], sigma: Float[Tensor, "..."], /
) -> Generator[tuple[Tensor, Tensor]]:
    """Give copies of `x` and `sigma`, with gradients on, to differentiate in `x`.

    Works also where gradients are off, and under `torch.inference_mode`, whose tensors
    can't take part in a derivative: hence the copies.

    Raises:
        ValueError: If `x` holds whole numbers.
    """
    demand_signal(x)
    with torch.inference_mode(mode=False), torch.enable_grad():
        yield x.detach().clone().requires_grad_(), sigma.detach().clone()


def pulled(
    out: Float[Tensor, "..."],
    x: Float[Tensor, "b *s"],
    by: Float[Tensor, "..."] | None = None,
    /,
    *,
    differentiable: bool = False,
) -> Float[Tensor, "b *s"]:
    """Return the gradient in `x` of `(by * out).sum()`, and keep the graph.

    On the way back autocast would round products that nobody rounded on the way there.
    `differentiable` keeps the graph of the gradient too.
    """
    with torch.autocast(x.device.type, enabled=False):
        return torch.autograd.grad(
            out, x, by, retain_graph=True, create_graph=differentiable
        )[0]


def jacobian(
    out: Float[Tensor, "b n"], x: Float[Tensor, "b *s"], /
) -> Iterator[Float[Tensor, "b *s"]]:
    """Yield the rows of the Jacobian at each sample, by a backward pass each.

    Assumes that a sample's output depends on its own input alone.
    """
    for column in out.unbind(1):
        yield pulled(column.sum(), x)


def pushed(
    f: Callable[..., Tensor], at: tuple[Tensor, ...], along: tuple[Tensor, ...], /
) -> tuple[Tensor, Tensor]:
    """Return `f(*at)` and its derivative along a direction, in one forward pass.

    Both can be differentiated further, in the parameters of `f` too.

    Raises:
        ValueError: If an argument holds whole numbers.
    """
    for argument in at:
        demand_signal(argument)
    _forward_mode()
    found = jvp(f, at, along)
    return found[0], found[1]


def divergence(
    f: Callable[[Tensor], Tensor], x: Float[Tensor, "b *s"], /
) -> Float[Tensor, " b"]:
    """Return the trace of `df/dx` at each sample, by a forward pass a dimension.

    Assumes that a sample's output depends on its own input alone.
    """
    total = torch.zeros(len(x)).to(x)
    for unit in torch.eye(math.prod(x.shape[1:])).to(x):
        direction = unit.reshape(x.shape[1:]).expand_as(x)
        total = total + (direction * pushed(f, (x,), (direction,))[1]).flatten(1).sum(1)
    return total


def gradient(
    f: Callable[[Tensor], Tensor], x: Float[Tensor, "b *s"], /
) -> Float[Tensor, "b *s"]:
    """Return the gradient of `f(x).sum()`, which can be differentiated further.

    Unlike `pulled` it takes a function, which may hold derivatives by forward passes.
    """
    found = vjp(f, x)
    out, back = found[0], found[1]
    with torch.autocast(x.device.type, enabled=False):
        return back(torch.ones_like(out))[0]


@cache
def _forward_mode() -> None:
    """Let torch load its rules for forward passes, which it warns of as its own old."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="`torch.jit.script` is deprecated")
        jvp(torch.sin, (torch.zeros(()),), (torch.ones(()),))
