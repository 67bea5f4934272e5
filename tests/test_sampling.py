"""The default sampler: exact where it should be, of its order elsewhere."""

import math

import pytest
import torch
from torch import Tensor

from gendiff.clocks import COSINE
from gendiff.data import grid25
from gendiff.exact import Diagonal, Field, Gaussian, GaussianMixture, Isotropic
from gendiff.record import Counted, last
from gendiff.sampling import CLOCK, HIGH, grid, sample
from gendiff.solvers.adams import adams
from gendiff.solvers.fitted import fitted
from gendiff.testing import SMOOTH
from gendiff.types import Denoiser, Step

ROUND = Isotropic(torch.tensor([0.2, -0.4], dtype=torch.float64), 0.5)
TILTED = Gaussian(
    torch.tensor([1.0, -2.0], dtype=torch.float64),
    torch.tensor([[0.5, 0.3], [0.3, 0.4]], dtype=torch.float64),
)
FIELD = Field(
    1 / (1 + torch.fft.fftfreq(8, dtype=torch.float64).abs() * 8) ** 2,
    torch.linspace(-1, 1, 8, dtype=torch.float64),
)


def noise(n: int = 16, d: int = 2, dtype: torch.dtype = torch.float64) -> Tensor:
    return torch.randn(
        n, d, generator=torch.Generator().manual_seed(3), dtype=torch.float64
    ).to(dtype)


def test_the_grid_is_even_in_the_clock_and_ends_at_nothing() -> None:
    taus = torch.tensor(grid(9), dtype=torch.float64)
    assert len(taus) == 11
    assert taus[0] == HIGH
    assert taus[-1] == 0
    u = CLOCK.forward(taus)
    torch.testing.assert_close(u, torch.linspace(1, 0, 11).double(), rtol=0, atol=1e-4)


@pytest.mark.parametrize("evaluations", [1, 2, 5, 20])
@pytest.mark.parametrize("gaussian", [ROUND, TILTED, FIELD])
def test_exact_on_its_gaussian_at_any_number(
    gaussian: Diagonal, evaluations: int
) -> None:
    """White noise, coloured by the square root of the covariance: the flow's end."""
    z = noise(d=len(gaussian.mean))
    counted = Counted(gaussian)
    end = last(sample(counted, z, gaussian=gaussian, evaluations=evaluations))
    root = gaussian.unrotate(gaussian.variances.sqrt() * gaussian.rotate(z))
    torch.testing.assert_close(end, gaussian.mean + root, rtol=1e-9, atol=1e-9)
    assert counted.nfe == evaluations


@pytest.mark.parametrize(
    "known",
    [
        SMOOTH.moments(),
        Isotropic(SMOOTH.moments().mean, 1.0),
        Isotropic(SMOOTH.moments().mean, 3.0),
    ],
)
def test_third_order_whatever_the_spread(known: Diagonal) -> None:
    """The covariance assumed changes the error, not the limit or the order."""
    exact = last(sample(SMOOTH, noise(), gaussian=SMOOTH.moments(), evaluations=640))
    errors = [
        float(
            (last(sample(SMOOTH, noise(), gaussian=known, evaluations=n)) - exact)
            .abs()
            .max()
        )
        for n in (40, 80)
    ]
    assert math.log2(errors[0] / errors[1]) > 2.6
    assert errors[1] < 1e-3


def test_a_wrong_mean_still_converges() -> None:
    exact = last(sample(SMOOTH, noise(), gaussian=SMOOTH.moments(), evaluations=640))
    errors = [
        float(
            (last(sample(SMOOTH, noise(), gaussian=ROUND, evaluations=n)) - exact)
            .abs()
            .max()
        )
        for n in (40, 320)
    ]
    assert errors[1] < errors[0] / 6


def test_every_step_reports_level_state_and_prediction() -> None:
    seen: list[tuple[Tensor, float]] = []

    def spy(x: Tensor, sigma: Tensor, /) -> Tensor:
        seen.append((x, float(sigma)))
        return SMOOTH(x, sigma)

    steps = list(sample(spy, noise(), gaussian=SMOOTH.moments(), evaluations=6))
    levels = [step.level for step in steps]
    assert levels == sorted(levels, reverse=True)
    assert [sigma for _, sigma in seen] == pytest.approx(levels[:-1])
    assert levels[-1] == 0
    for (x, sigma), step in zip(seen, steps[1:], strict=True):
        at = torch.tensor(sigma, dtype=torch.float64)
        torch.testing.assert_close(step.denoised, SMOOTH(x, at))
    first = SMOOTH.moments()(noise() * HIGH, torch.tensor(HIGH).double())
    torch.testing.assert_close(steps[0].denoised, first, rtol=0.3, atol=1e-3)


