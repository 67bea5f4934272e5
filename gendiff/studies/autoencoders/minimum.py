"""The minimum of a smooth function of a few numbers, to rounding."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor


def minimum(
    loss: Callable[[Tensor], Tensor], start: Float[Tensor, " k"], /
) -> Float[Tensor, " k"]:
    """Walk from `start` down to where `loss` is least, by L-BFGS."""
    place = start.clone().requires_grad_()
    optimiser = torch.optim.LBFGS(
        [place],
        max_iter=200,
        tolerance_grad=1e-12,
        tolerance_change=1e-14,
        line_search_fn="strong_wolfe",
    )

    def closure() -> Tensor:
        optimiser.zero_grad()
        value = loss(place)
        value.backward()
        return value

    optimiser.step(closure)  # pyright: ignore[reportArgumentType]
    return place.detach()
