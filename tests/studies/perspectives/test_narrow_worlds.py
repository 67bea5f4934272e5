"""A plane in a space of many dimensions."""

import pytest
import torch

from gendiff.data import moons
from gendiff.frames import NOISE
from gendiff.studies.perspectives import narrow_worlds


def test_the_plane_is_turned_and_not_bent() -> None:
    world = narrow_worlds.plane(moons(), 32, torch.Generator().manual_seed(0))
    x = world.sample(5_000, torch.Generator().manual_seed(1))
    assert x.shape == (5_000, 32)
    flat = moons().sample(5_000, torch.Generator().manual_seed(1))
    torch.testing.assert_close(torch.pdist(x[:50]), torch.pdist(flat[:50]))
    assert float(x.square().mean().sqrt()) == pytest.approx(world.std, rel=0.02)
    found, drawn = world.moments().covariance, torch.cov(x.T)
    assert float((found - drawn).norm() / found.norm()) < 0.05
    assert float(found.trace() / 32) ** 0.5 == pytest.approx(world.std, rel=0.01)


def test_an_exact_model_is_as_near_as_real_data() -> None:
    def draw(name: str) -> torch.Generator:
        return torch.Generator().manual_seed(len(name))

    near = narrow_worlds.distance(moons(), moons(), 1_000, draw)
    far = narrow_worlds.distance(lambda x, _: 0 * x, moons(), 1_000, draw)
    assert 0.5 < near < 1.6
    assert far > 5


def test_native_weights_are_those_of_the_target() -> None:
    weight = narrow_worlds.native(NOISE, 2.0)
    assert weight(torch.tensor([0.5])).item() == pytest.approx(16)
