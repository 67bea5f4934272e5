"""A plane through three points: distances in it are kept, what is off it is dropped."""

import torch

from gendiff.studies.guidance.plane import through


def test_three_points_keep_their_distances() -> None:
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(3, 1, 4, 4, generator=generator)
    plane = through(*images)
    flat = plane(images)
    torch.testing.assert_close(
        torch.cdist(flat, flat), torch.cdist(*2 * [images.flatten(1).double()])
    )
    torch.testing.assert_close(flat[0], torch.zeros(2).double())
    assert float(flat[1, 1].abs()) < 1e-6
    assert float(flat[1, 0]) > 0
    assert float(flat[2, 1]) > 0


def test_what_stands_upright_on_the_plane_is_dropped() -> None:
    one = torch.eye(4).double()
    plane = through(torch.zeros(4), one[0], one[0] + one[1])
    found = plane((2 * one[0] + 3 * one[1] + 9 * one[3])[None])
    torch.testing.assert_close(found, torch.tensor([[2.0, 3.0]]).double())
