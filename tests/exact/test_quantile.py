"""The flow by quantiles against scipy's roots, against solvers, and back again."""

import numpy as np
import pytest
import torch
from other_line import OTHER
from scipy import optimize, stats
from torch import Tensor

from gendiff.data import two_bumps
from gendiff.derivatives import pushed
from gendiff.exact import Gaussian, GaussianMixture, QuantileFlow
from gendiff.record import last
from gendiff.solvers import unipc
from gendiff.types import level

MIXTURES = [two_bumps(), OTHER]


def column(*x: float) -> Tensor:
    return torch.tensor(x, dtype=torch.float64)[:, None]


@pytest.mark.parametrize(
    ("to", "ends"),
    [
        (0.0, [-2.576598, 0.650295, 1.612226]),
        (0.3, [-2.626346, 0.579138, 1.737219]),
    ],
)
def test_pinned(to: float, ends: list[float]) -> None:
    got = QuantileFlow(two_bumps())(column(-3, 0.2, 2.5), level(1.0), level(to))
    np.testing.assert_allclose(got[:, 0], ends, atol=1e-6)


def below(mixture: GaussianMixture, x: float, sigma: float) -> float:
    stds = np.sqrt(mixture.covariances[:, 0, 0].numpy() + sigma**2)
    return float(
        mixture.weights.numpy() @ stats.norm(mixture.means[:, 0].numpy(), stds).cdf(x)
    )


@pytest.mark.parametrize("mixture", MIXTURES)
@pytest.mark.parametrize("levels", [(2.0, 0.1), (0.1, 2.0), (80.0, 0.0), (0.5, 0.5)])
def test_quantiles_are_kept(
    mixture: GaussianMixture, levels: tuple[float, float]
) -> None:
    sigma, to = levels
    x = max(1.0, sigma) * torch.linspace(-3, 3, 11, dtype=torch.float64)[:, None]
    flow = QuantileFlow(mixture)
    for start, end in zip(x, flow(x, level(sigma), level(to)), strict=True):
        mass = below(mixture, float(start), sigma)
        root = optimize.brentq(
            lambda y, mass=mass: below(mixture, y, to) - mass, -500, 500, xtol=1e-13
        )
        assert float(end) == pytest.approx(root, abs=1e-9)
    cdf = [below(mixture, float(start), sigma) for start in x]
    np.testing.assert_allclose(flow.cdf(x, level(sigma)), cdf, atol=1e-14)


@pytest.mark.parametrize("mixture", MIXTURES)
def test_it_is_where_solvers_converge(mixture: GaussianMixture) -> None:
    x = column(-60, -9, 0.3, 14, 70)
    grid = np.geomspace(20.0, 0.05, 400).tolist()
    exact = QuantileFlow(mixture)(x, level(20.0), level(0.05))
    torch.testing.assert_close(
        last(unipc(mixture, x, grid, order=3)), exact, rtol=0, atol=1e-5
    )


def test_one_component_is_the_gaussian() -> None:
    unit = torch.ones(1, 1, dtype=torch.float64)
    one = GaussianMixture.isotropic(unit[0], unit, 0.3)
    exact = Gaussian(one.means[0], one.covariances[0])
    x = column(-300, -2, 1, 4, 1e4)
    got = QuantileFlow(one)(x, level(3.0), level(0.1))
    torch.testing.assert_close(got, exact.flow(x, 3.0, 0.1), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("mixture", MIXTURES)
def test_there_and_back_far_out_in_the_tails(mixture: GaussianMixture) -> None:
    flow, x = QuantileFlow(mixture), column(-4e3, -200, -3, 0, 0.5, 3, 200, 4e3)
    there = flow(x, level(40.0), level(0.0))
    assert (there.diff(dim=0) > 0).all()
    torch.testing.assert_close(flow(there, level(0.0), level(40.0)), x)


@pytest.mark.parametrize("mixture", MIXTURES)
def test_derivatives_are_those_of_the_root(mixture: GaussianMixture) -> None:
    flow, h = QuantileFlow(mixture), 1e-5
    x, sigma, to = column(-3, 0.2, 2.5), level(1.0), level(0.3)
    arguments = x, sigma, to
    for place in range(3):
        up, down = (
            [a + s * h * (i == place) for i, a in enumerate(arguments)] for s in (1, -1)
        )
        slope = (flow(*up) - flow(*down)) / (2 * h)
        along = tuple(
            torch.ones_like(a) * (i == place) for i, a in enumerate(arguments)
        )
        _, got = pushed(flow, arguments, along)
        torch.testing.assert_close(got, slope, rtol=1e-7, atol=1e-8)
    leaf = x.requires_grad_()
    (back,) = torch.autograd.grad(flow(leaf, sigma, to).sum(), leaf)
    change = mixture.log_density(x, sigma) - mixture.log_density(flow(x, sigma, to), to)
    torch.testing.assert_close(back[:, 0], change.exp())


def test_levels_may_differ_from_sample_to_sample_and_dtype_is_kept() -> None:
    flow, x = QuantileFlow(OTHER), column(-3, 0.2, 2.5)
    sigma, to = torch.tensor([1.0, 2.0, 3.0]), torch.tensor([0.5, 0.0, 7.0])
    each = flow(x, sigma, to)
    for i in range(3):
        one = flow(x[i : i + 1], sigma[i], to[i])
        torch.testing.assert_close(each[i : i + 1], one)
    single = flow(x.float(), sigma, to)
    assert single.dtype == torch.float32
    torch.testing.assert_close(single.double(), each, rtol=1e-6, atol=1e-6)
    assert flow(x[:0], level(1.0), level(0.5)).shape == (0, 1)


def test_what_it_cannot_take_is_named() -> None:
    plane = GaussianMixture.isotropic(torch.ones(1), torch.zeros(1, 2), 1.0)
    with pytest.raises(ValueError, match="not in 2"):
        QuantileFlow(plane)
