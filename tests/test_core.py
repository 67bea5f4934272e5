"""Types, noise, guidance, preconditioning, views and recording."""

import math
from functools import partial

import pytest
import torch
from torch import Tensor, nn

from gendiff.exact import Gaussian, GaussianMixture
from gendiff.frames import ANGLE, DATA, FLOW, NOISE, Frame
from gendiff.grids import karras
from gendiff.guidance import Contrast, Interval
from gendiff.noise import noised, seeded, silent
from gendiff.precondition import Preconditioned
from gendiff.record import Counted, last, record, tap
from gendiff.solvers import euler, heun
from gendiff.testing import SMOOTH, check_denoiser
from gendiff.types import Denoiser, Step, level, like
from gendiff.views import jacobian, noise, posterior_covariance, score, velocity


def points(n: int = 6) -> Tensor:
    return torch.randn(
        n, 2, generator=torch.Generator().manual_seed(3), dtype=torch.float64
    )


def test_like_broadcasts() -> None:
    x = torch.zeros(3, 2, 4)
    assert like(level(2.0), x).shape == ()
    assert like(torch.tensor([1.0, 2.0, 3.0]), x).shape == (3, 1, 1)
    with pytest.raises(ValueError, match="one a sample"):
        like(torch.ones(4), x)


def test_noise_is_added_at_one_level_or_at_one_a_sample() -> None:
    x0, eps = torch.full((2, 1, 2), 3.0), torch.tensor([[[1.0, -2.0]]] * 2)
    found = noised(x0, torch.tensor([1.0, 10.0]), eps)
    assert found.tolist() == [[[4.0, 1.0]], [[13.0, -17.0]]]
    assert torch.equal(noised(x0, level(1.0), eps)[1], found[0])


def test_seeded_noise_repeats_and_keeps_type() -> None:
    x = torch.zeros(2, 3, dtype=torch.float64)
    first, again = (seeded(torch.Generator().manual_seed(5))(x) for _ in range(2))
    assert torch.equal(first, again)
    assert first.dtype == x.dtype
    assert torch.equal(silent(x), x)


def test_contrast() -> None:
    x, sigma = points(), level(0.5)
    cat, dog = SMOOTH, Gaussian(torch.zeros(2).double(), torch.eye(2).double())
    guided = Contrast(cat, dog, scale=3.0)(x, sigma)
    torch.testing.assert_close(guided, 3 * cat(x, sigma) - 2 * dog(x, sigma))
    torch.testing.assert_close(Contrast(cat, dog, scale=0.0)(x, sigma), dog(x, sigma))
    unused = Counted(dog)
    torch.testing.assert_close(
        Contrast(cat, unused, scale=1.0)(x, sigma), cat(x, sigma)
    )
    assert unused.nfe == 0
    with pytest.raises(ValueError, match="finite"):
        Contrast(cat, dog, scale=math.nan)


def test_interval_never_calls_the_other_branch() -> None:
    inside, outside = Counted(SMOOTH), Counted(SMOOTH)
    guide = Interval(inside, outside, low=0.3, high=5.0)
    for sigma in (10.0, 5.0, 1.0, 0.3, 0.1):
        guide(points(), level(sigma))
    assert (inside.nfe, outside.nfe) == (3, 2)
    with pytest.raises(ValueError, match="low"):
        Interval(SMOOTH, SMOOTH, low=2.0, high=1.0)


class ExactVelocity(nn.Module):
    """A "network" that answers with the exact velocity, told what it is to predict."""

    def __init__(self, frame: Frame, std: float, denoise: Denoiser) -> None:
        super().__init__()
        self.frame, self.std, self.denoise = frame, std, denoise

    def forward(self, unit: Tensor, noise_input: Tensor) -> Tensor:
        ratio = (4 * noise_input.double()).exp()
        x = unit * self.std * (1 + ratio[:, None] ** 2).sqrt()
        sigma = ratio * self.std
        x0 = self.denoise(x, sigma)
        a, b = self.frame.target(ratio[:, None])
        return a * x0 / self.std + b * (x - x0) / sigma[:, None]


