"""Prices of bit planes: nothing later is told, patches stand alone, sums are known."""

import math

import pytest
import torch
from torch import Tensor, nn

from gendiff.studies.language import patch_planes
from gendiff.studies.typicality.bit_planes import SEEN

RNG = torch.Generator().manual_seed(0)
PATCHES = torch.randint(256, (3, 6, 6), generator=RNG)


def asked(patches: Tensor, plane: int) -> Tensor:
    """Return what is told of the pixels of a patch of 6 pixels, row by row."""
    return patch_planes.asked(patch_planes.views(patches), plane)[0].reshape(3, 36, -1)


@pytest.mark.parametrize("plane", [0, 4, 7])
@pytest.mark.parametrize("place", [0, 5, 14, 35])
def test_a_bit_is_told_nothing_of_itself_or_what_is_later(
    plane: int, place: int
) -> None:
    later = PATCHES.flatten(1).clone()
    later[:, place:] ^= 1 << plane
    later ^= (1 << plane) - 1  # the lower planes, anywhere
    before = asked(PATCHES, plane)[:, place]
    assert torch.equal(asked(later.reshape(3, 6, 6), plane)[:, place], before)


def test_patches_do_not_see_each_other() -> None:
    other = PATCHES.clone()
    other[1] = 255 - other[1]
    assert torch.equal(asked(other, 3)[0], asked(PATCHES, 3)[0])
    assert not torch.equal(asked(other, 3)[1], asked(PATCHES, 3)[1])


def test_the_middle_of_a_view_is_the_pixel() -> None:
    view = patch_planes.views(PATCHES)
    assert torch.equal(view[:, 12], PATCHES.flatten())
    assert torch.equal(view[14], PATCHES[0, :5, :5].flatten())
    assert torch.equal(patch_planes.asked(view, 5)[1], (view[:, 12] >> 5 & 1).float())


def test_who_knows_nothing_pays_a_bit() -> None:
    net = nn.Linear(SEEN, 1)
    nn.init.zeros_(net.weight)
    nn.init.zeros_(net.bias)
    paid = patch_planes.price(net, PATCHES, 2, torch.device("cpu"))
    assert torch.allclose(paid, torch.full((3,), math.log(2)).double())


def test_single_pixels_cost_their_cross_entropy() -> None:
    learnt = torch.tensor([[[0, 0], [0, 255]]])
    found = patch_planes.single(torch.tensor([[[0, 255]], [[7, 7]]]), learnt)
    chances = [(3 + 1) / 260, (1 + 1) / 260, 1 / 260]
    a, b, c = (-math.log(x) for x in chances)
    assert found.tolist() == pytest.approx([(a + b) / 2, c])


def test_the_lower_half_is_the_last_four() -> None:
    nats = torch.arange(8.0).double()[:, None].expand(8, 40).clone()
    found = patch_planes.lower(nats)
    assert found.value == pytest.approx(22 / 28)
    assert found.error == pytest.approx(0)


def test_an_octave_of_white_noise_is_known() -> None:
    rng = torch.Generator().manual_seed(1)
    white = (20 * torch.randn(60_000, 2, 2, generator=rng)).round().long()
    for plane in (0, 5, 7):
        fine, power = 4.0**plane / 12, 400.0
        bits = math.log2((1 + power / fine) / (1 + power / (4 * fine))) / 2
        assert patch_planes.octave(white, plane) == pytest.approx(bits, rel=0.01)
    assert patch_planes.octave(white, 0) == pytest.approx(1, abs=2e-3)


def test_bytes_reach_from_black_to_white() -> None:
    shown = torch.tensor([-1.5, -1.0, 0.0, 1.0, 2.0]).reshape(1, 1, 1, 5)
    assert patch_planes.to_bytes(shown).flatten().tolist() == [0, 0, 128, 255, 255]
