"""Formulas of noise and scale, and of the ancestors, against numbers from elsewhere."""

import math

import pytest
import torch
from torch import Tensor, nn

from gendiff.data import disc
from gendiff.exact import Field, Gaussian
from gendiff.families import autoencoders
from gendiff.metrics import frequencies
from gendiff.nets.layers import perceptron
from gendiff.noise import seeded
from gendiff.objectives import Objective
from gendiff.types import level

SIDE = 128
LEVELS = (0.5, 1.0, 2.0, 5.0)


def field() -> Field:
    """Return a field with power 1 / f^2, unit pixel variance and no mean brightness."""
    f = frequencies(SIDE, SIDE)
    power = torch.where(f > 0, f.clamp(min=1) ** -2.0, 0.0)
    return Field(power / power.mean(), torch.zeros((), dtype=torch.float64))


@pytest.mark.parametrize("area", [4, 16, 64, 256])
@pytest.mark.parametrize("contrast", [0.5, 2.0])
def test_a_m09_pooled_evidence(area: int, contrast: float) -> None:
    # d' = a sqrt(A) / sigma: the distance of two means in units of their spread, for
    # an observer who sums the pixels of the disc.
    sigma, n = 3.0, 40_000
    generator = torch.Generator().manual_seed(area)
    inside = disc(area).flatten().double()
    pixels = int(inside.sum())
    assert pixels == area
    noise = sigma * torch.randn(n, area, generator=generator, dtype=torch.float64)
    absent, present = noise[: n // 2].sum(1), (noise[n // 2 :] + contrast).sum(1)
    spread = math.sqrt((absent.var() + present.var()) / 2)
    measured = (present.mean() - absent.mean()).item() / spread
    # Standard error of d': two means of n / 2, and the spread's own.
    error = math.sqrt(4 / n + measured**2 / (2 * n))
    assert measured == pytest.approx(contrast * math.sqrt(area) / sigma, abs=4 * error)


@pytest.mark.parametrize(
    ("sigma", "cycles"), list(zip(LEVELS, (47.2, 23.6, 11.8, 4.7), strict=True))
)
def test_a_m10_half_gain_frequency(sigma: float, cycles: float) -> None:
    # Along a row S = c / f^2 goes through sigma^2 between two whole frequencies; 1 / G
    # is linear in f^2, so it is found without knowing c.
    gain = field().gain(level(sigma))[0, 1 : SIDE // 2]
    squares = torch.arange(1, SIDE // 2, dtype=torch.float64) ** 2
    after = int((gain < 0.5).nonzero()[0])
    low, high = 1 / gain[after - 1], 1 / gain[after]
    part = (2 - low) / (high - low)
    crossing = squares[after - 1] + part * (squares[after] - squares[after - 1])
    assert crossing.sqrt().item() == pytest.approx(cycles, abs=0.051)
    assert crossing.sqrt().item() * sigma == pytest.approx(23.6, abs=0.005)


@pytest.mark.parametrize(
    ("sigma", "modes"), list(zip(LEVELS, (8367, 4060, 1587, 380), strict=True))
)
def test_a_m10_number_of_passed_modes(sigma: float, modes: int) -> None:
    assert round(field().gain(level(sigma)).sum().item()) == modes


@pytest.mark.parametrize("sigma", LEVELS)
def test_a_m10_gain_is_the_regression_on_noisy_coefficients(sigma: float) -> None:
    # The denoiser's gain, found by least squares from samples, wave by wave.
    exact = field()
    generator = torch.Generator().manual_seed(7)
    x0 = exact.sample(200, generator)
    noise = torch.randn(x0.shape, generator=generator, dtype=torch.float64)
    clean, noisy = exact.rotate(x0), exact.rotate(x0 + sigma * noise)
    ring = frequencies(SIDE, SIDE).round() == 12
    fitted = (clean * noisy)[:, ring].sum() / noisy[:, ring].square().sum()
    wanted = exact.gain(level(sigma))[ring].mean()
    assert fitted.item() == pytest.approx(wanted.item(), rel=0.03)


def test_nats_are_passed_modes_integrated_over_levels() -> None:
    # d/d(ln sigma) of ln(1 + S / sigma^2) / 2 is -G: the chapter's budget of nats.
    exact = field()
    power = exact.power[exact.power > 0]
    floor, step = 0.05, 1e-4
    rate = (
        0.5 * torch.log1p(power / (floor * math.exp(step)) ** 2).sum()
        - 0.5 * torch.log1p(power / (floor * math.exp(-step)) ** 2).sum()
    ) / (2 * step)
    passed = exact.gain(level(floor)).sum()
    assert -rate.item() == pytest.approx(passed.item(), rel=1e-6)


@pytest.mark.parametrize("sigma", [0.1, 0.4, 2.0])
@pytest.mark.parametrize("code", [1, 8])
def test_a_c17_the_diffusion_loss_contains_the_classical_one(
    sigma: float, code: int
) -> None:
    # A diffusion model with one level, no level input and the weight that turns a mean
    # over coordinates into their sum is a denoising autoencoder: same loss, same
    # gradient. The noise is the same because both draw it from generators alike.
    dim, n = 3, 64
    torch.manual_seed(code)
    net = autoencoders.Autoencoder(
        perceptron([dim, 16, code]), perceptron([code, 16, dim])
    ).double()
    x0 = torch.randn(n, dim, dtype=torch.float64)

    class Untold(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = net

        def forward(self, x: Tensor, sigma: Tensor) -> Tensor:
            assert sigma.shape == (len(x),)
            return self.body(x)

    def coordinates(sigma: Tensor) -> Tensor:
        return torch.full_like(sigma, float(dim))

    def only(n: int, _: torch.Generator) -> Tensor:
        return torch.full((n,), sigma, dtype=torch.float64)

    old = autoencoders.Denoising(autoencoders.Gaussian(sigma))
    found = []
    for loss, model in ((old, net), (Objective(only, coordinates), Untold())):
        values = loss(model, (x0,), torch.Generator().manual_seed(7))
        slopes = torch.autograd.grad(values.mean(), list(net.parameters()))
        found.append((values.detach(), slopes))
    (classical, classical_slopes), (diffusion, diffusion_slopes) = found
    assert classical.shape == (n,)
    torch.testing.assert_close(diffusion, classical, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(
        diffusion_slopes, classical_slopes, rtol=1e-10, atol=1e-12
    )
    # Written out by hand, so that the two are not wrong together.
    noise = seeded(torch.Generator().manual_seed(7))(x0)
    by_hand = (net(x0 + sigma * noise) - x0).square().sum(1).detach()
    torch.testing.assert_close(classical, by_hand, rtol=1e-12, atol=1e-12)
    # And not with another weight.
    other = Objective(only, torch.ones_like)
    short = other(Untold(), (x0,), torch.Generator().manual_seed(7)).detach()
    torch.testing.assert_close(dim * short, classical, rtol=1e-12, atol=1e-12)


def test_a_c18_input_and_parameter_gradients_differ() -> None:
    # One log-density, three gradients: by the point, by the mean, by the covariance.
    covariance = torch.tensor([[1.0, 0.6], [0.6, 0.8]], dtype=torch.float64)
    mean = torch.tensor([0.5, -1.0], dtype=torch.float64)
    x = torch.tensor([1.7, 0.4], dtype=torch.float64)

    def log_p(x: Tensor, mean: Tensor, covariance: Tensor) -> Tensor:
        return Gaussian(mean, covariance).log_density(x[None], level(0.0))[0]

    inverse = torch.linalg.inv(covariance)
    apart = inverse @ (x - mean)
    arguments = {"x": x, "mean": mean, "covariance": covariance}
    formulas = {
        "x": -apart,
        "mean": apart,
        "covariance": (torch.outer(apart, apart) - inverse) / 2,
    }
    before, step = log_p(**arguments), 1e-5
    for name, wanted in formulas.items():
        differences = torch.zeros_like(wanted)
        for place in torch.cartesian_prod(*map(torch.arange, wanted.shape)):
            where = tuple(place.reshape(-1).tolist())
            nudge = torch.zeros_like(wanted)
            nudge[where] = step
            nudge = (nudge + nudge.T) / 2 if nudge.ndim == 2 else nudge
            up, down = (
                log_p(**(arguments | {name: arguments[name] + sign * nudge}))
                for sign in (1, -1)
            )
            differences[where] = (up - down) / (2 * step)
        torch.testing.assert_close(differences, wanted, rtol=1e-6, atol=1e-8)
        # A step along any of them raises log p by its squared length, to first order.
        after = log_p(**(arguments | {name: arguments[name] + 1e-4 * wanted}))
        rise = (after - before) / 1e-4
        assert rise.item() == pytest.approx(wanted.square().sum().item(), rel=1e-3)
    assert torch.equal(formulas["x"], -formulas["mean"])


def test_most_waves_lie_above_half_the_nyquist_frequency() -> None:
    # 1 - pi / 16: what white noise spends there too, so a fraction of nats near it says
    # nothing about attention to detail.
    upper = frequencies(SIDE, SIDE) > SIDE / 4
    assert upper.double().mean().item() == pytest.approx(1 - math.pi / 16, abs=1e-3)
    white = 0.5 * torch.log1p(torch.ones(SIDE, SIDE, dtype=torch.float64) / 0.01)
    assert (white[upper].sum() / white.sum()).item() == pytest.approx(
        upper.double().mean().item(), rel=1e-12
    )
