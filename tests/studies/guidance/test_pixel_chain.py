"""Three pixels: sums and gradient are right, the walk keeps the distribution."""

import math

import pytest
import torch

from gendiff.book.run import Run
from gendiff.studies.guidance import pixel_chain as chain

TICKS = torch.linspace(-7, 7, 49).double()
GAP = float(TICKS[1] - TICKS[0])
X = torch.randn(6, 3, generator=torch.Generator().manual_seed(0)).double()


def test_a_conditional_is_a_density() -> None:
    x = torch.linspace(-30, 30, 20_001).double()
    each = chain.CHAIN.conditionals(torch.full_like(x, 0.7), x).exp()
    mass = torch.trapezoid(each, x, dim=0)
    assert torch.allclose(mass, torch.ones(2).double(), atol=1e-6)
    mean = torch.trapezoid(each * x[:, None], x, dim=0)
    centres = chain.CHAIN.centres(torch.tensor([0.7]).double())[0]
    assert torch.allclose(mean, centres, atol=1e-5)


def test_the_free_model_is_the_mean_of_its_classes() -> None:
    before, each = torch.zeros(len(X)).double(), torch.zeros(len(X), 2).double()
    for pixel in X.unbind(1):
        each = each + chain.CHAIN.conditionals(before, pixel)
        before = pixel
    free = each.logsumexp(1) - math.log(2)
    assert torch.allclose(chain.guided_log_density(X, 0.0), free)
    assert torch.allclose(chain.guided_log_density(X, 1.0), each[:, 0])
    guided = -2 * free + 3 * each[:, 0]
    assert torch.allclose(chain.guided_log_density(X, 3.0), guided)


def test_without_guidance_both_ways_give_the_class() -> None:
    whole, turned = (
        distribution(TICKS, 1.0)
        for distribution in (chain.whole_distribution, chain.pixel_by_pixel)
    )
    assert float(whole.sum()) == pytest.approx(1)
    assert float(turned.sum()) == pytest.approx(1)
    assert float((whole - turned).abs().sum()) < 0.01
    drawn = chain.CHAIN.sample(20_000, torch.Generator().manual_seed(0))
    mean, variance = chain.moments(whole, TICKS)
    assert torch.allclose(drawn.mean(0), mean, atol=0.04)
    assert torch.allclose(drawn.var(0), variance, rtol=0.06)


def test_guidance_in_turn_misses_the_joint() -> None:
    whole, turned = (
        chain.moments(distribution(TICKS, 3.0), TICKS)
        for distribution in (chain.whole_distribution, chain.pixel_by_pixel)
    )
    assert chain.miss(turned[1], whole[1]) > 0.05


def test_the_slope_is_the_gradient() -> None:
    log_p, slope = chain.with_slope(X, 3.0)
    assert torch.allclose(log_p, chain.guided_log_density(X, 3.0))
    for k in range(3):
        step = 1e-5 * torch.eye(3).double()[k]
        up, down = (chain.guided_log_density(X + s * step, 3.0) for s in (1, -1))
        assert torch.allclose(slope[:, k], (up - down) / 2e-5, atol=1e-6)


def test_a_checked_walk_keeps_the_class_that_it_starts_from() -> None:
    run = Run("guidance/exact", "smoke", 0)
    late, taken = chain.walked(run, 1.0, chains=2_000, step=0.15, steps=64)
    exact = chain.moments(chain.whole_distribution(TICKS, 1.0), TICKS)
    assert late.shape == (4, 2, 3)
    assert 0.5 < taken < 1
    assert torch.allclose(late.mean(0)[0], exact[0], atol=0.06)
    assert torch.allclose(late.mean(0)[1], exact[1], rtol=0.12)


def test_the_worst_pixel_counts() -> None:
    assert chain.miss(
        torch.tensor([1.0, 2.2, 3.0]), torch.tensor([1.0, 2.0, 4.0])
    ) == pytest.approx(0.25)


def test_errors_are_relative_and_named_by_pixel() -> None:
    exact = torch.tensor([[1.0, 2.0, 4.0], [1.0, 1.0, 1.0]])
    bundles = torch.stack([exact * 1.1, exact * 1.3])
    found = chain.errors(bundles, exact)
    assert len(found) == 6
    assert found["relative error of the mean, pixel 2"].value == pytest.approx(0.2)
    assert found["relative error of the variance, pixel 3"].error == pytest.approx(0.1)
