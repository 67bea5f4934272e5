"""Guides: each against its formula, by another route, and against bad input."""

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given, strategies as st
from torch import Tensor

from gendiff.exact import Gaussian, Isotropic
from gendiff.grids import geometric
from gendiff.guidance import (
    Composed,
    Contrast,
    Given,
    Interval,
    Projected,
    Rescaled,
    Tempered,
    Thresholded,
)
from gendiff.record import Counted, last
from gendiff.solvers import heun
from gendiff.testing import SMOOTH, check_denoiser
from gendiff.types import Denoiser, level
from gendiff.views import jacobian

CAT: Denoiser = SMOOTH
DOG: Denoiser = Gaussian(torch.tensor([2.0, -1.0]).double(), torch.eye(2).double())
SIGMA = level(0.5)
SCALES = st.floats(-3, 12)


def points(n: int = 6, *size: int) -> Tensor:
    generator = torch.Generator().manual_seed(3)
    return torch.randn(n, *size or (2,), generator=generator, dtype=torch.float64)


def fixed(x0: Tensor) -> Denoiser:
    """Return a denoiser that always sees the same."""
    return lambda x, sigma: x0.to(x) + 0 * sigma.to(x)


GUIDES: dict[str, Callable[[float], Denoiser]] = {
    "contrast": lambda scale: Contrast(CAT, DOG, scale),
    "composed": lambda scale: Composed(DOG, [(CAT, scale)]),
    "rescaled": lambda scale: Rescaled(Contrast(CAT, DOG, scale)),
    "projected": lambda scale: Projected(
        Contrast(CAT, DOG, scale), eta=0.5, radius=2.0
    ),
    "thresholded": lambda scale: Thresholded(Contrast(CAT, DOG, scale), limit=1e6),
    "interval": lambda scale: Interval(Contrast(CAT, DOG, scale), CAT, 0.0, 1e9),
}


@pytest.mark.parametrize("name", GUIDES)
def test_scale_one_is_no_guidance(name: str) -> None:
    x = points()
    torch.testing.assert_close(GUIDES[name](1.0)(x, SIGMA), CAT(x, SIGMA))


@pytest.mark.parametrize("name", ["contrast", "rescaled", "projected"])
def test_scale_one_costs_one_evaluation(name: str) -> None:
    unused = Counted(DOG)
    repair = {"contrast": lambda c: c, "rescaled": Rescaled, "projected": Projected}
    repair[name](Contrast(CAT, unused, 1.0))(points(), SIGMA)
    assert unused.nfe == 0
    repair[name](Contrast(CAT, unused, 2.0))(points(), SIGMA)
    assert unused.nfe == 1


@pytest.mark.parametrize("name", GUIDES)
def test_guides_are_denoisers(name: str) -> None:
    if name != "interval":  # which takes one level for the whole batch
        check_denoiser(GUIDES[name](1.5), points(), low=1e-4)
    x = points().float()
    assert GUIDES[name](3.0)(x, SIGMA).dtype == torch.float32
    assert jacobian(GUIDES[name](3.0), points(), SIGMA).isfinite().all()


def test_given_binds_conditions_and_counts_them() -> None:
    def net(x: Tensor, sigma: Tensor, label: Tensor | None = None) -> Tensor:
        return x + 0 * sigma + (0 if label is None else label[:, None])

    x = points(3)
    assert torch.equal(Given(net)(x, SIGMA), x)
    labels = torch.tensor([1, 2, 3])
    assert torch.equal(Given(net, labels)(x, SIGMA), x + labels[:, None])
    with pytest.raises(ValueError, match="3 conditions for a batch of 6"):
        Given(net, labels)(points(6), SIGMA)


@given(scale=SCALES)
def test_one_concept_is_a_contrast(scale: float) -> None:
    x = points()
    torch.testing.assert_close(
        Composed(DOG, [(CAT, scale)])(x, SIGMA), Contrast(CAT, DOG, scale)(x, SIGMA)
    )


