"""The bound of a chain: its terms by another route, and what it converges to."""

import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from other_line import OTHER
from torch import Tensor
from torch.distributions import Normal, kl_divergence

from gendiff.data import two_bumps
from gendiff.elbo import step_weights, variational_bound
from gendiff.exact import GaussianMixture, Isotropic
from gendiff.noise import seeded
from gendiff.record import last
from gendiff.solvers import euler
from gendiff.testing import SMOOTH
from gendiff.types import level

LOW, HIGH = 0.01, 80.0


def ladder(steps: int) -> list[float]:
    return np.geomspace(HIGH, LOW, steps + 1).tolist()


def unavoidable(data: GaussianMixture, sigma: float) -> float:
    """Return the mean squared error of the exact denoiser, by quadrature."""
    x = (9 + 7 * sigma) * torch.linspace(-1, 1, 801, dtype=torch.float64)[:, None]
    weight = data.log_density(x, level(sigma)).exp()
    each = data.posterior_covariance(x, level(sigma))[:, 0, 0]
    return float(weight @ each / weight.sum())


def expected_steps(data: GaussianMixture, steps: int) -> float:
    """Return the sum of the mean divergences of all steps."""
    grid = ladder(steps)
    errors = torch.tensor([unavoidable(data, sigma) for sigma in grid[:-1]])
    return float(step_weights(grid) @ errors.double())


def entropy(data: GaussianMixture) -> float:
    x = torch.linspace(-12, 12, 20_001, dtype=torch.float64)[:, None]
    log_p = data.log_density(x, level(0.0))
    return -float((log_p.exp() * log_p).sum() * (x[1, 0] - x[0, 0]))


@pytest.mark.parametrize(
    ("steps", "gap"),
    [
        (10, 6.915),
        (20, 2.452),
        (50, 0.8147),
        (100, 0.3842),
        (300, 0.1233),
        (1000, 0.0365),
    ],
)
def test_pinned_gaps(steps: int, gap: float) -> None:
    limit = entropy(two_bumps()) - math.log(math.tau * math.e * LOW**2) / 2
    assert limit == pytest.approx(4.5376, abs=5e-5)
    left = expected_steps(two_bumps(), steps) - limit
    assert left == pytest.approx(gap, abs=6e-4)


def test_the_gap_falls_as_one_over_the_number_of_steps() -> None:
    limit = entropy(OTHER) - math.log(math.tau * math.e * LOW**2) / 2
    gaps = [expected_steps(OTHER, steps) - limit for steps in (100, 200, 400)]
    slopes = [math.log2(one / two) for one, two in pairwise(gaps)]
    assert slopes == pytest.approx([1.0, 1.0], abs=0.08)


def test_a_step_costs_the_divergence_of_what_the_ancestral_sampler_does() -> None:
    generator = torch.Generator().manual_seed(0)
    x0, eps = torch.randn(2, 9, 2, generator=generator, dtype=torch.float64)
    grid = [2.0, 0.9, 0.7]
    bound = variational_bound(SMOOTH, x0, grid, noise=lambda _: eps)

    def clean(x: Tensor, sigma: Tensor) -> Tensor:
        del sigma
        return x0.expand_as(x)

    for i, (sigma, sigma_next) in enumerate([(2.0, 0.9), (0.9, 0.7)]):
        x, distributions = x0 + sigma * eps, []
        for denoise in (clean, SMOOTH):
            mean, one = (
                last(euler(denoise, x, [sigma, sigma_next], eta=1.0, noise=noise))
                for noise in (torch.zeros_like, torch.ones_like)
            )
            distributions.append(Normal(mean, one - mean))
        expected = kl_divergence(*distributions).sum(1)
        torch.testing.assert_close(bound.steps[i], expected)


def test_the_prior_and_the_decoder() -> None:
    generator = torch.Generator().manual_seed(0)
    x0 = torch.randn(5, 2, 3, generator=generator, dtype=torch.float64)
    bound = variational_bound(
        Isotropic(torch.zeros(2, 3).double(), 1.0), x0, [3.0, 0.1]
    )
    prior = kl_divergence(Normal(x0, 3.0), Normal(0.0, 3.0)).flatten(1).sum(1)
    torch.testing.assert_close(bound.prior, prior)
    # What is left of the data is noise of the least level, and coded as such.
    assert bound.decoder == pytest.approx(6 * float(Normal(0.0, 0.1).entropy()))


@pytest.mark.parametrize("data", [two_bumps(), OTHER, SMOOTH])
def test_it_bounds_the_likelihood_from_above_and_closely(data: GaussianMixture) -> None:
    generator = torch.Generator().manual_seed(0)
    x0 = data.sample(3_000, generator)
    exact = -data.log_density(x0, level(0.0))
    bound = variational_bound(data, x0, ladder(200), noise=seeded(generator))
    assert bound.steps.shape == (200, 3_000)
    gap = bound.nats - exact
    error = float(gap.std()) / math.sqrt(len(gap))
    assert -4 * error < float(gap.mean()) < 0.2 * x0.shape[1] + 4 * error
    assert error < 0.05


def test_a_grid_that_has_no_bound_is_named() -> None:
    with pytest.raises(ValueError, match="ends at 0"):
        variational_bound(SMOOTH, torch.zeros(1, 2), [1.0, 0.5, 0.0])
    with pytest.raises(ValueError, match="decrease"):
        step_weights([0.5, 1.0])
