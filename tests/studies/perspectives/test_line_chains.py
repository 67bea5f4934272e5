"""Chains on a line: one step against double sums, ends against draws."""

import math

import numpy as np
import pytest
import torch

from gendiff.elbo import variational_bound
from gendiff.exact import GaussianMixture
from gendiff.metrics import ks_distance
from gendiff.record import last
from gendiff.solvers import ancestral
from gendiff.studies.guidance.line_distributions import column
from gendiff.studies.perspectives import line_chains
from gendiff.types import level

DATA = GaussianMixture.isotropic(
    torch.tensor([0.4, 0.6]).double(), torch.tensor([[-1.5], [1.0]]).double(), 0.3
)


def test_one_steps_loss_is_the_relative_entropy_by_a_double_sum() -> None:
    sigma, after = 1.5, 0.7
    lost = line_chains.losses(DATA, DATA, [sigma, after]).steps[0]
    x, y = np.linspace(-9, 9, 901), np.linspace(-7, 7, 701)
    p, q = (
        DATA.log_density(column(at), level(s)).numpy()
        for at, s in ((x, sigma), (y, after))
    )
    forward = sigma**2 - after**2
    true = q - (x[:, None] - y) ** 2 / (2 * forward) - p[:, None]
    true -= math.log(math.tau * forward) / 2
    keep = (after / sigma) ** 2
    centre = keep * x + (1 - keep) * DATA(column(x), level(sigma))[:, 0].numpy()
    v = after**2 * (1 - keep)
    step = -((y - centre[:, None]) ** 2) / (2 * v) - math.log(math.tau * v) / 2
    joint = np.exp(true + p[:, None])
    cell = (x[1] - x[0]) * (y[1] - y[0])
    assert lost == pytest.approx(float((joint * (true - step)).sum()) * cell, abs=1e-6)


def test_the_gap_is_what_the_librarys_bound_lacks() -> None:
    grid = line_chains.levels(30, low=0.05, high=10.0)
    generator = torch.Generator().manual_seed(0)
    x0 = DATA.sample(40_000, generator)

    def noise(x: torch.Tensor) -> torch.Tensor:
        return torch.randn(x.shape, generator=generator, dtype=x.dtype)

    bound = variational_bound(DATA, x0, grid, noise=noise).nats
    found = line_chains.losses(DATA, DATA, grid)
    error = float(bound.std()) / math.sqrt(len(bound))
    want = found.gap - found.likelihood
    assert float(bound.mean()) == pytest.approx(want, abs=4 * error)
    assert found.prior > 0
    assert found.last > 0
    assert (found.steps > 0).all()


@pytest.mark.parametrize("steps", [1, 5, 40])
def test_the_chain_ends_where_draws_end(steps: int) -> None:
    grid = line_chains.levels(steps)
    generator = torch.Generator().manual_seed(steps)

    def noise(x: torch.Tensor) -> torch.Tensor:
        return torch.randn(x.shape, generator=generator, dtype=x.dtype)

    start = grid[0] * noise(torch.zeros(20_000, 1).double())
    drawn = last(ancestral(DATA, start, grid, noise=noise))
    drawn = drawn + grid[-1] * noise(drawn)
    x, below = line_chains.ends(DATA, DATA, grid)
    cdf = np.interp
    found = ks_distance(drawn[:, 0], lambda at: torch.tensor(cdf(at.numpy(), x, below)))
    assert found < 0.012
    assert line_chains.ks(DATA, x, below) < (0.05 if steps == 40 else 0.8)


def test_a_folded_step_is_refused() -> None:
    with pytest.raises(ValueError, match="not monotone"):
        line_chains.ends(DATA, lambda x, _: -5 * x, [2.0, 1.0])
