"""The exact velocity between mixtures against the continuity equation and samples."""

import pytest
import torch
from other_line import OTHER
from torch import Tensor

from gendiff.data import two_bumps
from gendiff.exact import GaussianMixture
from gendiff.exact.interpolated import Interpolated
from gendiff.interpolants import LINEAR, Interpolant, bridge
from gendiff.testing import SMOOTH
from gendiff.types import level

TURNING = Interpolant(
    lambda t: (torch.pi * t / 2).cos(),
    lambda t: (torch.pi * t / 2).sin(),
    lambda t: 0.3 * (torch.pi * t).sin() ** 2,
)
PLANE = GaussianMixture(
    torch.tensor([0.6, 0.4], dtype=torch.float64),
    torch.tensor([[0.0, 2.0], [-1.0, -1.0]], dtype=torch.float64),
    torch.tensor([[[0.5, 0.2], [0.2, 0.3]], [[0.2, 0.0], [0.0, 0.6]]]).double(),
)
PAIRS = {"line": (two_bumps(), OTHER), "plane": (SMOOTH, PLANE)}
PATHS = {"linear": LINEAR, "bridge": bridge(0.8), "turning": TURNING}


def points(d: int, n: int = 12) -> Tensor:
    generator = torch.Generator().manual_seed(d)
    return 1.5 * torch.randn(n, d, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("name", PATHS)
@pytest.mark.parametrize("time", [0.2, 0.5, 0.9])
def test_density_and_velocity_obey_the_continuity_equation(
    pair: str, name: str, time: float
) -> None:
    both, h = Interpolated(PATHS[name], *PAIRS[pair]), 3e-5
    x = points(both.start.means.shape[1])

    def density(x: Tensor, time: float) -> Tensor:
        return both.at(level(time)).log_density(x, level(0.0)).exp()

    change = (density(x, time + h) - density(x, time - h)) / (2 * h)
    outflow = torch.zeros(len(x), dtype=torch.float64)
    for i, unit in enumerate(h * torch.eye(x.shape[1], dtype=torch.float64)):
        up, down = (
            density(y, time) * both.velocity(y, level(time))[:, i]
            for y in (x + unit, x - unit)
        )
        outflow = outflow + (up - down) / (2 * h)
    torch.testing.assert_close(change, -outflow, rtol=0, atol=1e-6)
    assert float(change.abs().max()) > 1e-2


@pytest.mark.parametrize("pair", PAIRS)
def test_the_velocity_is_the_mean_of_the_paths_velocities(pair: str) -> None:
    # E[f(x) (dx/dt - v(x))] = 0 for any f: the property that a loss makes of it.
    path, n, generator = bridge(0.8), 100_000, torch.Generator().manual_seed(0)
    both, time = Interpolated(path, *PAIRS[pair]), level(0.4)
    start, end = (data.sample(n, generator) for data in PAIRS[pair])
    z = torch.randn(start.shape, generator=generator, dtype=torch.float64)
    x = path.state(start, end, z, time)
    for left in (
        path.velocity(start, end, z, time) - both.velocity(x, time),
        path.score(z, time) - both.score(x, time),
    ):
        for f in (torch.ones_like(x), x.sin(), (2 * x).cos()):
            each = f * left
            assert (each.mean(0).abs() < 4.5 * each.std(0) / n**0.5).all()


@pytest.mark.parametrize("pair", PAIRS)
def test_at_the_ends_it_is_the_ends(pair: str) -> None:
    x = points(PAIRS[pair][0].means.shape[1])
    both = Interpolated(bridge(0.8), *PAIRS[pair])
    for time, data in zip((0.0, 1.0), PAIRS[pair], strict=True):
        found = both.at(level(time)).log_density(x, level(0.0))
        torch.testing.assert_close(found, data.log_density(x, level(0.0)))
        assert both.velocity(x, level(time)).isfinite().all()
