"""Classifier guidance: exact where the classifier is, and honest where it isn't."""

import math
from collections.abc import Callable
from functools import partial

import pytest
import torch
from torch import Tensor, nn

from gendiff.exact import GaussianMixture
from gendiff.grids import geometric
from gendiff.guidance import (
    BackwardGuidance,
    ClassifierGuidance,
    Contrast,
    Labelled,
    UniversalGuidance,
)
from gendiff.guidance.classifier import likelihood_score
from gendiff.record import Counted, last
from gendiff.solvers import euler
from gendiff.testing import SMOOTH, check_denoiser
from gendiff.types import Denoiser, level
from gendiff.views import jacobian, posterior_covariance, score

COMPONENTS = [
    GaussianMixture(
        torch.ones(1).double(), SMOOTH.means[k : k + 1], SMOOTH.covariances[k : k + 1]
    )
    for k in (0, 1)
]


def exact(x: Tensor, sigma: Tensor) -> Tensor:
    """Return logits of the mixture's exact noisy classifier."""
    return SMOOTH.responsibilities(x, sigma).log()


def points(n: int = 6) -> Tensor:
    generator = torch.Generator().manual_seed(3)
    return torch.randn(n, 2, generator=generator, dtype=torch.float64)


def labels(value: int, n: int = 6) -> Tensor:
    return torch.full((n,), value)


class Tilt(nn.Module):
    """A "classifier" with a parameter: the logits (0, 4 x)."""

    def __init__(self) -> None:
        super().__init__()
        self.slope = nn.Parameter(torch.tensor(4.0, dtype=torch.float64))

    def forward(self, x: Tensor, sigma: Tensor) -> Tensor:
        del sigma
        return torch.cat([torch.zeros_like(x[:, :1]), self.slope * x[:, :1]], 1)


@pytest.mark.parametrize("sigma", [0.1, 0.5, 2.0, 10.0])
@pytest.mark.parametrize("label", [0, 1])
def test_the_exact_classifier_gives_the_conditional_denoiser(
    sigma: float, label: int
) -> None:
    x = points()
    guide = ClassifierGuidance(SMOOTH, Labelled(exact, labels(label)), 1.0)
    torch.testing.assert_close(
        guide(x, level(sigma)), COMPONENTS[label](x, level(sigma)), rtol=0, atol=1e-12
    )


@pytest.mark.parametrize("scale", [0.0, 0.5, 1.0, 7.0])
def test_with_it_the_scale_is_the_contrast_s(scale: float) -> None:
    x, sigma = points(), level(0.8)
    guide = ClassifierGuidance(SMOOTH, Labelled(exact, labels(1)), scale)
    contrast = Contrast(COMPONENTS[1], SMOOTH, scale)
    torch.testing.assert_close(guide(x, sigma), contrast(x, sigma), rtol=0, atol=1e-12)


def test_on_a_conditional_denoiser_it_counts_from_one() -> None:
    x, sigma = points(), level(0.8)
    likelihood = Labelled(exact, labels(1))
    guide = ClassifierGuidance(COMPONENTS[1], likelihood, 2.0)
    contrast = Contrast(COMPONENTS[1], SMOOTH, 3.0)
    torch.testing.assert_close(guide(x, sigma), contrast(x, sigma), rtol=0, atol=1e-12)


def test_guided_denoisers_are_denoisers() -> None:
    likelihood = Labelled(exact, labels(1))
    with torch.no_grad():
        check_denoiser(ClassifierGuidance(SMOOTH, likelihood, 1.5), points())
        check_denoiser(UniversalGuidance(SMOOTH, likelihood, 1.5), points(), low=1e-4)


def test_forward_universal_guidance_is_the_chain_rule() -> None:
    x, sigma = points(), level(0.6)
    classifier = Tilt()
    guide = UniversalGuidance(SMOOTH, Labelled(classifier, labels(1)), 1.0)
    found = (guide(x, sigma) - SMOOTH(x, sigma)) / sigma**2
    # log sigmoid(4 x) has the slope 4 sigmoid(-4 x), in the first coordinate only.
    slope = torch.zeros_like(x)
    slope[:, 0] = 4 * torch.sigmoid(-4 * SMOOTH(x, sigma)[:, 0])
    covariance = SMOOTH.posterior_covariance(x, sigma)
    expected = torch.einsum("bij,bi->bj", covariance, slope) / sigma**2
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-9)


