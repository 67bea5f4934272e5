"""One step that equals two: learning to take steps twice as long.

The flow from `sigma` to `to` is the flow to a level between them and from there on.
So a network learns a long step by being shown where two short ones arrive. In
*progressive distillation* a teacher takes them, itself once taught to halve the steps
of another, and the first of all takes those of DDIM: the k-th student learns where
`2^k` steps of DDIM arrive. A *shortcut* model takes them itself. Its long steps rest on
shorter ones, and the shortest, of no length, on the data: there it is a denoiser.

The level between is halfway in the angle `arctan(sigma)`, which suits data whose
standard deviation is about 1.

References:
    Salimans and Ho (2022), arXiv:2202.00512, algorithm 2.
    Frans et al. (2024), arXiv:2410.12557 (shortcut models).
"""

import torch
from jaxtyping import Float
from torch import Tensor

from gendiff.distillation.paths import anchored, mean_square
from gendiff.distillation.two_levels import Jump, TwoLevelDenoiser, aim
from gendiff.noise import noised
from gendiff.objectives import Weight


def halfway(
    sigma: Float[Tensor, " b"], to: Float[Tensor, " b"], /
) -> Float[Tensor, " b"]:
    """Return the level whose angle `arctan` is the mean of two.

    >>> halfway(torch.tensor(1.0), torch.tensor(0.0))  # tan(pi / 8)
    tensor(0.4142)
    """
    return torch.tan((torch.atan(sigma) + torch.atan(to)) / 2)


def progressive(
    net: TwoLevelDenoiser,
    x0: Float[Tensor, "b *s"],
    eps: Float[Tensor, "b *s"],
    sigma: Float[Tensor, " b"],
    to: Float[Tensor, " b"],
    /,
    *,
    teacher: TwoLevelDenoiser,
    weight: Weight,
) -> Float[Tensor, " b"]:
    """Return the weighted error of a clean estimate against two steps of a teacher.

    Its first teacher is `OneLevel(denoise)`, on a grid even in the angle; the levels
    of a pair differ.
    """
    x = noised(x0, sigma, eps)
    with torch.no_grad():
        target = _two_steps(teacher, x, sigma, to)
    return weight(sigma) * mean_square(net(x, sigma, to) - target)


def shortcut(
    net: TwoLevelDenoiser,
    x0: Float[Tensor, "b *s"],
    eps: Float[Tensor, "b *s"],
    sigma: Float[Tensor, " b"],
    to: Float[Tensor, " b"],
    /,
    *,
    weight: Weight,
) -> Float[Tensor, " b"]:
    """Return the weighted error against two steps of the network itself.

    Where the levels are equal, the clean signal is the target.
    """
    x = noised(x0, sigma, eps)
    with torch.no_grad():
        target = anchored(_two_steps(net, x, sigma, to), x0, sigma, to)
    return weight(sigma) * mean_square(net(x, sigma, to) - target)


def _two_steps(
    teacher: TwoLevelDenoiser, x: Tensor, sigma: Tensor, to: Tensor
) -> Tensor:
    """Return the clean signal at which one step is aimed that equals two."""
    jump, between = Jump(teacher), halfway(sigma, to)
    return aim(x, jump(jump(x, sigma, between), between, to), sigma, to)
