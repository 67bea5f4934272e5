"""Chains that generate: walkback and GSN."""

import math
from itertools import islice

import pytest
import torch
from torch import Tensor, nn

from gendiff.families import autoencoders, gsn, walkback
from gendiff.noise import seeded

MEANS, STDS, SHARES = (
    torch.tensor([-1.0, 1.5]),
    torch.tensor([0.5, 0.2]),
    torch.tensor([0.3, 0.7]),
)
SIGMA = 1.0


def responsibilities(x: Tensor, sigma: float, /) -> Tensor:
    variance = STDS**2 + sigma**2
    log = SHARES.log() - 0.5 * variance.log() - (x - MEANS) ** 2 / (2 * variance)
    return log.softmax(1)


def posterior(x: Tensor, generator: torch.Generator, /) -> Tensor:
    """Draw from `P(x0 | x)` of the mixture, exactly."""
    variance = STDS**2 + SIGMA**2
    pick = torch.multinomial(responsibilities(x, SIGMA), 1, generator=generator)[:, 0]
    mean = MEANS + STDS**2 / variance * (x - MEANS)
    std = (STDS**2 * SIGMA**2 / variance).sqrt()
    return mean.gather(1, pick[:, None]) + std[pick][:, None] * seeded(generator)(x)


def posterior_mean(x: Tensor, sigma: Tensor, /) -> Tensor:
    s = float(sigma.reshape(-1)[0])
    mean = MEANS + STDS**2 / (STDS**2 + s**2) * (x - MEANS)
    return (responsibilities(x, s) * mean).sum(1, keepdim=True)


def distance(x: Tensor, /) -> float:
    """Kolmogorov-Smirnov distance from the mixture."""
    x = x.flatten().sort().values
    normal = 0.5 * (1 + torch.erf((x[:, None] - MEANS) / STDS / math.sqrt(2)))
    exact = (SHARES * normal).sum(1)
    steps = torch.arange(1, len(x) + 1) / len(x)
    return float(torch.maximum(steps - exact, exact - steps + 1 / len(x)).max())


def data(n: int, generator: torch.Generator, /) -> Tensor:
    pick = torch.multinomial(SHARES, n, replacement=True, generator=generator)
    return (MEANS[pick] + STDS[pick] * torch.randn(n, generator=generator))[:, None]


def test_with_the_exact_posterior_the_chain_tends_to_the_data() -> None:
    generator = torch.Generator().manual_seed(0)
    start = torch.full((10_000, 1), 4.0)
    states = walkback.chain(autoencoders.Gaussian(SIGMA), posterior, start, generator)
    film = list(islice(states, 40))
    assert distance(film[0]) > 0.2
    assert distance(film[-1]) < 1.63 / 100  # the 1 % critical value for 10 000 points


def test_with_the_mean_alone_the_chain_contracts() -> None:
    generator = torch.Generator().manual_seed(0)
    mean = walkback.Around(posterior_mean, SIGMA, std=0.0)
    states = walkback.chain(
        autoencoders.Gaussian(SIGMA), mean, data(10_000, generator), generator
    )
    assert distance(next(islice(states, 40, None))) > 0.1


def test_a_gaussian_around_the_mean_is_good_at_low_noise() -> None:
    generator = torch.Generator().manual_seed(0)
    sigma = 0.1
    x0 = data(20_000, generator)
    std = walkback.residual(posterior_mean, x0, generator, sigma=sigma)
    assert 0 < std < sigma
    around = walkback.Around(posterior_mean, sigma, std)
    states = walkback.chain(autoencoders.Gaussian(sigma), around, x0, generator)
    assert distance(next(islice(states, 20, None))) < 0.03


class Recorder(nn.Module):
    """Estimate 0, and keep what it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Tensor] = []

    def forward(self, x: Tensor, sigma: Tensor, /) -> Tensor:
        self.asked.append(x)
        assert sigma.shape == (len(x),)
        return 0 * x


def test_walks_are_geometric_and_lead_away_from_the_data() -> None:
    model = Recorder()
    x0 = torch.full((20_000, 1), 50.0)
    loss = walkback.Walkback(sigma=1.0, std=2.0, proceed=0.5, most=3)
    error = loss(model, (x0,), torch.Generator().manual_seed(0))
    torch.testing.assert_close(error, torch.full((20_000,), 2500.0))
    end = model.asked[-1]
    stayed = end > 25  # nothing else brings a state back up to 50
    assert float(stayed.float().mean()) == pytest.approx(0.5, abs=0.02)
    assert float(end[~stayed].std()) == pytest.approx(math.sqrt(5), rel=0.03)
    assert len(model.asked) == 4  # three steps at most, and the question
    plain = walkback.Walkback(sigma=1.0, std=2.0, proceed=0.0)
    model = Recorder()
    plain(model, (x0,), torch.Generator().manual_seed(0))
    assert len(model.asked) == 1


def test_a_gsn_learns_to_keep_the_data_distribution() -> None:
    torch.manual_seed(0)
    generator = torch.Generator().manual_seed(0)
    model = gsn.GSN(1, 16)
    x = data(4000, generator)
    fresh = model.generate(x, seeded(generator), steps=30)
    optimiser = torch.optim.Adam(model.parameters(), 1e-2)
    for _ in range(200):
        batch = (data(256, generator),)
        loss = gsn.negative_log_likelihood(model, batch, generator).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert all(p.grad.any() for p in model.parameters())
    drawn = model.generate(x, seeded(generator), steps=30)
    assert distance(drawn) < 0.2
    assert distance(fresh) > 0.4
    assert 0.05 < float((drawn < 0.25).float().mean()) < 0.5


def test_a_gsn_walk_goes_through_its_own_states() -> None:
    """The first mean depends on the start alone, the likelihood on all of them."""
    torch.manual_seed(0)
    model = gsn.GSN(2, 8, walk=2).double()
    x = torch.randn(5, 2).double()
    noise = seeded(torch.Generator().manual_seed(3))
    first, second = islice(model.means(x, noise), 2)
    distribution = [
        torch.distributions.Normal(m, model.log_std.exp()) for m in (first, second)
    ]
    expected = sum(p.log_prob(x).sum(1) for p in distribution) / 2
    again = seeded(torch.Generator().manual_seed(3))
    torch.testing.assert_close(model(x, again), expected)