MIXTURE = GaussianMixture(
    torch.tensor([0.3, 0.7], dtype=torch.float64),
    torch.tensor([[-2.0], [1.0]], dtype=torch.float64),
    torch.tensor([[[0.5]], [[0.2]]], dtype=torch.float64),
)


def true_log_likelihood(x: Tensor, sigma: Tensor) -> Tensor:
    """Return `log E[sigmoid(4 x0) | x]` by summation over x0."""
    x0 = torch.linspace(-9, 9, 36_001).double()
    prior = MIXTURE.log_density(x0[:, None], level(0.0))
    joint = (prior - (x - x0) ** 2 / (2 * sigma**2)).softmax(-1)
    return (joint * torch.sigmoid(4 * x0)).sum(-1).log()


@pytest.mark.parametrize(
    ("variance", "true", "universal"),
    [(0.01, 3.82, 3.89), (0.25, 2.69, 7.14), (1.0, 0.75, 2.43), (9.0, 0.099, 0.354)],
)
def test_forward_universal_guidance_is_too_strong(
    variance: float, true: float, universal: float
) -> None:
    x, sigma = torch.tensor([[-0.5]]).double(), level(math.sqrt(variance))
    likelihood = Labelled(Tilt(), labels(1, 1))
    guide = UniversalGuidance(MIXTURE, likelihood, 1.0)
    found = float((guide(x, sigma) - MIXTURE(x, sigma)) / variance)
    exact_slope = float(likelihood_score(true_log_likelihood, x, sigma))
    assert found == pytest.approx(universal, rel=0.01)
    assert exact_slope == pytest.approx(true, rel=0.01)


def test_universal_guidance_sees_the_denoiser_once() -> None:
    counted = Counted(SMOOTH)
    guide = UniversalGuidance(counted, Labelled(Tilt(), labels(0)), 2.0)
    guide(points(), level(0.5))
    assert counted.nfe == 1


def test_backward_guidance_climbs_on_clean_signals() -> None:
    x, sigma = points(), level(0.6)
    likelihood = Labelled(Tilt(), labels(1))
    x0 = SMOOTH(x, sigma)
    assert torch.equal(BackwardGuidance(SMOOTH, likelihood, 0, 0.1)(x, sigma), x0)
    for _ in range(3):
        slope = torch.zeros_like(x0)
        slope[:, 0] = 4 * torch.sigmoid(-4 * x0[:, 0])
        x0 = x0 + 0.1 * slope
    found = BackwardGuidance(SMOOTH, likelihood, 3, 0.1)(x, sigma)
    torch.testing.assert_close(found, x0, rtol=0, atol=1e-12)


GUIDES = {
    "classifier": partial(ClassifierGuidance, scale=2.0),
    "universal": partial(UniversalGuidance, scale=2.0),
    "backward": partial(BackwardGuidance, steps=2, rate=0.1),
}


@pytest.mark.parametrize("name", GUIDES)
def test_guides_work_without_gradients_and_leave_none(name: str) -> None:
    classifier = Tilt()
    for dtype in (torch.float32, torch.float64):
        x = points().to(dtype)
        guide = GUIDES[name](SMOOTH, Labelled(classifier.to(dtype), labels(1)))
        with torch.no_grad():
            found = guide(x, level(0.5))
        assert found.dtype == dtype
        assert not found.requires_grad
        assert not guide(x, level(0.5)).requires_grad
        assert not x.requires_grad
        each = torch.full((len(x),), 0.5, dtype=torch.float64)
        torch.testing.assert_close(guide(x, each), found)
    assert classifier.slope.grad is None
    end = last(euler(guide, 10 * x, geometric(5, low=0.1, high=10.0)))
    assert end.isfinite().all()


