"""A machine in an album: exact likelihoods of images that are known."""

import math
from typing import cast

import pytest
import torch

from gendiff.data import stream
from gendiff.families import RBM, ContrastiveDivergence
from gendiff.studies.autoencoders import boltzmann
from gendiff.training import Plan


def test_shapes_are_black_and_white() -> None:
    x = boltzmann.binary_shapes(20, torch.Generator().manual_seed(0))
    assert x.shape == (20, boltzmann.VISIBLE)
    assert set(x.unique().tolist()) == {0.0, 1.0}


def test_a_machine_without_weights_tosses_coins() -> None:
    album = boltzmann.album(1)
    with torch.no_grad():
        for weight in album.parameters():
            weight.zero_()
    x = boltzmann.binary_shapes(5, torch.Generator().manual_seed(0))
    expected = -boltzmann.VISIBLE * math.log(2)
    assert boltzmann.likelihoods(album, x) == pytest.approx([expected], abs=1e-3)


def test_the_last_page_is_the_trained_machine() -> None:
    batches = stream(boltzmann.binary_shapes, size=16)
    loss, plan = ContrastiveDivergence(1), Plan(steps=7, learning_rate=1e-2)

    def pages(count: int) -> list[RBM]:
        torch.manual_seed(0)
        album = boltzmann.album(count)
        torch.manual_seed(1)
        boltzmann.filled(album, loss=loss, batches=batches, plan=plan)
        return [cast("RBM", page) for page in album]

    one, three = pages(1), pages(3)
    for a, b in zip(one[-1].parameters(), three[-1].parameters(), strict=True):
        assert torch.equal(a, b)
    firsts = [next(page.parameters()) for page in three]
    assert not torch.equal(firsts[0], firsts[1])


def test_independent_pixels_know_their_rates() -> None:
    x = torch.tensor([[1.0, 0.0], [1.0, 1.0]])
    found = boltzmann.independent(torch.full((2, 2), 0.5), x)
    assert found == pytest.approx(-2 * math.log(2))
    assert boltzmann.independent(x, x) == pytest.approx(-math.log(2), abs=1e-3)
