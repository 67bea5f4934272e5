"""One network for all noise levels, or one for each part of them, of equal size."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from gendiff.nets import MLP, Banded, count_parameters
from gendiff.objectives import denoising_error
from gendiff.precondition import Preconditioned


def shared(dim: int, width: int, /) -> Preconditioned:
    """Return one denoiser for all levels."""
    return Preconditioned(MLP(dim, width, 2), data_std=1.0)


def parted(dim: int, width: int, edge: float, /) -> Preconditioned:
    """Return two denoisers that share nothing, below and above an edge.

    Together they have as many parameters as one of the given width, or a few less.
    """
    budget, own = count_parameters(shared(dim, width)) / 2, 8
    while count_parameters(MLP(dim, own + 1, 2)) <= budget:
        own += 1
    both = [MLP(dim, own, 2) for _ in range(2)]
    return Preconditioned(Banded(both, edges=[edge]), data_std=1.0)


@torch.no_grad()
def error_by_level(
    net: nn.Module,
    x0: Float[Tensor, "b d"],
    eps: Float[Tensor, "b d"],
    levels: list[float],
    /,
) -> list[float]:
    """Return the mean error of a denoiser at each level, on the same noise."""
    return [
        float(denoising_error(net, x0, x0.new_full((len(x0),), sigma), eps).mean())
        for sigma in levels
    ]
