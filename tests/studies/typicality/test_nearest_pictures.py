"""Neighbours by pixels, and by what a texture is made of."""

import torch

from gendiff.studies.typicality import nearest_pictures as near

G = torch.Generator().manual_seed(0)
NOISE = torch.randint(32, (40, 16, 16), generator=G)
FLAT = torch.arange(32)[:, None, None].expand(32, 16, 16)


def test_rings_know_neither_the_mean_nor_the_place() -> None:
    moved = NOISE.roll((3, 5), (1, 2)) + 2
    assert torch.allclose(near.rings(moved), near.rings(NOISE))
    assert near.rings(FLAT).unique().numel() == 1


def test_a_wave_has_its_power_in_its_ring() -> None:
    x = (8 * torch.cos(torch.arange(16) / 16 * 3 * torch.pi * 2)).round().long()
    assert int(near.rings(x.expand(1, 16, 16)).argmax()) == 2


def test_noise_is_flat_pictures_neighbour_in_pixels_only() -> None:
    samples, known = NOISE[:20], NOISE[20:]
    by_pixels = near.foreign_neighbours(samples, known, FLAT, near.pixels)
    by_rings = near.foreign_neighbours(samples, known, FLAT, near.rings)
    assert by_pixels.value == 1
    assert by_rings.value == 0
    assert by_rings.n == 20


def test_likelier_than_all_but_a_hundredth() -> None:
    samples = torch.arange(1.0, 101.0)
    found = near.likelier(
        torch.tensor([0.0, 1.5, 3.0, 50.0]), samples, but=0.01, of="digits"
    )
    assert found.value == 0.5
    assert found.of == "digits"