@pytest.mark.parametrize("name", GUIDES)
def test_a_guided_denoiser_can_be_differentiated(name: str) -> None:
    x, sigma, h = points(2), level(0.7), 1e-5
    guide = GUIDES[name](SMOOTH, Labelled(Tilt(), labels(1, 2)))
    found = jacobian(guide, x, sigma)
    for i in (0, 1):
        step = h * torch.eye(2).double()[i]
        slope = (guide(x + step, sigma) - guide(x - step, sigma)) / (2 * h)
        torch.testing.assert_close(found[:, :, i], slope, rtol=0, atol=1e-7)


def test_classifier_guidance_shifts_the_score_by_the_gradient() -> None:
    x, sigma = points(), level(0.9)
    likelihood = Labelled(exact, labels(0))
    guide = ClassifierGuidance(SMOOTH, likelihood, 3.0)
    expected = SMOOTH.score(x, sigma) + 3 * likelihood_score(likelihood, x, sigma)
    torch.testing.assert_close(score(guide, x, sigma), expected)
    wide = posterior_covariance(guide, x, sigma)
    torch.testing.assert_close(wide, wide.mT)  # the guide is a gradient field too


def test_bad_labels_are_named() -> None:
    x, sigma = points(), level(0.5)
    with pytest.raises(ValueError, match="label 2 for a classifier of 2 classes"):
        Labelled(exact, labels(2))(x, sigma)
    with pytest.raises(ValueError, match="label -1"):
        Labelled(exact, labels(-1))
    with pytest.raises(ValueError, match="5 labels for a batch of 6"):
        Labelled(exact, labels(0, 5))(x, sigma)


def test_bad_likelihoods_are_named() -> None:
    x, sigma = points(), level(0.5)
    with pytest.raises(ValueError, match=r"shape \(6, 2\).*one number a sample"):
        ClassifierGuidance(SMOOTH, exact, 1.0)(x, sigma)
    detached = torch.no_grad()(SMOOTH.log_density)
    with pytest.raises(ValueError, match="no gradient in x"):
        ClassifierGuidance(SMOOTH, detached, 1.0)(x, sigma)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_bad_options_are_named(bad: float) -> None:
    likelihood = Labelled(exact, labels(0))
    for make in (
        lambda: ClassifierGuidance(SMOOTH, likelihood, bad),
        lambda: UniversalGuidance(SMOOTH, likelihood, bad),
        lambda: BackwardGuidance(SMOOTH, likelihood, 1, bad),
    ):
        with pytest.raises(ValueError, match=f"is {bad}; give a finite number"):
            make()
    with pytest.raises(ValueError, match=f"^rate is {bad}"):
        BackwardGuidance(SMOOTH, likelihood, 1, bad)
    with pytest.raises(ValueError, match="steps is -1"):
        BackwardGuidance(SMOOTH, likelihood, -1, 0.1)


@pytest.mark.parametrize(
    "guide",
    [
        lambda log_p: UniversalGuidance(lambda x, _: x / 2, log_p, 2.0),
        lambda log_p: BackwardGuidance(lambda x, _: x / 2, log_p, 2, 0.1),
    ],
)
@pytest.mark.parametrize("sigma", [torch.tensor(0.7), torch.tensor([0.3, 0.7])])
def test_a_judge_of_clean_signals_is_told_that_they_are_clean(
    guide: Callable[..., Denoiser], sigma: Tensor
) -> None:
    told: list[Tensor] = []

    def log_p(x: Tensor, sigma: Tensor, /) -> Tensor:
        told.append(sigma)
        return -x.square().sum(1)

    guide(log_p)(torch.ones(2, 3), sigma)
    assert told
    assert all(torch.equal(level, torch.zeros_like(sigma)) for level in told)


def test_a_judge_of_noisy_signals_is_told_the_level() -> None:
    told: list[float] = []

    def log_p(x: Tensor, sigma: Tensor, /) -> Tensor:
        told.append(float(sigma))
        return -x.square().sum(1)

    guide = ClassifierGuidance(lambda x, _: x / 2, log_p, 2.0)
    guide(torch.ones(2, 3), torch.tensor(0.5))
    assert told == [0.5]
