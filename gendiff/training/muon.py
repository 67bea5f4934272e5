"""Muon: steps whose size is the same in every direction of a weight matrix.

A layer's gradient is dominated by a few directions. Muon replaces its running mean `M`
by the nearest matrix with orthonormal rows or columns, `U V^T` for `M = U S V^T`, which
a polynomial of `M M^T` times `M` approximates; weak directions learn as fast as strong
ones. Kernels of convolutions count as matrices, a row an output channel. Biases, gains
and embeddings are no linear maps and follow AdamW. (So do the first and the last layer
in Jordan's advice; here they count as matrices too.)

The products cost: a step of a network of a few hundred thousand weights takes a fifth
longer. Fewer steps are needed; whether fewer seconds, has to be measured.

References:
    Jordan et al. (2024), Muon: an optimizer for hidden layers in neural networks.
    Liu et al. (2025), arXiv:2502.16982, equation 4 (the size of a step).
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from gendiff.training.plan import Plan, groups

MEMORY = 0.95
"""Of the running mean of gradients."""
COEFFICIENTS = (3.4445, -4.7750, 2.0315)
"""Of the odd polynomial that takes singular values towards 1."""
MAPS = nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d


class Muon(torch.optim.AdamW):
    """AdamW, but for `matrices`, which take orthogonal steps instead.

    A step has a root mean square of 0.2, about that of AdamW's, so that one learning
    rate does for both.
    """

    def __init__(
        self, groups: list[dict[str, Any]], matrices: Sequence[Tensor], /
    ) -> None:
        super().__init__(groups, betas=(0.9, 0.99))
        self.matrices = {id(matrix) for matrix in matrices}

    @torch.no_grad()
    def step(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, closure: Callable[[], Tensor | float] | None = None
    ) -> Tensor | float | None:
        """Step on the matrices, then let AdamW step on the rest.

        A closure is called first, with gradients, and what it returns is returned.
        """
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        gradients: list[tuple[nn.Parameter, Tensor]] = []
        for group in self.param_groups:
            for weight in group["params"]:
                if id(weight) in self.matrices and weight.grad is not None:
                    gradients.append((weight, weight.grad))
                    weight.mul_(1 - group["lr"] * group["weight_decay"])
                    weight.sub_(group["lr"] * self._direction(weight, weight.grad))
                    weight.grad = None  # AdamW passes over what has none
        super().step()
        for weight, gradient in gradients:
            weight.grad = gradient
        return loss

    def _direction(self, weight: nn.Parameter, gradient: Tensor) -> Tensor:
        mean = self.state[weight].setdefault("mean", torch.zeros_like(weight))
        mean.lerp_(gradient, 1 - MEMORY)
        matrix = gradient.lerp(mean, MEMORY).flatten(1)
        step = orthogonal(matrix) * 0.2 * max(matrix.shape) ** 0.5
        return step.view_as(weight)


def muon(model: nn.Module, plan: Plan, /) -> Muon:
    """Return Muon for the linear maps of `model`, and AdamW for its other parameters.

    Raises:
        ValueError: If no parameter requires a gradient.
    """
    maps = [module.weight for module in model.modules() if isinstance(module, MAPS)]
    matrices = [weight for weight in maps if weight.requires_grad]
    return Muon(groups(model, plan), matrices)


def orthogonal(
    matrix: Float[Tensor, "rows columns"], /, *, iterations: int = 5
) -> Float[Tensor, "rows columns"]:
    """Return about `U V^T` for `matrix = U S V^T`, by Newton and Schulz's iteration.

    Singular values end between 0.7 and 1.2, unless they were tiny beside the largest.
    """
    a, b, c = COEFFICIENTS
    wide = matrix.shape[0] <= matrix.shape[1]
    x = matrix if wide else matrix.mT
    x = x / (x.norm() + torch.finfo(x.dtype).tiny)
    # Every iterate is a polynomial of the first one's square, times the first one: so
    # all products but the first and the last are of small matrices.
    square = x @ x.mT
    done = torch.eye(len(x), dtype=x.dtype, device=x.device)
    for _ in range(iterations):
        factor = torch.addmm(b * square, square, square, alpha=c)
        factor.diagonal().add_(a)
        done = factor @ done
        square = factor @ square @ factor
    x = done @ x
    return x if wide else x.mT
