"""Flow maps in the angle between signal and noise: what the network hears, and when.

A two-level network is told `log(sigma) / 4` and `to / sigma`. Both are poor where a
step begins at almost pure noise. All destinations look like 0 from there. And an error
that holds a derivative along the path, `sigma (1 + sigma) dD/dsigma`, holds the slope
of the network in what it is told, `(1 + sigma) / 4` times, and that again times the
frequencies of its embedding, up to 64. In the angle `arctan sigma` the first factor is
at most 1.21, and a tenth of the angle brings the second down to 6.4.

References:
    Lu and Song (2024), arXiv:2410.11081, section 4.1 (`c_noise(t) = t`, and slow
    embeddings, for the sake of the derivative).
    Frans et al. (2024), arXiv:2410.12557, section 3 (lengths that are halves).
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn

from gendiff.applied import Applied
from gendiff.clocks import COSINE
from gendiff.distillation.paths import Draw
from gendiff.levels import Levels


class Angles(nn.Module):
    """A network for `TwoLevel` over points that hears both levels as angles.

    It is called as the network of a `TwoLevel` is: with a last channel of `to / sigma`,
    and with `log(sigma) / 4`. The network inside gets the angle of `to` in that place,
    and a tenth of the angle of `sigma`.
    """

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(
        self, x: Float[Tensor, "b d"], noise: Float[Tensor, " b"], /
    ) -> Float[Tensor, "b o"]:
        """Return the network's output."""
        sigma = (4 * noise).exp()
        end = COSINE.forward(x[:, -1] * sigma)
        told = torch.cat([x[:, :-1], end[:, None]], dim=1)
        return self.net(told, COSINE.forward(sigma) / 10)


def halves(
    levels: Levels, /, *, equal: float, low: float, high: float, times: int
) -> Draw:
    """Draw steps of the whole path, its halves, quarters and so on, in the angle.

    Each length has equal chances, and so has each of its steps. In a fraction `equal`
    of the samples there is no step, at a level from `levels`.

    Args:
        levels: The levels at which the network is a denoiser.
        equal: That fraction.
        low: Where the path ends, as a noise level.
        high: Where it begins.
        times: How often it is halved.

    Raises:
        ValueError: If `equal` is no fraction, or the path has no length.
    """
    if not 0 <= equal <= 1:
        raise ValueError(f"equal is {equal}; give a fraction from 0 to 1")
    if not 0 < low < high:
        raise ValueError(f"a path from {high} to {low}; give levels that fall, above 0")
    ends = math.atan(low), math.atan(high)
    return Applied(_halves, levels, equal, ends, times)


def _halves(
    levels: Levels,
    equal: float,
    ends: tuple[float, float],
    times: int,
    n: int,
    generator: torch.Generator,
    /,
) -> tuple[Tensor, ...]:
    parts = 2.0 ** torch.randint(times + 1, (n,), generator=generator)
    which = (torch.rand(n, generator=generator) * parts).floor()
    end, begin = ends
    to = COSINE.inverse(end + (begin - end) * which / parts)
    sigma = COSINE.inverse(end + (begin - end) * (which + 1) / parts)
    same = levels(n, generator).to(sigma)
    stays = torch.rand(n, generator=generator) < equal
    return torch.where(stays, same, sigma), torch.where(stays, same, to)
