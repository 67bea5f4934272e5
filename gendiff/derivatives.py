"""Derivatives in the state, wherever they are asked for.

Samplers run without gradients, under `torch.inference_mode` or under autocast; some
denoisers, and every density, need a derivative all the same.
"""

from collections.abc import Generator
from contextlib import contextmanager

import torch
from jaxtyping import Float
from torch import Tensor

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
