"""Densities of noise levels: distributions, quantiles, stratification."""

import math
import pickle
from collections.abc import Callable
from functools import partial
from itertools import pairwise

import numpy as np
import pytest
import torch
from scipy import integrate, stats
from torch import Tensor

from gendiff import levels
from gendiff.clocks import COSINE, FLOW_TIME, INVERSE, LOG, SIGMA, power
from gendiff.levels import Density, Levels

LOW, HIGH = 0.01, 50.0
DENSITIES: dict[str, Density] = {
    "log_normal": levels.log_normal(-1.2, 1.2),
    "logit_normal": levels.logit_normal(0.3, 0.8, shift=2.0),
    "log": levels.uniform(LOG, LOW, HIGH),
    "flow": levels.uniform(FLOW_TIME.scaled(0.5), LOW, HIGH),
    "inverse": levels.uniform(INVERSE, 0.5, HIGH),
    "power": levels.uniform(power(7.0), 1.0, HIGH),
    "angle": levels.uniform(COSINE.scaled(0.5), 0.0, HIGH),
    "rising": levels.rising(
        LOG,
        torch.tensor([LOW, 0.3, 1.0, HIGH]).double(),
        torch.tensor([0.1, 0.2, 1.5, 2.0]).double(),
    ),
}
EACH = pytest.mark.parametrize("density", DENSITIES.values(), ids=DENSITIES.keys())


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def pdf(density: Density, sigma: float) -> float:
    return float(density.pdf(torch.tensor([sigma], dtype=torch.float64)))


@EACH
def test_quantile_inverts_the_integral_of_the_pdf(density: Density) -> None:
    shares = torch.tensor([0.02, 0.3, 0.5, 0.9, 0.98], dtype=torch.float64)
    places = density.quantile(shares).tolist()
    for (a, b), expected in zip(pairwise(places), shares.diff().tolist(), strict=True):
        mass, _ = integrate.quad(lambda s: pdf(density, s), a, b, epsabs=1e-12)
        assert mass == pytest.approx(expected, rel=1e-7)


TRUTHS: dict[str, tuple[Callable[[np.ndarray], np.ndarray], str, tuple]] = {
    "log_normal": (np.log, "norm", (-1.2, 1.2)),
    # sigma = 2 t / (1 - t): recover the flow time, its logit is normal.
    "logit_normal": (
        lambda s: np.log((s / 2) / (1 + s / 2) / (1 - (s / 2) / (1 + s / 2))),
        "norm",
        (0.3, 0.8),
    ),
    "log": (np.log10, "uniform", (-2, math.log10(HIGH) + 2)),
    "flow": (
        lambda s: s / (0.5 + s),
        "uniform",
        (LOW / 0.51, HIGH / 50.5 - LOW / 0.51),
    ),
    "inverse": (lambda s: 1 / s, "uniform", (1 / HIGH, 2 - 1 / HIGH)),
    "power": (lambda s: s ** (1 / 7), "uniform", (1, HIGH ** (1 / 7) - 1)),
    "angle": (lambda s: np.arctan2(s, 0.5), "uniform", (0, math.atan(100))),
}


@pytest.mark.parametrize("name", TRUTHS)
@pytest.mark.parametrize("draw", [lambda d: d, levels.stratified])
def test_draws_follow_the_distribution(
    name: str, draw: Callable[[Density], Levels]
) -> None:
    coordinate, distribution, arguments = TRUTHS[name]
    sigma = draw(DENSITIES[name])(4000, generator())
    assert sigma.dtype == torch.float64
    assert sigma.shape == (4000,)
    assert (
        stats.kstest(coordinate(sigma.numpy()), distribution, args=arguments).pvalue
        > 0.01
    )


@EACH
def test_stratified_puts_one_level_in_each_share(density: Density) -> None:
    n = 64
    sigma = levels.stratified(density)(n, generator(3))
    edges = density.quantile(torch.linspace(0, 1, n + 1, dtype=torch.float64)[1:-1])
    filled = torch.bucketize(sigma, edges).bincount(minlength=n)
    # A cut at a random place: neighbours may share a bin only through rounding.
    assert filled.max() == 1