@pytest.mark.parametrize("frame", [NOISE, DATA, FLOW, ANGLE], ids=lambda f: f.name)
def test_preconditioned_recovers_the_denoiser(frame: Frame) -> None:
    net = ExactVelocity(frame, 0.5, SMOOTH)
    model = Preconditioned(net, data_std=0.5, frame=frame)
    for sigma in (0.02, 0.5, 4.0):
        got = model(points(), level(sigma))
        # The noise input is float32, so the level it carries is exact to 1e-6 or so.
        torch.testing.assert_close(
            got, SMOOTH(points(), level(sigma)), rtol=0, atol=1e-5
        )


def test_preconditioned_conforms() -> None:
    torch.manual_seed(0)

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(3, 2)

        def forward(self, x: Tensor, noise_input: Tensor) -> Tensor:
            return self.layer(torch.cat([x, noise_input[:, None].to(x)], 1)).tanh()

    model = Preconditioned(Net(), data_std=0.5)
    with torch.no_grad():
        check_denoiser(model, torch.randn(4, 2))
        assert model(torch.randn(4, 2), level(0.0)).isfinite().all()
    with pytest.raises(ValueError, match="data_std"):
        Preconditioned(Net(), data_std=0.0)


def test_views_agree_with_each_other() -> None:
    x, sigma = points(), level(0.8)
    x0 = SMOOTH(x, sigma)
    torch.testing.assert_close(score(SMOOTH, x, sigma), SMOOTH.score(x, sigma))
    torch.testing.assert_close(x - 0.8 * noise(SMOOTH, x, sigma), x0)
    flow = velocity(SMOOTH, x, sigma, FLOW)
    torch.testing.assert_close(flow, noise(SMOOTH, x, sigma) - x0)
    torch.testing.assert_close(velocity(SMOOTH, x, sigma, DATA), x0)


def test_jacobian_is_the_posterior_covariance() -> None:
    x, sigma = points(), level(0.8)
    exact = SMOOTH.posterior_covariance(x, sigma)
    torch.testing.assert_close(posterior_covariance(SMOOTH, x, sigma), exact)
    h = 1e-6
    for j in range(2):
        step = torch.zeros(2, dtype=x.dtype)
        step[j] = h
        slope = (SMOOTH(x + step, sigma) - SMOOTH(x - step, sigma)) / (2 * h)
        torch.testing.assert_close(jacobian(SMOOTH, x, sigma)[:, :, j], slope)


def test_recording() -> None:
    grid = karras(8, high=10.0)
    counted = Counted(SMOOTH)
    path = record(heun(counted, 10 * points(), grid))
    assert counted.nfe == 2 * 8 - 1
    assert path.levels.tolist() == grid[1:]
    assert path.x.shape == (8, 6, 2)
    seen: list[float] = []
    end = last(tap(heun(SMOOTH, 10 * points(), grid), lambda s: seen.append(s.level)))
    assert torch.equal(end, path.x[-1])
    assert seen == grid[1:]
    with pytest.raises(ValueError, match="no step"):
        last([])
    with pytest.raises(ValueError, match="no step"):
        record(iter(list[Step]()))


def test_gradients_flow_through_a_solver() -> None:
    x = points().requires_grad_()
    *_, step = euler(SMOOTH, x, [2.0, 1.0, 0.0])
    (slope,) = torch.autograd.grad(step.x.sum(), x)
    assert slope.abs().sum() > 0


def test_partial_binds_conditions() -> None:
    def labelled(x: Tensor, sigma: Tensor, label: int) -> Tensor:
        return SMOOTH(x, sigma) + label

    bound = partial(labelled, label=2)
    torch.testing.assert_close(
        bound(points(), level(1.0)), SMOOTH(points(), level(1.0)) + 2
    )


def test_checks_find_broken_denoisers() -> None:
    x = points().float()

    def leaky(x: Tensor, sigma: Tensor) -> Tensor:
        return SMOOTH(x, sigma) + x[:1] * 0.1

    def doubled(x: Tensor, sigma: Tensor) -> Tensor:
        return 2 * SMOOTH(x, sigma)

    mixture = GaussianMixture.isotropic(torch.ones(1), torch.zeros(1, 2), 0.5)
    check_denoiser(mixture, x)
    with pytest.raises(AssertionError, match="see each other"):
        check_denoiser(leaky, x)
    with pytest.raises(AssertionError, match="moves"):
        check_denoiser(doubled, x)
