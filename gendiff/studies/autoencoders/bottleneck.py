"""Denoisers with a middle of any width, at equal numbers of parameters.

Whether a bottleneck harms can only be told between networks that cost the same. So the
layers around a narrow middle get wider, until the whole has as many parameters as one
without a bottleneck.
"""

from collections.abc import Callable, Iterable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from gendiff.nets import MLP, count_parameters


class Middle(nn.Module):
    """A perceptron told the noise level, whose middle layer has a width of its own."""

    def __init__(self, middle: int, outer: int, *, dim: int = 64) -> None:
        super().__init__()
        self.before = MLP(dim, outer, 1, out=middle)
        self.after = nn.Sequential(
            nn.Linear(middle, outer), nn.SiLU(), nn.Linear(outer, dim)
        )
        nn.init.normal_(self.before.last.weight, std=outer**-0.5)  # not 0: a code

    def forward(
        self, x: Float[Tensor, "b d"], noise: Float[Tensor, "..."], /
    ) -> Float[Tensor, "b d"]:
        """Return what the middle layer's numbers stand for."""
        return self.after(self.before(x, noise))


def nearest_width(
    build: Callable[[int], nn.Module], widths: Iterable[int], size: int, /
) -> int:
    """Return the first width whose network comes nearest to `size` parameters."""
    return min(widths, key=lambda width: abs(_size(build, width) - size))


def widest(
    build: Callable[[int], nn.Module], widths: Iterable[int], size: int, /
) -> int:
    """Return the largest width whose network has at most `size` parameters.

    Raises:
        ValueError: If none is as small as that.
    """
    small = [width for width in widths if _size(build, width) <= size]
    if not small:
        raise ValueError(f"no width has at most {size} parameters; give smaller ones")
    return max(small)


def _size(build: Callable[[int], nn.Module], width: int) -> int:
    """Count the parameters of a network that nobody fills with numbers."""
    with torch.device("meta"):
        return count_parameters(build(width))
