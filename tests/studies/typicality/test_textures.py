"""Tiles are cut without overlap; waves are told apart by scale and orientation."""

import math

import pytest
import torch

from gendiff.studies.typicality import textures


def waves(along: float, down: float) -> torch.Tensor:
    ticks = torch.arange(32).double()
    phase = math.tau * (along * ticks + down * ticks[:, None]) / 32
    starts = math.tau * torch.rand(6, generator=torch.Generator().manual_seed(1))
    return (phase + starts[:, None, None].double()).sin()


def test_tiles_cover_the_image_once() -> None:
    image = torch.arange(48.0).reshape(6, 8)
    found = textures.tiles(image, 2)
    assert found.shape == (12, 2, 2)
    assert sorted(found.flatten().tolist()) == list(range(48))
    assert found[0].tolist() == [[0, 1], [8, 9]]


def test_normalised_tiles_have_unit_variance() -> None:
    z = textures.normalised(torch.rand(3, 8, 8).double() * 5 + 2)
    assert torch.allclose(z.mean((1, 2)), torch.zeros(3).double(), atol=1e-12)
    assert torch.allclose(z.var((1, 2)), torch.ones(3).double())


def test_statistics_know_waves_whatever_their_phase() -> None:
    z = torch.cat([waves(4, 0), waves(0, 4), waves(8, 0)])
    surface = torch.arange(3).repeat_interleave(6)
    kin = textures.kinship(textures.log_powers(z), surface)
    assert kin.right == 1
    assert kin.other > 3 * kin.same


def test_distances_are_root_mean_squares() -> None:
    z = torch.tensor([[0.0, 0.0], [3.0, 3.0], [3.0, 4.0]])
    found = textures.distances(z)
    assert found[0, 0] == math.inf
    assert float(found[0, 1]) == pytest.approx(3)
    kin = textures.kinship(z, torch.tensor([0, 1, 1]))
    assert kin.nearest.tolist() == [1, 2, 1]
    assert kin.right == pytest.approx(2 / 3)


def test_a_tile_is_found_that_pixels_get_wrong() -> None:
    surface = torch.tensor([1, 1, 0])
    wrong = textures.kinship(torch.tensor([[0.0], [3.0], [1.0]]), surface)
    right = textures.kinship(torch.tensor([[0.0], [1.0], [9.0]]), surface)
    assert textures.told(wrong, right, surface, 1) == [0, 2, 1]
