"""The coordinates in which a Gaussian stands still, and what moves the others there."""

import math

import pytest
import torch
from torch import Tensor

from gendiff.exact import Diagonal, Field, Gaussian, Isotropic
from gendiff.record import last
from gendiff.solvers import unipc
from gendiff.testing import SMOOTH
from gendiff.types import level

MEAN = torch.tensor([0.3, -1.0], dtype=torch.float64)
COVARIANCE = torch.tensor([[0.5, 0.3], [0.3, 0.4]], dtype=torch.float64)
KNOWN: dict[str, Diagonal] = {
    "isotropic": Isotropic(MEAN, 0.7),
    "gaussian": Gaussian(MEAN, COVARIANCE),
    "field": Field(torch.tensor([1.5, 0.2]).double(), MEAN),
}
EVERY = pytest.mark.parametrize("gaussian", KNOWN.values(), ids=KNOWN)


def points(n: int = 6) -> Tensor:
    return torch.randn(n, 2, generator=torch.Generator().manual_seed(5)).double()


@EVERY
@pytest.mark.parametrize("sigma", [0.0, 0.3, 40.0])
def test_unwhiten_undoes_whiten_and_writes_into_nothing(
    gaussian: Diagonal, sigma: float
) -> None:
    x = points()
    z = gaussian.whiten(x, sigma)
    kept = z.clone()
    torch.testing.assert_close(gaussian.unwhiten(z, sigma), x)
    gaussian.residual(x, z, sigma)
    assert torch.equal(z, kept)
    assert torch.equal(x, points())


def test_noisy_data_are_white_there() -> None:
    """For a covariance written out: the transform's rows times `C + sigma^2` is 1."""
    gaussian, sigma = KNOWN["gaussian"], 0.6
    rows = gaussian.whiten(torch.eye(2).double() + MEAN, sigma)  # images of the axes
    total = COVARIANCE + sigma**2 * torch.eye(2)
    torch.testing.assert_close(rows.T @ total @ rows, torch.eye(2).double())
    assert not gaussian.whiten(MEAN[None], sigma).any()


@EVERY
def test_the_density_is_that_of_white_noise_and_a_volume(gaussian: Diagonal) -> None:
    z = gaussian.whiten(points(), 0.6)
    volume = (gaussian.variances.expand(2) + 0.36).log().sum() / 2
    white = -(z**2).sum(1) / 2 - math.log(math.tau) - volume
    torch.testing.assert_close(gaussian.log_density(points(), level(0.6)), white)
    torch.testing.assert_close(gaussian.log_density_of_white(z, 0.6), white)


@EVERY
def test_residual_is_the_difference_of_two_denoisers(gaussian: Diagonal) -> None:
    sigma = 0.6
    x = points()
    z = gaussian.whiten(x, sigma)
    r = gaussian.residual(SMOOTH(x, level(sigma)), z, sigma)
    apart = SMOOTH(x, level(sigma)) - gaussian(x, level(sigma))
    expected = gaussian.whiten(apart + gaussian.mean, sigma)
    torch.testing.assert_close(r, expected, rtol=1e-12, atol=1e-12)
    own = gaussian.residual(gaussian(x, level(sigma)), z, sigma)
    torch.testing.assert_close(own, torch.zeros_like(own), rtol=0, atol=1e-15)


@EVERY
def test_a_rounded_prediction_is_rounded_no_further(gaussian: Diagonal) -> None:
    x = points().float()
    z = gaussian.whiten(x, 0.6)
    rounded = SMOOTH(x, level(0.6)).bfloat16()
    r = gaussian.residual(rounded, z, 0.6)
    assert torch.equal(r, gaussian.residual(rounded.float(), z, 0.6))


@EVERY
def test_residual_is_the_speed_of_the_flow(gaussian: Diagonal) -> None:
    """`dz / dlog sigma = -r`, by differences along the flow of another distribution."""
    sigma, h = 0.6, 1e-3
    x = points()
    z = gaussian.whiten(x, sigma)
    r = gaussian.residual(SMOOTH(x, level(sigma)), z, sigma)

    def carried(ratio: float) -> Tensor:
        # Backwards from here, in small steps, to sigma exp(-h) and sigma exp(-2 h).
        grid = [sigma * math.exp(ratio * i / 8) for i in range(9)]
        return gaussian.whiten(last(unipc(SMOOTH, x, grid, order=3)), grid[-1])

    slope = (3 * z - 4 * carried(-h) + carried(-2 * h)) / (2 * h)
    torch.testing.assert_close(slope, -r, rtol=0, atol=1e-5)
    speed = gaussian.velocity(SMOOTH(x, level(sigma)), z, sigma)
    torch.testing.assert_close(sigma * speed, -r)