def test_float32_follows_float64() -> None:
    mixture = grid25()
    low = GaussianMixture(
        mixture.weights.float(), mixture.means.float(), mixture.covariances.float()
    )
    known = Isotropic(torch.zeros(2), 0.5)

    def run(denoise: Denoiser, dtype: torch.dtype) -> Tensor:
        return last(sample(denoise, noise(dtype=dtype), gaussian=known))

    end = run(low, torch.float32)
    assert end.dtype == torch.float32
    exact = run(mixture, torch.float64).float()
    assert (end - exact).abs().median() < 1e-5


def test_samples_have_the_distribution_of_the_data() -> None:
    mixture = grid25()
    end = last(sample(mixture, noise(2000), gaussian=mixture.moments()))
    nearest = torch.cdist(end, mixture.means).min(1)
    # Within 4 standard deviations of a mode, all but 0.03 % and what lies between.
    assert (nearest.values < 4 * 0.03).float().mean() > 0.98
    counts = torch.bincount(nearest.indices, minlength=25)
    assert counts.min() > 80 - 5 * 80**0.5
    assert counts.max() < 80 + 5 * 80**0.5


def narrow() -> GaussianMixture:
    """Three Gaussians whose axes have variances over three decades."""
    generator = torch.Generator().manual_seed(1)
    axes = torch.linalg.qr(torch.randn(3, 8, 8, generator=generator).double()).Q
    variances = torch.logspace(-0.5, -3.5, 8, dtype=torch.float64)
    covariances = axes * variances @ axes.mT
    means = 0.5 * torch.randn(3, 8, generator=generator).double()
    weights = torch.full((3,), 1 / 3, dtype=torch.float64)
    return GaussianMixture(weights, means, covariances)


@pytest.mark.parametrize("mixture", [grid25(), narrow()])
def test_few_steps_go_farther_than_those_of_adams(mixture: GaussianMixture) -> None:
    """What is narrow, points and thin Gaussians, is followed in wide steps too."""
    moments = mixture.moments()
    unit = float(moments.variances.square().mean()) ** 0.25
    known = Isotropic(moments.mean, unit)
    start = noise(256, len(moments.mean))
    end = last(sample(mixture, start, gaussian=known, evaluations=320))
    ours = last(sample(mixture, start, gaussian=known, evaluations=5))
    z, past = start, [torch.zeros_like(start)]
    for tau, weights in zip(grid(5)[1:], adams_steps(5), strict=False):
        sigma = torch.tensor(tau * unit, dtype=torch.float64)
        denoised = mixture(known.unwhiten(z, tau * unit), sigma)
        change = known.velocity(denoised, z, tau * unit) * unit * (1 + tau**2)
        past = [change, *past][:4]
        z = z + sum(w * v for w, v in zip(weights, past, strict=False))
    assert rms(ours - end) < 0.6 * rms(known.unwhiten(z, 0.0) - end)


def adams_steps(evaluations: int) -> list[tuple[float, ...]]:
    taus = tuple(grid(evaluations))
    return adams(taus, 3, COSINE, CLOCK, len(taus))[1:]


def rms(x: Tensor) -> float:
    return float(x.square().mean().sqrt())


def test_weights_are_those_of_adams_where_steps_are_short() -> None:
    taus = tuple(grid(1_000))
    plain = adams(taus, 2, COSINE, CLOCK, len(taus))[1:]
    for tau, found, usual in zip(taus[1:], fitted(taus, CLOCK), plain, strict=False):
        if tau > 0.01:
            # That of infinite noise, which is nought, is left out.
            gaps = [f - u for f, u in zip(found, usual, strict=False)]
            assert max(map(abs, gaps)) < 1e-3 * max(map(abs, usual))


@pytest.mark.parametrize("gaussian", [ROUND, TILTED])
def test_nothing_that_was_given_or_yielded_changes(gaussian: Diagonal) -> None:
    z = noise()
    kept: list[tuple[Tensor, Tensor]] = []
    steps: list[Step] = []
    for step in sample(SMOOTH, z, gaussian=gaussian, evaluations=7):
        steps.append(step)
        kept.append((step.x.clone(), step.denoised.clone()))
    assert torch.equal(z, noise())
    for step, (x, denoised) in zip(steps, kept, strict=True):
        assert torch.equal(step.x, x)
        assert torch.equal(step.denoised, denoised)


def test_samples_can_be_differentiated() -> None:
    z = noise().requires_grad_()
    *_, step = sample(SMOOTH, z, gaussian=ROUND, evaluations=4)
    (slope,) = torch.autograd.grad(step.x.sum(), z)
    ends = [
        last(sample(SMOOTH, noise() + h, gaussian=ROUND, evaluations=4))
        for h in (1e-5, -1e-5)
    ]
    expected = (ends[0] - ends[1]).sum(1) / 2e-5
    torch.testing.assert_close(slope.sum(1), expected, rtol=1e-6, atol=1e-8)


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="evaluations is 0"):
        last(sample(SMOOTH, noise(), gaussian=ROUND, evaluations=0))
    flat = Field(torch.zeros(2).double(), torch.zeros(2).double())
    with pytest.raises(ValueError, match="spread is 0"):
        last(sample(SMOOTH, noise(), gaussian=flat))
