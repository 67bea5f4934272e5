"""Objectives: the weights against numbers that the library did not produce."""

import math
from functools import partial

import pytest
import torch
from scipy import integrate
from torch import Tensor, nn

from gendiff import clocks, levels, objectives
from gendiff.clocks import LOG
from gendiff.frames import ANGLE, DATA, FLOW, NOISE, Frame, angle
from gendiff.objectives import Objective, Weight
from gendiff.precondition import Preconditioned

SIGMA = torch.tensor([0.01, 0.3, 1.0, 4.0, 90.0], dtype=torch.float64)
STD = 0.5


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def wiener(x: Tensor, sigma: Tensor, std: float = STD) -> Tensor:
    """Return the posterior mean of white Gaussian data."""
    return x * (std**2 / (std**2 + sigma.reshape(-1, 1) ** 2))


@pytest.mark.parametrize(
    ("weight", "frame"),
    [
        (objectives.clean_weight, DATA),
        (objectives.noise_weight, NOISE),
        (objectives.edm_weight(1.0), ANGLE),
        (objectives.edm_weight(0.3), angle(0.3)),
        (objectives.target_weight(FLOW), FLOW),
    ],
)
def test_a_weight_is_the_plain_error_of_a_target(weight: Weight, frame: Frame) -> None:
    """Perturb the clean signal, convert to targets by their definition, compare."""
    x0, eps = torch.randn(2, 5, dtype=torch.float64, generator=generator())
    x = x0 + SIGMA * eps
    wrong = x0 + 0.1 * torch.randn(5, dtype=torch.float64, generator=generator(1))
    a, b = frame.target(SIGMA)
    target, guess = (a * clean + b * (x - clean) / SIGMA for clean in (x0, wrong))
    torch.testing.assert_close(
        (guess - target) ** 2, weight(SIGMA) * (wrong - x0) ** 2, rtol=1e-9, atol=0
    )


@pytest.mark.parametrize("frame", [NOISE, DATA, FLOW, ANGLE])
def test_the_target_weight_is_that_of_a_network_of_such_data(frame: Frame) -> None:
    """A change of its network's output, through `Preconditioned`, and weighted."""

    class Off(nn.Module):
        def forward(self, x: Tensor, _: Tensor) -> Tensor:
            return torch.full_like(x, 0.3)

    class Right(nn.Module):
        def forward(self, x: Tensor, _: Tensor) -> Tensor:
            return torch.zeros_like(x)

    x = torch.randn(5, 4, dtype=torch.float64, generator=generator())
    sigma = torch.tensor([0.01, 0.2, 1.0, 4.0, 30.0], dtype=torch.float64)
    one, other = (
        Preconditioned(net, data_std=STD, frame=frame)(x, sigma)
        for net in (Off(), Right())
    )
    error = (one - other).square().mean(1)
    weight = objectives.target_weight(frame, data_std=STD)
    expected = torch.full_like(sigma, 0.09)
    torch.testing.assert_close(weight(sigma) * error, expected, rtol=1e-6, atol=0)


@pytest.mark.parametrize("wrong", [0.0, -1.0, math.inf, math.nan])
def test_a_target_weight_needs_a_deviation(wrong: float) -> None:
    with pytest.raises(ValueError, match="give the data's"):
        objectives.target_weight(FLOW, data_std=wrong)


def test_weights_at_known_places() -> None:
    two = torch.tensor([2.0], dtype=torch.float64)
    assert float(objectives.noise_weight(two)) == 0.25
    assert float(objectives.clean_weight(two)) == 1
    assert float(objectives.edm_weight(0.5)(two)) == pytest.approx((4 + 0.25) / 1)
    # Flow: eps - x0, so an error e in x0 is an error e (1 + 1/2) in the target.
    assert float(objectives.target_weight(FLOW)(two)) == pytest.approx(2.25)
    density = levels.uniform(LOG, 1.0, math.e)  # pdf 1/sigma
    assert float(objectives.likelihood_weight(density)(two)) == pytest.approx(0.25)


def test_edm_weight_levels_the_loss_of_a_fresh_network() -> None:
    """A network of zeros in the angle frame is the Wiener filter: loss 1 everywhere."""
    for sigma in (0.05, 0.5, 20.0):
        objective = Objective(levels.among([sigma]), objectives.edm_weight(STD))
        x0 = STD * torch.randn(400, 200, generator=generator(2))
        losses = objective(partial(wiener), (x0,), generator())
        assert float(losses.mean()) == pytest.approx(1, abs=0.02)