def test_composition_multiplies_gaussians() -> None:
    # p(a|x) and p(b|x) of Gaussian data are Gaussian in x, so their product with the
    # data's density is one too: precisions add, at every noise level.
    sigma, data, first, second = 0.7, (0.0, 4.0), (1.0, 1.0), (-2.0, 2.0)
    noisy = [(m, v + sigma**2) for m, v in (data, first, second)]
    weights = (-1, 1, 1)  # p(x) * [p(x|a) / p(x)] * [p(x|b) / p(x)]
    precision = sum(w / v for w, (_, v) in zip(weights, noisy, strict=True))
    pull = sum(w * m / v for w, (m, v) in zip(weights, noisy, strict=True))
    x = torch.linspace(-3, 3, 7).double()[:, None]
    expected = x + sigma**2 * (pull - precision * x)

    def gaussian(mean: float, variance: float) -> Isotropic:
        return Isotropic(torch.tensor(mean).double(), math.sqrt(variance))

    away, a, b = (gaussian(*each) for each in (data, first, second))
    composed = Composed(away, [(a, 1.0), (b, 1.0)])
    torch.testing.assert_close(composed(x, level(sigma)), expected)


@given(scale=SCALES, rank=st.integers(1, 25), limit=st.floats(0.1, 5))
def test_thresholding_is_imagen_s(scale: float, rank: int, limit: float) -> None:
    x0 = scale * points(4, 1, 5, 5)
    percentile = (rank - 0.5) / 25  # NumPy would round 0.28 * 25 up to 8
    found = Thresholded(fixed(x0), limit, percentile)(torch.zeros_like(x0), SIGMA)
    for one, expected in zip(found.numpy(), x0.numpy(), strict=True):
        size = np.quantile(np.abs(expected), percentile, method="inverted_cdf")
        s = max(float(size), limit)
        np.testing.assert_allclose(
            one, np.clip(expected, -s, s) * limit / s, atol=1e-12
        )
    assert found.abs().max() <= limit * (1 + 1e-12)


def test_thresholding_leaves_bounded_predictions_alone() -> None:
    x0 = points(4, 1, 5, 5).clamp(-1, 1)
    assert torch.equal(Thresholded(fixed(x0))(torch.zeros_like(x0), SIGMA), x0)


@given(scale=SCALES, factor=st.floats(0, 1))
def test_rescaling_gives_the_spread_back(scale: float, factor: float) -> None:
    toward, away = points(4, 1, 5, 5), 1 + 0.3 * points(4, 1, 5, 5).flip(0)
    guide = Rescaled(Contrast(fixed(toward), fixed(away), scale), factor)
    found = guide(torch.zeros_like(toward), SIGMA).numpy()
    plain = (away + scale * (toward - away)).numpy()
    for one, g, c in zip(found, plain, toward.numpy(), strict=True):
        np.testing.assert_allclose(
            one, factor * g * c.std() / g.std() + (1 - factor) * g, atol=1e-9
        )
        if factor == 1:
            assert one.std() == pytest.approx(c.std())


def test_rescaling_survives_a_constant() -> None:
    flat = torch.ones(2, 9).double()
    guide = Rescaled(Contrast(fixed(flat), fixed(0 * flat), 3.0), factor=1.0)
    assert torch.equal(guide(flat, SIGMA), 3 * flat)


@given(scale=SCALES, eta=st.floats(-1, 2))
def test_projection_splits_the_push(scale: float, eta: float) -> None:
    toward, away = points(5, 3, 3), points(5, 3, 3).flip(0) - 0.5
    guide = Projected(Contrast(fixed(toward), fixed(away), scale), eta)
    moved = guide(torch.zeros_like(toward), SIGMA) - toward
    for step, c, u in zip(moved, toward, away, strict=True):
        unit = (c / c.norm()).flatten()
        push = (c - u).flatten()
        along = float(push @ unit)
        assert float(step.flatten() @ unit) == pytest.approx(
            (scale - 1) * eta * along, abs=1e-9
        )
        rest = step.flatten() - float(step.flatten() @ unit) * unit
        torch.testing.assert_close(rest, (scale - 1) * (push - along * unit))


