"""DDPM's table of noise levels, thinned, what is between, and points made with both.

References:
    Ho et al. (2020), arXiv:2006.11239, section 4 (a thousand betas on a line).
"""

from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from gendiff.applied import Applied
from gendiff.exact import GaussianMixture
from gendiff.grids import from_betas
from gendiff.levels import Levels
from gendiff.noise import seeded
from gendiff.record import last
from gendiff.sampling import sample
from gendiff.solvers import ancestral
from gendiff.types import Denoiser

Draw = Callable[[str], torch.Generator]
"""A generator for each name."""

STEPS = 1000


def table(n: int, /) -> list[float]:
    """Return `n` of the thousand levels of DDPM, evenly by their number, falling.

    Raises:
        ValueError: If there are not between 2 and a thousand.
    """
    if not 2 <= n <= STEPS:
        raise ValueError(f"{n} levels; a table has 2 to {STEPS}")
    *levels, _ = from_betas(torch.linspace(1e-4, 0.02, STEPS, dtype=torch.float64))
    chosen = torch.linspace(0, STEPS - 1, n, dtype=torch.float64).round().long()
    return [levels[i] for i in chosen.tolist()]


def between(table: Sequence[float], /) -> Levels:
    """Draw levels between the entries of a table, as many between any two neighbours.

    Between two entries they are even in the logarithm.
    """
    return Applied(_between, tuple(table))


def _between(
    table: tuple[float, ...], n: int, generator: torch.Generator, /
) -> Float[Tensor, " n"]:
    logs = torch.tensor(table, dtype=torch.float64).log()
    place = (len(table) - 1) * torch.rand(n, generator=generator, dtype=torch.float64)
    left = place.long().clamp(max=len(table) - 2)
    return torch.lerp(logs[left], logs[left + 1], place - left).exp()


def flowing(
    net: Denoiser, data: GaussianMixture, calls: int, sets: int, n: int, draw: Draw, /
) -> list[Float[Tensor, "n 2"]]:
    """Return sets of points of the flow, on the default sampler's own grid."""
    starts = [torch.randn(n, 2, generator=draw(f"latents {i}")) for i in range(sets)]
    moments = data.moments()
    return [last(sample(net, x, gaussian=moments, evaluations=calls)) for x in starts]


def chained(
    net: Denoiser, steps: int, sets: int, n: int, draw: Draw, /
) -> list[Float[Tensor, "n 2"]]:
    """Return sets of points of DDPM's chain, of so many steps."""
    levels = [*table(steps), 0.0]
    starts = [torch.randn(n, 2, generator=draw(f"start {i}")) for i in range(sets)]
    return [
        last(ancestral(net, levels[0] * x, levels, noise=seeded(draw(f"chain {i}"))))
        for i, x in enumerate(starts)
    ]