DENSITIES = {
    "log": levels.uniform(LOG, 0.02, 30.0),
    "flow": levels.uniform(clocks.FLOW_TIME.scaled(0.5), 0.02, 30.0),
    "angle": levels.uniform(clocks.COSINE.scaled(0.5), 0.02, 30.0),
}


@pytest.mark.parametrize("density", DENSITIES.values(), ids=DENSITIES.keys())
def test_likelihood_weight_gives_nats_for_every_density(
    density: levels.Density,
) -> None:
    """For a Gaussian the bound's integral is a difference of entropies (I-MMSE).

    `int mmse / sigma^3 dsigma` from low to high, in nats a dimension, is
    `1/2 log((1 + (std/low)^2) / (1 + (std/high)^2))`: what is learnt about the data by
    seeing it at `low` instead of at `high`.
    """
    known = 0.5 * math.log((1 + (STD / 0.02) ** 2) / (1 + (STD / 30) ** 2))
    objective = Objective(
        levels.stratified(density), objectives.likelihood_weight(density)
    )
    x0 = STD * torch.randn(4000, 50, generator=generator(3))
    losses = objective(partial(wiener), (x0,), generator(4))
    error = float(losses.std()) / len(losses) ** 0.5
    assert error < 0.05 * known
    assert float(losses.mean()) == pytest.approx(known, abs=max(4 * error, 0.01))


def test_likelihood_weight_against_quadrature_for_a_bimodal_distribution() -> None:
    """Two points at +-1: the integral over all levels is their entropy, log 2."""

    def mmse(sigma: float) -> float:
        def integrand(z: float) -> float:
            bell = math.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)
            return bell * math.tanh((1 + sigma * z) / sigma**2)

        return 1 - integrate.quad(integrand, -10, 10)[0]

    density = levels.log_normal(-0.5, 1.2)
    weight = objectives.likelihood_weight(density)

    def effective(log_sigma: float) -> float:
        sigma = torch.tensor([math.exp(log_sigma)], dtype=torch.float64)
        share = float(weight(sigma) * density.pdf(sigma))
        return share * mmse(float(sigma)) * float(sigma)

    total, _ = integrate.quad(effective, math.log(0.1), math.log(100), epsabs=1e-5)
    assert total == pytest.approx(math.log(2), abs=1e-3)


def test_likelihood_on_log_uniform_levels_is_ddpm() -> None:
    density = levels.uniform(LOG, 0.01, 100.0)
    torch.testing.assert_close(
        objectives.likelihood_weight(density)(SIGMA),
        math.log(1e4) * objectives.noise_weight(SIGMA),
    )


def test_the_loss_is_a_mean_over_dimensions_of_one_call() -> None:
    calls: list[tuple[torch.Size, torch.dtype, Tensor]] = []

    def model(x: Tensor, sigma: Tensor, label: Tensor) -> Tensor:
        calls.append((sigma.shape, sigma.dtype, label))
        return torch.zeros_like(x)

    objective = Objective(levels.uniform(LOG, 0.1, 1.0), objectives.clean_weight)
    x0, label = torch.full((4, 3, 2, 2), 2.0), torch.arange(4)
    losses = objective(model, (x0, label), generator())
    torch.testing.assert_close(losses, torch.full((4,), 4.0))
    assert len(calls) == 1
    assert calls[0][:2] == ((4,), torch.float32)
    assert calls[0][2] is label


def test_noise_has_the_level_that_the_model_is_told() -> None:
    seen: dict[str, Tensor] = {}

    def model(x: Tensor, sigma: Tensor) -> Tensor:
        seen.update(x=x, sigma=sigma)
        return torch.zeros_like(x)

    objective = Objective(levels.among([0.1, 3.0]), objectives.clean_weight)
    objective(model, (torch.zeros(64, 2000),), generator())
    torch.testing.assert_close(seen["x"].std(1), seen["sigma"], rtol=0.08, atol=0)


def test_the_loss_is_a_function_of_the_generator() -> None:
    objective = Objective(levels.log_normal(0.0, 1.0), objectives.noise_weight)
    batch = (torch.randn(8, 2, generator=generator()),)
    net = nn.Identity()
    wrapped = lambda x, sigma: net(x)  # noqa: E731
    first, again, other = (objective(wrapped, batch, generator(s)) for s in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_a_data_std_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match="data_std is 0"):
        objectives.edm_weight(0.0)