def test_strata_are_filled_in_random_order_each_at_a_place_of_its_own() -> None:
    drawn = torch.stack(
        [levels.strata(10, torch.Generator().manual_seed(seed)) for seed in range(2000)]
    )
    assert ((10 * drawn).floor().sort(1).values == torch.arange(10)).all()
    assert (drawn.mean(0) - 0.5).abs().max() < 0.03  # whichever comes first
    inside = (10 * drawn) % 1
    assert float(torch.corrcoef(inside.T).fill_diagonal_(0).abs().max()) < 0.1


def test_each_stratified_level_alone_follows_the_distribution() -> None:
    draw = levels.stratified(DENSITIES["log_normal"])
    source = generator(5)
    third = np.log([float(draw(7, source)[3]) for _ in range(800)])
    assert stats.kstest(third, "norm", args=(-1.2, 1.2)).pvalue > 0.01


def test_stratified_lowers_the_variance_of_a_batch_mean() -> None:
    density = DENSITIES["log_normal"]
    source = generator(1)
    spread = [
        torch.stack([draw(32, source).log().mean() for _ in range(300)]).std()
        for draw in (density, levels.stratified(density))
    ]
    # The two outer shares are long, so not by the full factor of a bounded
    # distribution.
    assert spread[1] < spread[0] / 2.5


def test_logit_normal_is_log_normal() -> None:
    a = levels.logit_normal(0.5, 1.5)(100, generator())
    b = levels.log_normal(0.5, 1.5)(100, generator())
    torch.testing.assert_close(a, b, rtol=0, atol=0)


def test_pdf_vanishes_outside_the_support() -> None:
    for name in ("log", "flow", "angle"):
        assert pdf(DENSITIES[name], 2 * HIGH) == 0
    assert pdf(DENSITIES["log"], LOW / 2) == 0


def test_among_chooses_evenly() -> None:
    sigma = levels.among([0.1, 1.0, 10.0])(3000, generator())
    counts = torch.stack([(sigma == s).sum() for s in (0.1, 1.0, 10.0)])
    assert counts.sum() == 3000
    assert (counts - 1000).abs().max() < 120


def integrated(rate: Callable[[Tensor], Tensor], n: int) -> tuple[Tensor, Tensor]:
    """Return levels from 0 to 1, and a loss that rises at a given rate."""
    sigmas = torch.linspace(0, 1, n).double()
    middle = (sigmas[1:] + sigmas[:-1]) / 2
    rises = torch.cat([torch.zeros(1), rate(middle) * sigmas.diff()])
    return sigmas, rises.cumsum(0)


def test_the_loss_rises_by_the_same_amount_in_equal_parts_of_all_levels() -> None:
    sigmas, losses = integrated(lambda t: torch.exp(-3 * t) + 0.1, 2001)
    density = levels.rising(SIGMA, sigmas, losses)
    ends = density.quantile(torch.linspace(0, 1, 6).double())
    rises = np.diff((1 - np.exp(-3 * ends.numpy())) / 3 + 0.1 * ends.numpy())
    assert rises == pytest.approx([0.0833475] * 5, abs=1e-6)
    # A weighted mean over these levels is the integral of t^2 + 1, whatever they are.
    drawn = density.quantile((torch.arange(50_000).double() + 0.5) / 50_000)
    mean = ((drawn**2 + 1) / density.pdf(drawn)).mean()
    assert float(mean) == pytest.approx(4 / 3, abs=1e-6)


@pytest.mark.parametrize("steep", [0.5, 4.0])
def test_the_mean_loss_is_half_of_the_greatest_whatever_was_learnt(
    steep: float,
) -> None:
    sigmas = torch.logspace(-2, 2, 400).double()
    losses = 4.8 * torch.sigmoid(steep * sigmas.log())
    losses = (losses - losses[0]) / (losses[-1] - losses[0]) * 4.8
    density = levels.rising(LOG, sigmas, losses)
    drawn = levels.stratified(density)(10_000, generator())
    mean = np.interp(drawn.log(), sigmas.log(), losses).mean()
    assert mean == pytest.approx(2.4, abs=1e-3)


def test_a_loss_that_falls_back_is_passed_over_and_a_floor_is_not() -> None:
    sigmas, losses = torch.arange(4).double(), torch.tensor([0.0, 1.0, 0.5, 2.0])
    drawn = levels.rising(SIGMA, sigmas, losses)(1000, generator())
    assert not ((drawn > 1) & (drawn < 2)).any()
    assert (drawn <= 1).double().mean() == pytest.approx(0.5, abs=0.05)
    floored = levels.rising(SIGMA, sigmas, losses, floor=0.3)
    assert pdf(floored, 1.5) == pytest.approx(0.1)
    assert pdf(floored, 0.5) == pytest.approx(0.7 / 2 + 0.1)
    flat = levels.rising(SIGMA, sigmas, torch.ones(4))
    assert pdf(flat, 2.5) == pytest.approx(1 / 3)


