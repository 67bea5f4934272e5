"""Self-recurrence: a solver that takes each of its steps several times."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor

from gendiff.grids import demand_grid
from gendiff.types import Denoiser, Noise, Solver, Step


@dataclass(frozen=True)
class Recurrent:
    """A solver that takes each step `repeats` times: self-recurrence.

    Between two tries it adds the noise back that the step took away, so that a strong
    guide has several chances to agree with the denoiser. Wraps solvers of one step,
    such as `euler`; those with a memory start afresh at every level.

    Raises:
        ValueError: If `repeats` is below 1, or the grid does not decrease.

    References:
        Bansal et al. (2023), arXiv:2302.07121, algorithm 1, lines 9 and 10.
    """

    solver: Solver
    repeats: int
    """1 takes each step once, as the solver itself does."""
    noise: Noise = torch.randn_like

    def __post_init__(self) -> None:
        if self.repeats < 1:
            raise ValueError(
                f"repeats is {self.repeats}; take each step 1 time or more"
            )

    def __call__(
        self, denoise: Denoiser, x: Float[Tensor, "b *s"], grid: Sequence[float], /
    ) -> Iterator[Step]:
        """Yield the last try of every step."""
        demand_grid(grid)
        for sigma, sigma_next in pairwise(grid):
            back = math.sqrt(sigma**2 - sigma_next**2)
            (step,) = self.solver(denoise, x, [sigma, sigma_next])
            for _ in range(self.repeats - 1):
                again = step.x + back * self.noise(step.x)
                (step,) = self.solver(denoise, again, [sigma, sigma_next])
            x = step.x
            yield step
