"""Our solvers against numbers that diffusers and k-diffusion computed (see pin.py)."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from gendiff.exact import GaussianMixture
from gendiff.frames import DATA, NOISE
from gendiff.grids import from_betas, geometric, karras
from gendiff.record import last
from gendiff.solvers import ancestral, euler, heun, multistep

PINNED = json.loads(Path(__file__).with_name("pinned.json").read_text())
KD, DF = PINNED["k-diffusion"], PINNED["diffusers"]
MIXTURE = GaussianMixture.isotropic(
    torch.tensor(PINNED["problem"]["weights"], dtype=torch.float64),
    torch.tensor(PINNED["problem"]["means"], dtype=torch.float64),
    PINNED["problem"]["std"],
)


def tensor(rows: list[Any]) -> Tensor:
    return torch.tensor(rows, dtype=torch.float64)


def noise() -> Callable[[Tensor], Tensor]:
    draws = iter(tensor(PINNED["noises"]))
    return lambda _: next(draws)


def close(got: Tensor, expected: list[Any], rtol: float) -> None:
    torch.testing.assert_close(got, tensor(expected), rtol=rtol, atol=rtol)


@pytest.mark.parametrize(
    ("name", "solver"),
    [
        ("euler", euler),
        ("heun", heun),
        # S_churn is divided by the number of steps in both.
        ("heun with churn", partial(heun, churn=1.4, churn_std=1.003, noise=noise())),
        ("euler ancestral", partial(euler, eta=1.0, noise=noise())),
        ("euler ancestral", partial(ancestral, noise=noise())),
        ("dpmpp 2m sde heun", partial(ancestral, order=2, noise=noise())),
    ],
)
def test_k_diffusion(name: str, solver: Callable[..., Any]) -> None:
    """Float64 on both sides."""
    end = last(solver(MIXTURE, tensor(PINNED["start"]), PINNED["sigmas"]))
    close(end, KD[name]["end"], 1e-12)


@pytest.mark.parametrize(
    ("name", "solver"),
    [
        ("ddim", euler),
        ("ddim eta 1", partial(euler, eta=1.0, noise=noise())),
        ("dpmpp 2m heun", partial(multistep, order=2, frame=DATA)),
        ("deis 2", partial(multistep, order=2, frame=NOISE)),
    ],
)
def test_diffusers(name: str, solver: Callable[..., Any]) -> None:
    """Within 3e-6: diffusers' coefficients are float32, from 1,000 float32 products."""
    grid = DF[name]["sigmas"]
    start = tensor(PINNED["start"]) / 10 * grid[0]
    close(last(solver(MIXTURE, start, grid)), DF[name]["end"], 3e-6)


def test_dpmpp_2m_with_the_midpoint() -> None:
    """k-diffusion's form evaluates at the step's middle what ours integrates exactly.

    Both are of second order: their difference falls fourfold when the steps are halved,
    and is far below the ends' own size.
    """
    differences = []
    for n in (20, 40):
        case = KD[f"dpmpp 2m, {n} steps"]
        ours = last(multistep(MIXTURE, tensor(PINNED["start"]), case["sigmas"]))
        differences.append(float((ours - tensor(case["end"])).abs().max()))
    assert differences[1] < 1e-3
    assert 3 < differences[0] / differences[1] < 6


def test_grids() -> None:
    """Within 1e-6: k-diffusion's tables are float32."""
    options = {"low": 0.01, "high": 50.0}
    expected = {
        "karras grid": karras(8, rho=5.0, **options),
        "exponential grid": geometric(8, **options),
    }
    for name, grid in expected.items():
        np.testing.assert_allclose(grid, KD[name]["sigmas"], rtol=1e-6)


def test_levels_of_ddpm() -> None:
    """DDPM's betas, whose levels diffusers visits from the last on ("trailing")."""
    levels = from_betas(np.linspace(1e-4, 0.02, 1000).tolist())
    trailing = [levels[100 * i] for i in range(10)]
    np.testing.assert_allclose(trailing, DF["ddim"]["sigmas"][:-1], rtol=3e-6)
