"""Two starts on one trajectory arrive at one point.

A consistency model is told nothing of the flow but that it carries `x` at `sigma` and
`x'` at the next level to the same end if they lie on one trajectory. With a teacher,
`x'` is one of its steps from `x`. Without one, `x'` is the same clean signal with the
same noise, scaled: given `x`, that is right on average, since the posterior mean of the
noise is the flow's velocity, and the error vanishes with the distance of the levels.

*Moment matching* asks for less: that both starts arrive at the same *distribution*.
Several particles share their levels, and what is compared is the kernel's maximum mean
discrepancy between the two groups of ends. It stays correct for distant starts, as long
as the discrepancy sees all moments. With one particle and the quadratic kernel it is
consistency training, number for number.

References:
    Song et al. (2023), arXiv:2303.01469, eqs. 7 and 10, with the L2 metric.
    Kim et al. (2023), arXiv:2310.02279 (to any level).
    Zhou, Ermon and Song (2025), arXiv:2503.07565 (moment matching).
"""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from gendiff.applied import Applied
from gendiff.distillation.paths import mean_square
from gendiff.distillation.two_levels import Jump, TwoLevelDenoiser
from gendiff.noise import noised
from gendiff.objectives import Weight

Similarity = Callable[[Float[Tensor, "..."]], Float[Tensor, "..."]]
"""The similarity of two signals, from the mean of their squared differences."""


def consistency(
    net: TwoLevelDenoiser,
    x0: Float[Tensor, "b *s"],
    eps: Float[Tensor, "b *s"],
    sigma: Float[Tensor, " b"],
    sigma_next: Float[Tensor, " b"],
    to: Float[Tensor, " b"],
    /,
    *,
    weight: Weight,
    teacher: TwoLevelDenoiser | None = None,
) -> Float[Tensor, " b"]:
    """Return the weighted squared distance of two ends, the second one fixed.

    The start at `sigma_next` comes from the data, or from a step of the teacher.
    """
    end, fixed = _ends(net, x0, eps, sigma, sigma_next, to, teacher)
    return weight(sigma) * mean_square(end - fixed)


def moment_matching(
    net: TwoLevelDenoiser,
    x0: Float[Tensor, "b *s"],
    eps: Float[Tensor, "b *s"],
    sigma: Float[Tensor, " b"],
    sigma_next: Float[Tensor, " b"],
    to: Float[Tensor, " b"],
    /,
    *,
    weight: Weight,
    particles: int,
    kernel: Similarity,
) -> Float[Tensor, " b"]:
    """Return the weighted discrepancy of two groups of ends, the second one fixed.

    Groups are `particles` samples in a row, at the same levels (`paths.grouped`); each
    sample of a group has the group's number.
    """
    end, fixed = _ends(net, x0, eps, sigma, sigma_next, to, None)
    groups = (side.unflatten(0, (-1, particles)).flatten(2) for side in (end, fixed))
    mine, other = groups

    def similarity(a: Tensor, b: Tensor) -> Tensor:
        square = (a[:, :, None] - b[:, None]).square().mean(-1)
        return kernel(square).mean((1, 2))

    square = similarity(mine, mine) + similarity(other, other)
    discrepancy = square - 2 * similarity(mine, other)
    return weight(sigma) * discrepancy.repeat_interleave(particles)


def quadratic(square: Float[Tensor, "..."], /) -> Float[Tensor, "..."]:
    """Return `-square / 2`: the discrepancy of the means, and of nothing else."""
    return -square / 2


def laplace(width: float) -> Similarity:
    """Return the kernel `exp(-distance / width)`, which sees all moments.

    The distance is a root mean square over the coordinates.

    Raises:
        ValueError: If the width is not positive.

    References:
        Zhou, Ermon and Song (2025), arXiv:2503.07565 (the kernel).
    """
    if not width > 0:
        raise ValueError(f"a kernel of width {width} sees nothing; give one above 0")
    return Applied(_laplace, width)


def _laplace(width: float, square: Float[Tensor, "..."], /) -> Float[Tensor, "..."]:
    # A point's distance to itself is 0, where the root has no derivative.
    return torch.exp(-square.clamp(min=1e-20).sqrt() / width)


def _ends(
    net: TwoLevelDenoiser,
    x0: Tensor,
    eps: Tensor,
    sigma: Tensor,
    sigma_next: Tensor,
    to: Tensor,
    teacher: TwoLevelDenoiser | None,
) -> tuple[Tensor, Tensor]:
    """Return where two starts on one trajectory arrive; the second has no gradient."""
    jump = Jump(net)
    x = noised(x0, sigma, eps)
    end = jump(x, sigma, to)
    with torch.no_grad():
        x_next = (
            noised(x0, sigma_next, eps)
            if teacher is None
            else Jump(teacher)(x, sigma, sigma_next)
        )
        return end, jump(x_next, sigma_next, to)
