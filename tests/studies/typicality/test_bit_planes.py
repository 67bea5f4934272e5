"""Bit planes: what is seen before a bit is read, and what isn't."""

import math

import pytest
import torch

from gendiff.book.run import Run
from gendiff.data.photographs import CAMERA, CHELSEA
from gendiff.nets.layers import perceptron
from gendiff.studies.typicality import bit_planes

MIDDLE = (bit_planes.SEEN - 1) // 2
VIEW = torch.randint(256, (50, 25), generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("plane", [0, 3, 7])
def test_a_bit_is_told_by_nothing_that_comes_later(plane: int) -> None:
    told = bit_planes.seen(VIEW, plane)
    later = VIEW.clone()
    later[:, MIDDLE:] ^= 1 << plane  # this plane, here and later
    below = VIEW ^ ((1 << plane) - 1)  # the planes below, anywhere
    assert torch.equal(bit_planes.seen(later, plane), told)
    assert torch.equal(bit_planes.seen(below, plane), told)
    assert told.shape == (50, bit_planes.SEEN)


def test_earlier_bits_and_upper_planes_are_told() -> None:
    smooth = torch.full((1, 25), 100)
    told = bit_planes.seen(smooth, 3)
    earlier, upper = smooth.clone(), smooth.clone()
    earlier[:, 0] ^= 1 << 3
    upper[:, -1] ^= 1 << 4
    assert not torch.equal(bit_planes.seen(earlier, 3), told)
    assert not torch.equal(bit_planes.seen(upper, 3), told)


def test_places_have_the_bits_of_the_photograph() -> None:
    values = torch.full((9, 9), 0b1010_0101)
    for plane in range(8):
        known, bit = bit_planes.places(values, plane, 5, torch.Generator())
        assert known.shape == (5, bit_planes.SEEN)
        assert (bit == (0b1010_0101 >> plane & 1)).all()


def test_a_net_that_knows_nothing_needs_one_bit() -> None:
    run = Run("typicality/likelihood", "smoke", 0)
    batch = bit_planes.drawn(run, (CAMERA, CHELSEA), 2, 30, "test")
    assert len(batch[0]) == len(batch[1]) == 60
    net = perceptron([bit_planes.SEEN, 4, 1])
    for parameter in net.parameters():
        torch.nn.init.zeros_(parameter)
    assert torch.allclose(
        bit_planes.surprisal(net, batch), torch.full((60,), math.log(2))
    )


def test_the_halves_are_the_planes() -> None:
    values = torch.tensor([[0b1010_0101, 255]])
    upper, lower = bit_planes.halves(values)
    assert upper.tolist() == [[0b1010_1000, 248]]
    assert lower.tolist() == [[0b0101_1000, 248]]
    assert bit_planes.bytes_of(CAMERA).max() <= 255
