"""Three residuals: 0 for exact models, and what they must be for others."""

from functools import partial

import numpy as np
import pytest
import torch
from other_line import OTHER
from torch import Tensor, nn

from gendiff.consistency import fokker_planck, martingale, same_origin
from gendiff.data import two_bumps
from gendiff.exact import Gaussian, GaussianMixture, QuantileFlow
from gendiff.grids import geometric
from gendiff.noise import seeded
from gendiff.testing import SMOOTH
from gendiff.types import Denoiser, level, like

POINTS = torch.tensor([[-2.0], [0.0], [1.5]], dtype=torch.float64)
PLANE = torch.tensor([[-2.0, 0.3], [0.0, 0.5], [1.5, -1.0]], dtype=torch.float64)
WALK = np.geomspace(1.0, 0.3, 25).tolist()


def bent(x: Tensor, sigma: Tensor) -> Tensor:
    """Return a denoiser that no data have."""
    return OTHER(x, sigma) + 0.5 * like(sigma, x) * (1.3 * x).sin()


def curled(x: Tensor, sigma: Tensor) -> Tensor:
    """Return a denoiser in the plane that no data have, whose score has a curl."""
    return SMOOTH(x, sigma) + 0.2 * like(sigma, x) * x.flip(1).sin()


def numbers(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize(
    ("denoise", "x"), [(two_bumps(), POINTS), (OTHER, POINTS), (SMOOTH, PLANE)]
)
def test_the_exact_guess_is_kept_on_average(denoise: Denoiser, x: Tensor) -> None:
    left = martingale(denoise, x, WALK, draws=4_000, noise=seeded(numbers(0)))
    assert left.n == 4_000
    assert (left.value.abs() < 4 * left.error + 2e-4).all()
    assert (left.error < 0.03).all()


def test_pinned_guesses() -> None:
    data, n = two_bumps(), 20_000
    before = data(POINTS, level(1.0))
    np.testing.assert_allclose(before[:, 0], [-1.855, 0.545, 1.0697], atol=6e-4)
    left = martingale(data, POINTS, WALK, draws=n, noise=seeded(numbers(1)))
    after = (before + left.value)[:, 0]
    np.testing.assert_allclose(after, [-1.860, 0.547, 1.0700], atol=0.02)


def evenly(x: Tensor, *, draws: int) -> Tensor:
    """Return the quantiles of a normal distribution in the place of its draws."""
    probabilities = (torch.arange(draws, dtype=torch.float64) + 0.5) / draws
    quantiles = torch.special.ndtri(probabilities)
    unit = quantiles / quantiles.std(correction=0)
    return unit.repeat_interleave(len(x) // draws)[:, None]


@pytest.mark.parametrize("sigma", [0.6, 1.0])
def test_a_short_walk_leaves_what_the_fokker_planck_equation_leaves(
    sigma: float,
) -> None:
    # Per unit of variance that is lost, -sigma^2 times it.
    draws, lost = 4_000, 1e-3
    grid = [sigma, (sigma**2 - lost) ** 0.5]
    noise = partial(evenly, draws=draws)
    got = martingale(bent, POINTS, grid, draws=draws, noise=noise).value / lost
    expected = -(sigma**2) * fokker_planck(bent, POINTS, level(sigma))
    torch.testing.assert_close(got, expected, rtol=0, atol=0.02)
    assert float(expected.abs().max()) > 0.2


def test_the_error_of_the_mean_is_that_of_its_draws() -> None:
    found = [
        martingale(bent, POINTS, WALK[:4], draws=50, noise=seeded(numbers(seed)))
        for seed in range(60)
    ]
    spread = torch.stack([each.value for each in found]).std(0)
    error = torch.stack([each.error for each in found]).mean(0)
    torch.testing.assert_close(error, spread, rtol=0.35, atol=0)


@pytest.mark.parametrize(
    ("denoise", "x"),
    [
        (two_bumps(), POINTS),
        (OTHER, POINTS),
        (SMOOTH, PLANE),
        (Gaussian(PLANE[0], torch.tensor([[1.0, 0.6], [0.6, 0.5]]).double()), PLANE),
    ],
)
@pytest.mark.parametrize("sigma", [0.3, 1.0, 4.0])
def test_exact_scores_change_with_the_noise_as_they_must(
    denoise: Denoiser, x: Tensor, sigma: float
) -> None:
    for at in (level(sigma), torch.linspace(sigma, 2 * sigma, 3, dtype=torch.float64)):
        left = fokker_planck(denoise, x, at)
        torch.testing.assert_close(left, torch.zeros_like(x), rtol=0, atol=1e-9)


@pytest.mark.parametrize(("denoise", "x"), [(bent, POINTS), (curled, PLANE)])
def test_what_a_wrong_score_leaves_by_finite_differences(
    denoise: Denoiser, x: Tensor
) -> None:
    u, h = 0.64, 1e-4

    def s(x: Tensor, u: float) -> Tensor:
        return (denoise(x, level(u**0.5)) - x) / u

    rate = (s(x, u + h) - s(x, u - h)) / (2 * h)
    units = h * torch.eye(x.shape[1], dtype=torch.float64)

    def energy(x: Tensor) -> Tensor:
        trace = sum(
            (s(x + unit, u) - s(x - unit, u))[:, i] / (2 * h)
            for i, unit in enumerate(units)
        )
        return trace + s(x, u).square().sum(1)

    push = [(energy(x + unit) - energy(x - unit)) / (2 * h) for unit in units]
    expected = rate - torch.stack(push, 1) / 2
    got = fokker_planck(denoise, x, level(u**0.5))
    torch.testing.assert_close(got, expected, rtol=1e-5, atol=1e-5)
    assert float(got.abs().max()) > 0.1


@pytest.mark.parametrize("data", [two_bumps(), OTHER])
def test_all_states_of_a_trajectory_have_one_origin(data: GaussianMixture) -> None:
    flow = QuantileFlow(data)

    def origin(x: Tensor, sigma: Tensor) -> Tensor:
        return flow(x, sigma, level(0.0))

    grid = np.geomspace(1.0, 0.3, 200).tolist()
    left = same_origin(origin, data, POINTS, grid)
    torch.testing.assert_close(left, torch.zeros_like(POINTS), rtol=0, atol=1e-5)
    # The denoiser itself is no map to the origin, unless the data are one point.
    moved = flow(POINTS, level(1.0), level(0.3))
    expected = data(moved, level(0.3)) - data(POINTS, level(1.0))
    left = same_origin(data, data, POINTS, grid)
    torch.testing.assert_close(left, expected, rtol=0, atol=1e-5)
    assert float(left.abs().max()) > 0.05


def test_networks_can_be_trained_to_be_consistent() -> None:
    net = nn.Linear(1, 1, dtype=torch.float64)

    def denoise(x: Tensor, sigma: Tensor) -> Tensor:
        return net(x).tanh() / (1 + like(sigma, x) ** 2)

    def origin(x: Tensor, sigma: Tensor) -> Tensor:
        return denoise(x, sigma)

    grid = geometric(5, low=0.3, high=1.0)[:-1]
    for left in (
        martingale(denoise, POINTS, grid, draws=2, noise=seeded(numbers(0))).value,
        fokker_planck(denoise, POINTS, level(1.0)),
        same_origin(origin, OTHER, POINTS, grid),
    ):
        assert torch.is_tensor(left)
        (slope,) = torch.autograd.grad(left.square().sum(), net.weight)
        assert float(slope.abs()) > 0


def test_one_draw_is_too_few() -> None:
    with pytest.raises(ValueError, match="at least 2"):
        martingale(OTHER, POINTS, WALK, draws=1)
