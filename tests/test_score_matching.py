"""Four losses by quadrature: the constants between them, and the one minimiser."""

from collections.abc import Callable
from functools import partial
from itertools import product

import numpy as np
import pytest
import torch
from other_line import OTHER
from torch import Tensor

from gendiff.data import two_bumps
from gendiff.exact import GaussianMixture
from gendiff.objectives import denoising_error
from gendiff.score_matching import Score, denoising, explicit, implicit, sliced
from gendiff.testing import SMOOTH
from gendiff.types import level

SIGMA = level(0.5)
LINE = torch.linspace(-9, 11, 401, dtype=torch.float64)[:, None]
NODES, WEIGHTS = (torch.tensor(a) for a in np.polynomial.hermite_e.hermegauss(40))
SIGNS = torch.tensor(list(product([-1.0, 1.0], repeat=3)), dtype=torch.float64)
Loss = Callable[[Score], Tensor]


def fall(x: Tensor) -> Tensor:
    return -x


def bend(x: Tensor) -> Tensor:
    return x.tanh() - x / 2


def mass(data: GaussianMixture, sigma: Tensor) -> Tensor:
    weight = data.log_density(LINE, sigma).exp()
    return weight / weight.sum()


def mean_explicit(data: GaussianMixture, sigma: Tensor, model: Score) -> Tensor:
    return mass(data, sigma) @ explicit(model, LINE, data.score(LINE, sigma))


def mean_implicit(data: GaussianMixture, model: Score) -> Tensor:
    return mass(data, SIGMA) @ implicit(model, LINE)


def mean_sliced(data: GaussianMixture, model: Score) -> Tensor:
    both = [sliced(model, LINE, torch.full_like(LINE, sign)) for sign in (-1.0, 1.0)]
    return mass(data, SIGMA) @ (both[0] + both[1]) / 2


def mean_denoising(data: GaussianMixture, model: Score) -> Tensor:
    total = torch.zeros((), dtype=torch.float64)
    for node, weight in zip(NODES, WEIGHTS / WEIGHTS.sum(), strict=True):
        each = denoising(model, LINE, SIGMA, torch.full_like(LINE, float(node)))
        total = total + weight * mass(data, level(0.0)) @ each
    return total


def score_of(data: GaussianMixture) -> Score:
    return partial(data.score, sigma=SIGMA)


def square_of_score(data: GaussianMixture) -> float:
    return float(mass(data, SIGMA) @ data.score(LINE, SIGMA).square().sum(1))


@pytest.mark.parametrize(
    ("model", "noisy", "clean"),
    [
        (fall, 1.9511, -0.414),
        (bend, 1.3294, -0.200),
        (score_of(two_bumps()), 0.0, -1.316),
    ],
)
def test_pinned(model: Score, noisy: float, clean: float) -> None:
    data = two_bumps()
    matched = float(mean_explicit(data, SIGMA, model))
    assert matched == pytest.approx(noisy, abs=5e-5)
    both_ways = float(mean_implicit(data, model)) + square_of_score(data)
    assert both_ways == pytest.approx(noisy, abs=5e-5)
    denoised = float(mean_denoising(data, model))
    assert matched - denoised == pytest.approx(-2.489, abs=5e-4)
    # Against the score of clean data the two losses have no constant between them.
    apart = float(mean_explicit(data, level(0.0), model)) - denoised
    assert apart == pytest.approx(clean, abs=1e-3)


def test_pinned_denoising_loss_is_least_for_the_noisy_score() -> None:
    data = two_bumps()
    assert float(mean_denoising(data, score_of(data))) == pytest.approx(2.489, abs=5e-4)
    clean = partial(data.score, sigma=level(0.0))
    assert float(mean_denoising(data, clean)) == pytest.approx(4.68, abs=0.01)


@pytest.mark.parametrize("model", [fall, bend, score_of(OTHER)])
def test_constants_between_the_losses_of_another_mixture(model: Score) -> None:
    matched, square = float(mean_explicit(OTHER, SIGMA, model)), square_of_score(OTHER)
    assert float(mean_implicit(OTHER, model)) == pytest.approx(matched - square)
    assert float(mean_sliced(OTHER, model)) == pytest.approx(matched - square)
    spread = 1 / float(SIGMA) ** 2 - square
    assert float(mean_denoising(OTHER, model)) == pytest.approx(matched + spread)


