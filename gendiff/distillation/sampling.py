"""Sampling with a two-level denoiser: jumps, or jumps to the end and back.

`jumps` follows the flow, however few its steps. `renoised` is the multistep sampler of
consistency models: go to the end at once, put fresh noise on, repeat. Its steps correct
each other, but they add an error of their own each, and more of them are not better
without end.

References:
    Song et al. (2023), arXiv:2303.01469, algorithm 1.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from jaxtyping import Float
from torch import Tensor

from gendiff.distillation.two_levels import TwoLevelDenoiser, ddim
from gendiff.grids import demand_grid
from gendiff.types import Noise, Step, level


def jumps(
    denoise: TwoLevelDenoiser, x: Float[Tensor, "b *s"], grid: Sequence[float], /
) -> Iterator[Step]:
    """Walk `x` down a grid, one evaluation a step."""
    demand_grid(grid)
    for sigma, sigma_next in pairwise(grid):
        clean = denoise(x, level(sigma), level(sigma_next))
        x = ddim(x, clean, level(sigma), level(sigma_next))
        yield Step(x, clean, sigma_next)


def renoised(
    denoise: TwoLevelDenoiser,
    x: Float[Tensor, "b *s"],
    grid: Sequence[float],
    /,
    *,
    noise: Noise,
) -> Iterator[Step]:
    """Jump to level 0 from every level of the grid, and up to the next one by noise."""
    demand_grid(grid)
    for sigma, sigma_next in pairwise(grid):
        clean = denoise(x, level(sigma), level(0.0))
        x = clean + sigma_next * noise(clean)
        yield Step(x, clean, sigma_next)
