"""What the pages on guidance and on guidance by a classifier say by algebra alone."""

import math

import numpy as np
import pytest
import torch
from scipy import integrate

from gendiff.clocks import COSINE
from gendiff.data import dropped, shuffled
from gendiff.exact import Isotropic
from gendiff.grids import from_betas
from gendiff.guidance import Contrast, Given
from gendiff.levels import uniform
from gendiff.nets import MLP
from gendiff.precondition import Preconditioned
from gendiff.record import Counted, last
from gendiff.sampling import sample

EDGES = np.geomspace(2.0**-6, 2.0**6, 49)  # a quarter of an octave each


def per_octave(levels: np.ndarray) -> np.ndarray:
    """Return the fraction of training steps on each quarter of an octave."""
    return np.histogram(levels, EDGES)[0] / len(levels)


def test_likelihood_weighs_octaves_alike() -> None:
    # Nats that noise hides, by their definition and by the error in units of the noise,
    # summed evenly over ln sigma: data N(0, s^2).
    s, low, high = 1.3, 0.05, 20.0
    nats = 0.5 * math.log((1 + (s / low) ** 2) / (1 + (s / high) ** 2))

    def error(octave: float) -> float:
        sigma = math.exp(octave)
        z = np.random.default_rng(0).normal(size=(2, 200))  # antithetic, standardised
        z = np.concatenate([z, -z], axis=1)
        z = np.linalg.solve(np.linalg.cholesky(np.cov(z, bias=True)), z)
        x0, eps = s * z[0], z[1]
        x = x0 + sigma * eps
        guess = (x - s**2 / (s**2 + sigma**2) * x) / sigma
        return float(((eps - guess) ** 2).mean())

    found = integrate.quad(error, math.log(low), math.log(high))[0]
    assert found == pytest.approx(nats, rel=1e-9)


def test_g_c25_the_usual_loss_plays_down_low_noise() -> None:
    # Nichol and Dhariwal's cosine, from its definition: kept signal cos^2(pi t / 2).
    times = (np.arange(1_000_000) + 0.5) / 1_000_000
    kept = np.cos(math.pi / 2 * times) ** 2
    cosine = per_octave(np.sqrt((1 - kept) / kept))
    middle = np.sqrt(EDGES[1:] * EDGES[:-1])
    formula = 2 * middle / (1 + middle**2)
    assert cosine / cosine.max() == pytest.approx(formula / formula.max(), rel=0.01)
    even = uniform(COSINE, 0.0, 1e9)
    weight = (even.pdf(torch.tensor(middle)) * torch.tensor(middle)).numpy()
    assert weight == pytest.approx(formula / math.pi, rel=1e-6)

    # DDPM's linear rates of noise, a thousand steps cut into a million.
    ends = np.linspace(1e-4, 0.02, 1000) / 1000
    betas = np.repeat(ends, 1000)  # so fine that octaves can be counted
    linear = per_octave(np.array(from_betas(betas.tolist())[:-1]))
    low = linear[4] / linear[0]
    assert 2.0 < low < 4.0  # from sigma^2, while the rate of noise is even, to sigma
    assert linear[0] < linear[middle < 1].max() / 20
    assert (np.diff(linear[middle < 1]) > 0).all()  # less noise, less weight

    # High noise is played down as much by the one, and hardly by the other.
    assert cosine[-1] == pytest.approx(cosine[0], rel=0.01)
    assert linear[-1] > linear.max() / 3


@pytest.fixture
def net() -> Preconditioned:
    torch.manual_seed(0)
    return Preconditioned(MLP(2, 8, 1, classes=3), data_std=1.0).double()


@pytest.mark.parametrize("scale", [0.5, 3.0])
def test_e33_a_guided_step_asks_twice(net: Preconditioned, scale: float) -> None:
    distribution = Isotropic(torch.zeros(2).double(), 1.0)
    noise = torch.randn(4, 2, dtype=torch.float64)
    told, untold = Counted(Given(net, torch.zeros(4).long())), Counted(Given(net))
    last(
        sample(
            Contrast(told, untold, scale), noise, gaussian=distribution, evaluations=6
        )
    )
    alone = Counted(Given(net, torch.zeros(4).long()))
    last(sample(alone, noise, gaussian=distribution, evaluations=6))
    assert (told.nfe, untold.nfe, alone.nfe) == (6, 6, 6)


def test_e33_dropping_adds_one_row_and_no_step(net: Preconditioned) -> None:
    unlabelled = MLP(2, 8, 1)
    weights = [sum(w.numel() for w in n.parameters()) for n in (net, unlabelled)]
    assert weights[0] - weights[1] == (3 + 1) * 8  # three classes and one unknown

    x, y = torch.arange(40.0)[:, None], torch.arange(40) % 3
    plain = shuffled(x, y, size=8)
    images, labels = plain(torch.Generator().manual_seed(1))
    less = dropped(plain, rate=0.5, unknown=3)
    same, known = less(torch.Generator().manual_seed(1))
    assert torch.equal(same, images)
    assert torch.equal(known[known < 3], labels[known < 3])
    assert (known == 3).any()