def test_projection_with_both_parts_is_a_contrast() -> None:
    x = points()
    torch.testing.assert_close(
        Projected(Contrast(CAT, DOG, 4.0), eta=1.0)(x, SIGMA),
        Contrast(CAT, DOG, 4.0)(x, SIGMA),
    )


def test_projection_bounds_the_push() -> None:
    x = points()
    moved = Projected(Contrast(CAT, DOG, 3.0), eta=1.0, radius=0.2)(x, SIGMA) - CAT(
        x, SIGMA
    )
    push = (CAT(x, SIGMA) - DOG(x, SIGMA)).norm(dim=1)
    torch.testing.assert_close(moved.norm(dim=1), 2 * push.clamp(max=0.2))


def test_projection_survives_a_prediction_of_nothing() -> None:
    nothing = torch.zeros(2, 3).double()
    push = points(2, 3)
    guide = Projected(Contrast(fixed(nothing), fixed(-push), 3.0))
    torch.testing.assert_close(guide(nothing, SIGMA), 2 * push)


def test_tempering_multiplies_the_score_and_not_the_density_s_exponent() -> None:
    s, start, factor = 1.0, 40.0, 2.0
    data = Isotropic(torch.tensor(0.0).double(), s)
    x = points()
    score = (Tempered(data, factor)(x, SIGMA) - x) / SIGMA**2
    torch.testing.assert_close(score, factor * data.score(x, SIGMA))
    # Along the flow x shrinks by the square root of this, to far below s^2 / factor.
    grid = geometric(400, low=1e-3, high=start)
    w = s**2 + start**2
    end = last(heun(Tempered(data, factor), math.sqrt(w) * x, grid))
    expected = s**2 * (s**2 / w) ** (factor - 1)
    torch.testing.assert_close(end, math.sqrt(expected) * x, rtol=1e-2, atol=0)
    assert expected < 0.01 * s**2 / factor


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_scales_are_finite(bad: float) -> None:
    for make in (
        lambda: Contrast(CAT, DOG, bad),
        lambda: Rescaled(Contrast(CAT, DOG, bad)),
        lambda: Projected(Contrast(CAT, DOG, bad)),
        lambda: Projected(Contrast(CAT, DOG, 2.0), eta=bad),
        lambda: Composed(CAT, [(DOG, 1.0), (CAT, bad)]),
        lambda: Tempered(CAT, bad),
    ):
        with pytest.raises(ValueError, match=f"is {bad}; give a finite number"):
            make()


def test_bad_options_are_named() -> None:
    with pytest.raises(ValueError, match="no concepts"):
        Composed(CAT, [])
    for bad in (0.0, -0.1, 1.5, math.nan):
        with pytest.raises(ValueError, match=f"percentile is {bad}"):
            Thresholded(CAT, percentile=bad)
    for bad in (0.0, -1.0, math.inf, math.nan):
        with pytest.raises(ValueError, match=f"limit is {bad}"):
            Thresholded(CAT, limit=bad)
    for bad in (-0.1, 1.1, math.nan):
        with pytest.raises(ValueError, match=f"factor is {bad}"):
            Rescaled(Contrast(CAT, DOG, 2.0), factor=bad)
    for bad in (0.0, -1.0, math.nan):
        with pytest.raises(ValueError, match=f"radius is {bad}"):
            Projected(Contrast(CAT, DOG, 2.0), radius=bad)
    for low, high in ((2.0, 1.0), (math.nan, 1.0), (0.0, math.nan)):
        with pytest.raises(ValueError, match="low <= high"):
            Interval(CAT, DOG, low, high)
