"""Many small steps in float32: coefficients are float64, so that nothing is lost.

A coefficient that is the difference of nearly equal numbers has no digit left in
float32 once steps are small, and a solver that multiplies by it explodes without a
message.
"""

from collections.abc import Callable, Iterator
from functools import partial

import pytest
import torch
from torch import Tensor

from gendiff.data import moons, ring
from gendiff.exact import Isotropic
from gendiff.frames import ANGLE, FLOW, NOISE, angle
from gendiff.grids import karras
from gendiff.noise import seeded
from gendiff.record import last
from gendiff.sampling import sample
from gendiff.solvers import (
    adaptive,
    ancestral,
    annealed_langevin,
    euler,
    heun,
    multistep,
    predictor_corrector,
    unipc,
)
from gendiff.types import Step

MOONS = moons(8)
FULL = MOONS.moments()
ROUND = Isotropic(FULL.mean, 0.5)
GRID = karras(500)
COARSE = karras(52)
Run = Callable[..., Iterator[Step]]


def exact(x: Tensor, sigma: Tensor, /) -> Tensor:
    """Denoise in float64 always, so that the solver's arithmetic is what differs."""
    return MOONS(x.double(), sigma).to(x)


def unit(x: Tensor) -> Tensor:
    return x / GRID[0]


SOLVERS: dict[str, Run] = {
    "euler": lambda x, _, grid: euler(exact, x, grid),
    "ddpm": lambda x, n, grid: euler(exact, x, grid, eta=1.0, noise=n),
    "heun": lambda x, _, grid: heun(exact, x, grid),
    "churn": lambda x, n, grid: heun(exact, x, grid, churn=40.0, noise=n),
    "ab3": lambda x, _, grid: multistep(exact, x, grid, order=3),
    "ab3 noise": lambda x, _, grid: multistep(exact, x, grid, order=3, frame=NOISE),
    "ab2 flow": lambda x, _, grid: multistep(
        exact, x, grid, frame=FLOW, along=FLOW.clock
    ),
    "unipc": lambda x, _, grid: unipc(exact, x, grid, order=3),
    "unipc angle": lambda x, _, grid: unipc(
        exact, x, grid, order=3, frame=angle(0.5), along=ANGLE.clock
    ),
    "unipc unit angle": lambda x, _, grid: unipc(
        exact, x, grid, frame=ANGLE, along=ANGLE.clock
    ),
    "ancestral": lambda x, n, grid: ancestral(exact, x, grid, noise=n),
    "ancestral 2": lambda x, n, grid: ancestral(exact, x, grid, order=2, noise=n),
    "ancestral round": lambda x, n, grid: ancestral(
        exact, x, grid, gaussian=ROUND, noise=n
    ),
    "ancestral 2 round": lambda x, n, grid: ancestral(
        exact, x, grid, order=2, gaussian=ROUND, noise=n
    ),
    "ancestral 2 full": lambda x, n, grid: ancestral(
        exact, x, grid, order=2, gaussian=FULL, noise=n
    ),
    "langevin": lambda x, n, grid: annealed_langevin(
        exact, x, grid[::5], step=0.1, steps=2, noise=n
    ),
    "corrector": lambda x, n, grid: predictor_corrector(
        exact, x, grid[::5], predictor=euler, step=0.1, noise=n
    ),
    "sample": lambda x, _, grid: sample(
        exact, unit(x), gaussian=FULL, evaluations=len(grid)
    ),
    "sample round": lambda x, _, grid: sample(
        exact, unit(x), gaussian=ROUND, evaluations=len(grid)
    ),
    "adaptive": lambda x, _, grid: adaptive(
        exact, x, grid[::50], gaussian=FULL, tolerance=1e-6
    ),
}


def start(dtype: torch.dtype) -> Tensor:
    generator = torch.Generator().manual_seed(0)
    return (GRID[0] * torch.randn(16, 2, generator=generator)).to(dtype)


def end(run: Run, dtype: torch.dtype, grid: list[float]) -> Tensor:
    return last(run(start(dtype), seeded(torch.Generator().manual_seed(1)), grid))


@pytest.mark.parametrize("name", SOLVERS)
def test_float32_follows_float64_in_500_steps(name: str) -> None:
    found = end(SOLVERS[name], torch.float32, GRID)
    assert found.dtype == torch.float32
    wanted = end(SOLVERS[name], torch.float64, GRID)
    # Paths that part between two modes part faster; none does here.
    torch.testing.assert_close(found.double(), wanted, rtol=0, atol=2e-4)


@pytest.mark.parametrize("name", SOLVERS)
def test_autocast_rounds_nothing_of_a_solver(name: str) -> None:
    plain = end(SOLVERS[name], torch.float32, COARSE)
    with torch.autocast("cpu", torch.bfloat16):
        cast = end(SOLVERS[name], torch.float32, COARSE)
    assert torch.equal(cast, plain)


def test_second_order_stays_on_the_moons_at_a_thousand_steps() -> None:
    data = moons()
    solve = partial(ancestral, data, order=2, gaussian=data.moments())
    x = GRID[0] * torch.randn(20, 2, generator=torch.Generator().manual_seed(0))
    ends = [
        last(
            solve(
                x.to(dtype),
                karras(1000),
                noise=seeded(torch.Generator().manual_seed(1)),
            )
        )
        for dtype in (torch.float32, torch.float64)
    ]
    assert all(float(e.abs().max()) < 1.2 for e in ends)
    torch.testing.assert_close(ends[0].double(), ends[1], rtol=0, atol=1e-4)


@pytest.mark.parametrize("std", [0.05, 0.03, 0.1])
def test_a_std_given_as_a_number_keeps_its_digits(std: float) -> None:
    variances = ring(std=std).covariances.diagonal(dim1=1, dim2=2)
    assert torch.equal(variances, torch.full_like(variances, std**2))
