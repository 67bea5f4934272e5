"""How deep a computation is: the longest chain of nonlinear layers in its graph.

Automatic differentiation writes the graph down as it computes, so the depth of a whole
sampler can be counted instead of multiplied out.
"""

from typing import Any, cast

import torch
from jaxtyping import Float
from torch import Tensor, nn

from gendiff.grids import geometric
from gendiff.noise import seeded
from gendiff.solvers import euler
from gendiff.types import Denoiser, level

NONLINEAR = frozenset(
    f"{name}Backward0" for name in ("Silu", "Gelu", "Tanh", "Relu", "Sigmoid")
)
"""What counts as a layer: an activation. Norms and attention come on top of it."""


def longest_chain(out: Float[Tensor, "..."], /) -> int:
    """Return the largest number of activations on one way through a graph.

    Raises:
        ValueError: If nothing was written down, as inside of `torch.no_grad`.
    """
    root = cast("Any", out.grad_fn)
    if root is None:
        raise ValueError(
            "the tensor has no graph; compute it with gradients on, and from a "
            "network whose parameters require them"
        )
    depth: dict[Any, int] = {}
    waiting: list[tuple[Any, bool]] = [(root, False)]
    # A graph of thousands of layers is deeper than Python's stack: no recursion.
    while waiting:
        node, seen = waiting.pop()
        if node in depth:
            continue
        before = [part for part, _ in node.next_functions if part is not None]
        if seen:
            below = max((depth[part] for part in before), default=0)
            depth[node] = below + (node.name() in NONLINEAR)
        else:
            waiting.append((node, True))
            waiting.extend((part, False) for part in before)
    return depth[root]


def of_sampler(
    denoise: Denoiser,
    noise: Float[Tensor, "b *s"],
    calls: int,
    generator: torch.Generator,
    /,
    *,
    eta: float = 0.0,
) -> int:
    """Return the depth of a sample in so many calls; `eta` is its noise in each."""
    grid = levels(calls)
    steps = euler(denoise, grid[0] * noise, grid, eta=eta, noise=seeded(generator))
    *_, end = steps
    return longest_chain(end.x)


def side_by_side(denoise: Denoiser, noise: Float[Tensor, "b *s"], calls: int, /) -> int:
    """Return the depth of as many calls that do not feed each other."""
    grid = levels(calls)[:-1]
    return longest_chain(sum((denoise(s * noise, level(s)) for s in grid), 0 * noise))


def of_lstm(steps: int, generator: torch.Generator, /, *, noise: float = 0.0) -> int:
    """Return the depth of a recurrent network, its state with or without noise."""
    cell, h, c = nn.LSTMCell(8, 8), torch.zeros(1, 8), torch.zeros(1, 8)
    for _ in range(steps):
        h = h + noise * seeded(generator)(h)
        h, c = cell(torch.zeros(1, 8), (h, c))
    return longest_chain(h)


def levels(calls: int, /) -> list[float]:
    """Return the levels of a sampler that ends without noise."""
    return geometric(calls, low=0.02, high=20.0) if calls > 1 else [20.0, 0.0]