def test_warped_levels_learn_the_loss_and_forget() -> None:
    warped = levels.Warped(LOG, 0.1, 10.0, knots=21, floor=0.0, memory=0.9)
    start = warped.density().quantile(torch.tensor([0.5]).double())
    torch.testing.assert_close(start, torch.tensor([1.0]).double())
    chance = generator()
    for shift in (3.0, 0.3):
        for _ in range(200):
            sigma = levels.uniform(LOG, 0.1, 10.0)(64, chance)
            warped.learn(sigma, torch.sigmoid(4 * (sigma / shift).log()).float())
        drawn = warped.density().quantile(torch.linspace(0.1, 0.9, 9).double())
        wanted = torch.sigmoid(4 * (torch.tensor([0.1, 10.0]) / shift).log()).double()
        rises = torch.lerp(wanted[0], wanted[1], torch.linspace(0.1, 0.9, 9).double())
        found = torch.sigmoid(4 * (drawn / shift).log())
        torch.testing.assert_close(found, rises, atol=0.03, rtol=0)


def test_what_warped_levels_learnt_is_kept_with_the_weights() -> None:
    one, other = (levels.Warped(LOG, 0.1, 10.0) for _ in range(2))
    sigma = torch.tensor([0.2, 1.0, 5.0]).double()
    for _ in range(50):
        one.learn(sigma, torch.tensor([0.0, 3.0, 3.1]))
    half = torch.tensor([0.5]).double()
    assert not torch.equal(one.density().quantile(half), other.density().quantile(half))
    other.load_state_dict(one.state_dict())
    assert torch.equal(one.density().quantile(half), other.density().quantile(half))


@EACH
def test_extreme_uniform_numbers_give_finite_levels(density: Density) -> None:
    # torch.rand returns 0 once in 2^53 draws.
    sigma = density.quantile(levels._inside(torch.tensor([0.0, 1.0]).double()))
    assert sigma.isfinite().all()
    assert (sigma >= 0).all()


@EACH
def test_densities_travel_to_other_processes(density: Density) -> None:
    there = pickle.loads(pickle.dumps(levels.stratified(density)))  # noqa: S301
    assert torch.equal(
        there(5, generator()), levels.stratified(density)(5, generator())
    )


@pytest.mark.parametrize(
    "make",
    [
        lambda: levels.log_normal(0.0, 0.0),
        lambda: levels.log_normal(math.nan, 1.0),
        lambda: levels.uniform(LOG, 0.0, 1.0),
        lambda: levels.uniform(LOG, 2.0, 1.0),
        lambda: levels.uniform(FLOW_TIME, 0.0, math.inf),
        lambda: levels.uniform(FLOW_TIME.scaled(0.0), 0.0, 1.0),
        lambda: levels.uniform(COSINE, -1.0, 1.0),
        lambda: levels.uniform(COSINE.scaled(-1.0), 0.0, 1.0),
        lambda: levels.logit_normal(0.0, 1.0, shift=0.0),
        lambda: levels.rising(LOG, torch.tensor([1.0]), torch.tensor([1.0])),
        lambda: levels.rising(LOG, torch.tensor([2.0, 1.0]), torch.ones(2)),
        lambda: levels.rising(LOG, torch.tensor([1.0, 2.0]), torch.ones(3)),
        *[
            partial(levels.Warped, LOG, 0.1, 1.0, **{name: wrong})
            for name, wrong in (
                ("floor", -0.1),
                ("floor", 1.1),
                ("floor", math.nan),
                ("memory", 0.0),
                ("memory", 1.1),
                ("memory", math.nan),
                ("knots", 1),
            )
        ],
        lambda: levels.rising(LOG, torch.tensor([1.0, 2.0]), torch.ones(2), floor=2.0),
        lambda: levels.among([]),
        lambda: levels.among([1.0, 0.0]),
    ],
)
def test_what_makes_no_sense_is_refused(make: Callable[[], Levels]) -> None:
    with pytest.raises(ValueError, match=r"need|give|finite"):
        make()
