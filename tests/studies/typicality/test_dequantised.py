"""Greys and their densities: models whose probabilities are known."""

import math

import pytest
import torch
from torch import nn

from gendiff.families import PixelCNN, flow
from gendiff.studies.typicality import dequantised as dq

G = torch.Generator().manual_seed(0)
X = torch.randint(dq.GREYS, (6, 4, 4), generator=G)


def test_greys_and_their_middles_are_inverse() -> None:
    greys = torch.arange(dq.GREYS).reshape(1, 4, 8)
    assert torch.equal(dq.counted(dq.middles(greys)), greys)
    assert dq.counted(torch.tensor([[[-2.0, 2.0]]])).tolist() == [[[0, 31]]]


def test_a_coarse_picture_has_the_means_of_blocks_rounded_down() -> None:
    x = torch.tensor([[[0, 1, 8, 8], [1, 1, 8, 9]]])
    assert dq.coarse(x).tolist() == [[[0, 8]]]


def test_filling_a_grey_stays_within_it() -> None:
    scale = dq.Scale.of(X)
    spread = scale.spread(X, G)
    assert torch.equal(scale.rounded(spread), X)
    assert float(spread.mean()) == pytest.approx(0.5 / scale.std, abs=0.05)
    assert float(spread.std()) == pytest.approx(1, abs=0.05)


def test_an_untrained_pixelcnn_needs_all_bits() -> None:
    bits = dq.pixelcnn_bits(PixelCNN(dq.GREYS, width=4, depth=1), X)
    assert torch.allclose(bits, torch.full((6,), 5.0, dtype=torch.float64), atol=1e-5)


def test_a_flow_that_does_nothing_is_a_gaussian_of_the_greys() -> None:
    # On a wide scale the density hardly changes within a cell.
    scale = dq.Scale(mean=16.0, std=200.0)
    model = flow.Flow([nn.Identity()], shape=(1, 4, 4))
    model.layers = nn.ModuleList()
    bits = dq.flow_bits(model, scale, X, G)
    z = (X + 0.5 - 16) / 200
    nats = z.square() / 2 + math.log(math.tau) / 2 + math.log(200)
    expected = nats.flatten(1).mean(1).double() / math.log(2)
    assert torch.allclose(bits, expected, atol=1e-3)


def test_parts_give_what_the_whole_gives() -> None:
    def mean(x: torch.Tensor) -> torch.Tensor:
        return x.double().flatten(1).mean(1)

    parts = dq.in_parts(mean, device=torch.device("cpu"), size=4)
    assert torch.equal(parts(X), mean(X))


def test_the_upper_half_is_what_the_coarse_picture_leaves() -> None:
    whole = torch.rand(40, generator=G, dtype=torch.float64) + 1
    found = dq.upper_half(0.25 * whole, whole, G)
    assert found.value == pytest.approx(0.75)
    assert found.error == pytest.approx(0, abs=1e-12)
    noisy = dq.upper_half(torch.rand(40, generator=G).double(), whole, G)
    assert noisy.error > 0.01


def test_noise_leaves_three_quarters_and_what_rounding_saves() -> None:
    exact = dq.of_noise_in_upper_half()
    drawn = torch.randint(dq.GREYS, (200_000, 2, 2), generator=G)
    share = torch.bincount(dq.coarse(drawn).flatten()).double() / len(drawn)
    entropy = float(torch.special.entr(share).sum()) / math.log(2)
    assert exact == pytest.approx(1 - entropy / 20, abs=1e-3)
    assert exact > 0.75
