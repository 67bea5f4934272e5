"""Denoisers of points that are one network, or several that share nothing.

All have as many parameters as one network of a given width, or a few less. Each of
several learns from its own samples only, so that training them in one loop is training
them apart.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from gendiff.estimate import Estimate
from gendiff.metrics import jackknife
from gendiff.nets import MLP, Banded
from gendiff.nets.size import count_parameters
from gendiff.precondition import Preconditioned
from gendiff.types import Denoiser

DEPTH = 3


class ByChance(nn.Module):
    """Two networks that take turns by place in the batch, whatever the level."""

    def __init__(self, first: nn.Module, second: nn.Module) -> None:
        super().__init__()
        self.nets = nn.ModuleList([first, second])

    def forward(
        self, x: Float[Tensor, "b *s"], noise: Float[Tensor, " b"], /
    ) -> Float[Tensor, "b *s"]:
        """Return the outputs: one network has the even rows, one the odd."""
        out = torch.zeros_like(x)
        for k, net in enumerate(self.nets):
            out[k::2] = net(x[k::2], noise[k::2])
        return out


class Overlapping(nn.Module):
    """One network below a level and one above, trained a little beyond it.

    In training the border is elsewhere for each sample, up to `reach` away.
    """

    def __init__(
        self, first: nn.Module, second: nn.Module, *, edge: float, reach: float
    ) -> None:
        super().__init__()
        self.nets = nn.ModuleList([first, second])
        self.edge, self.reach = edge, reach

    def forward(
        self, x: Float[Tensor, "b *s"], noise: Float[Tensor, " b"], /
    ) -> Float[Tensor, "b *s"]:
        """Return the outputs, each of the network of its level."""
        border = torch.full_like(noise, self.edge)
        if self.training:
            border = border + self.reach * (2 * torch.rand_like(noise) - 1)
        out = torch.zeros_like(x)
        for rows, net in zip((noise <= border, noise > border), self.nets, strict=True):
            out[rows] = net(x[rows], noise[rows])
        return out


def shared(width: int, std: float, /) -> Preconditioned:
    """Return one network for all levels."""
    return Preconditioned(MLP(2, width, DEPTH), data_std=std)


def parted(
    width: int, std: float, edge: float, fraction: float = 0.5, /
) -> Preconditioned:
    """Return one network below a level and one above it.

    Args:
        width: Of the one network whose parameters both have together.
        std: The data's standard deviation.
        edge: The level, in units of the data.
        fraction: Of the parameters that the one below has.
    """
    nets = two(width, fraction)
    return Preconditioned(Banded(nets, edges=[_told(edge / std)]), data_std=std)


def overlapping(width: int, std: float, edge: float, /) -> Preconditioned:
    """Return two networks of equal size whose ranges overlap in training.

    Up to half as much again above the edge, and as far below it.
    """
    nets, reach = two(width, 0.5), _told(1.5)
    return Preconditioned(
        Overlapping(*nets, edge=_told(edge / std), reach=reach), data_std=std
    )


def by_chance(width: int, std: float, /) -> Preconditioned:
    """Return two networks of equal size, neither of which knows a level of its own."""
    return Preconditioned(ByChance(*two(width, 0.5)), data_std=std)


def two(width: int, fraction: float, /) -> list[MLP]:
    """Return two networks that divide the parameters of one of the given width."""
    whole = count_parameters(MLP(2, width, DEPTH))
    return [largest(whole * part) for part in (fraction, 1 - fraction)]


def largest(budget: float, /) -> MLP:
    """Return the widest network that a number of parameters allows.

    Raises:
        ValueError: If they do not suffice for any.
    """
    width = 0
    while count_parameters(MLP(2, width + 2, DEPTH)) <= budget:
        width += 2
    if not width:
        raise ValueError(f"{budget:g} parameters make no network; give 100 or more")
    return MLP(2, width, DEPTH)


@torch.no_grad()
def excess(
    denoise: Denoiser,
    exact: Denoiser,
    x0: Float[Tensor, "b d"],
    eps: Float[Tensor, "b d"],
    sigmas: Sequence[float],
    /,
) -> Float[Tensor, "level b"]:
    """Return the squared distance from the exact denoiser, over the noise variance.

    That is what the loss exceeds its minimum by, at each level and point.
    """
    rows: list[Tensor] = []
    for sigma in sigmas:
        at = x0.new_tensor(sigma)
        x = x0 + sigma * eps
        gap = denoise(x, at).to(x) - exact(x, at)
        rows.append(gap.square().sum(1) / sigma**2)
    return torch.stack(rows)


def over(own: Float[Tensor, "level b"], other: Float[Tensor, "level b"], /) -> Estimate:
    """Return the mean excess of one network over another's, at the same points."""
    one, two = own.mean(0), other.mean(0)
    return jackknife(lambda i: float(one[i].mean() / two[i].mean()), len(one))


def halves(
    own: Float[Tensor, "level b"], other: Float[Tensor, "level b"], /
) -> dict[str, Estimate]:
    """Return that ratio in the lower and the upper half of the levels."""
    middle = len(own) // 2
    return {
        "low": over(own[:middle], other[:middle]),
        "high": over(own[middle:], other[middle:]),
    }


def _told(sigma: float) -> float:
    """Return what a network is told of a level: a quarter of its logarithm."""
    return float(torch.tensor(sigma).log() / 4)