@pytest.mark.parametrize("data", [two_bumps(), OTHER])
def test_one_minimiser(data: GaussianMixture) -> None:
    # Among straight lines it is that of the Gaussian with the moments of noisy data;
    # gradients go through the derivatives in x.
    moments = data.moments()
    variance = float(moments.covariance) + float(SIGMA) ** 2
    slope = torch.tensor(-1 / variance, dtype=torch.float64, requires_grad=True)
    rise = (moments.mean / variance).requires_grad_()

    def model(x: Tensor) -> Tensor:
        return slope * x + rise

    losses: list[Loss] = [
        partial(mean_explicit, data, SIGMA),
        partial(mean_implicit, data),
        partial(mean_sliced, data),
        partial(mean_denoising, data),
    ]
    for loss in losses:
        gradients = torch.autograd.grad(loss(model), (slope, rise))
        assert max(float(g.abs().max()) for g in gradients) < 1e-6


def test_pinned_line_in_three_dimensions() -> None:
    # s = -P x for x ~ N(0, P^-1): half the implicit loss is minus half the trace of P.
    mixed = torch.tensor([[1, 2, 0], [0, 1, 3], [1, 0, 1]], dtype=torch.float64)
    axes, along = torch.linalg.qr(mixed)[0], torch.tensor([0.5, 0.77, 1.5])
    precision = axes @ along.double().diag() @ axes.T
    root = torch.linalg.cholesky(torch.linalg.inv(precision))
    # Six points that have the covariance of the Gaussian exactly.
    x = 3**0.5 * torch.cat([root.T, -root.T])

    def model(x: Tensor) -> Tensor:
        return -x @ precision

    assert float(implicit(model, x).mean()) / 2 == pytest.approx(-1.385, abs=1e-7)
    # All directions of signs, each with every point: their average is exact.
    v, points = SIGNS.repeat_interleave(len(x), 0), x.repeat(len(SIGNS), 1)
    assert float(sliced(model, points, v).mean()) / 2 == pytest.approx(-1.385, abs=1e-7)


def swirl(x: Tensor) -> Tensor:
    """Return a field that is no gradient."""
    return torch.stack([(x[:, 0] - x[:, 1]).tanh(), x[:, 0] - x[:, 1] ** 2 / 9], 1)


def test_in_the_plane_with_a_field_that_is_no_gradient() -> None:
    ticks = torch.linspace(-7, 7, 141, dtype=torch.float64)
    x = torch.cartesian_prod(ticks, ticks)
    weight = SMOOTH.log_density(x, SIGMA).exp()
    score = SMOOTH.score(x, SIGMA)
    square = weight @ score.square().sum(1) / weight.sum()
    matched = weight @ explicit(swirl, x, score) / weight.sum()
    found = weight @ implicit(swirl, x) / weight.sum()
    torch.testing.assert_close(found, matched - square)
    each = [sliced(swirl, x, v.expand_as(x)) for v in SIGNS[:, 1:]]
    torch.testing.assert_close(torch.stack(each).mean(0), implicit(swirl, x))


def test_a_slice_is_along_one_direction() -> None:
    generator, h = torch.Generator().manual_seed(0), 1e-6
    x, v = torch.randn(2, 5, 2, generator=generator, dtype=torch.float64)
    along = (swirl(x + h * v) - swirl(x - h * v)) / (2 * h)
    expected = (v * swirl(x)).sum(1) ** 2 + 2 * (v * along).sum(1)
    torch.testing.assert_close(sliced(swirl, x, v), expected, rtol=1e-7, atol=1e-7)


def test_it_is_the_denoiser_s_error_in_other_units() -> None:
    generator = torch.Generator().manual_seed(0)
    x0 = torch.randn(6, 2, generator=generator, dtype=torch.float64)
    eps = torch.randn(6, 2, generator=generator, dtype=torch.float64)
    sigma = torch.linspace(0.2, 3, 6, dtype=torch.float64)
    got = denoising(partial(SMOOTH.score, sigma=sigma), x0, sigma, eps)
    error = 2 * denoising_error(SMOOTH, x0, sigma, eps)
    torch.testing.assert_close(got, error / sigma**4)
