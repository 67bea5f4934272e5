"""How deep a computation is: the longest chain of nonlinear layers in its graph.

Automatic differentiation writes the graph down as it computes, so the depth of a whole
sampler can be counted instead of multiplied out.
"""

from typing import Any, cast

from jaxtyping import Float
from torch import Tensor

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
