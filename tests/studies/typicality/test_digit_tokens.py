"""Digits as tokens, and back."""

import pytest
import torch

from gendiff.book.run import Run
from gendiff.studies.typicality import digit_tokens as dt

RUN = Run("typicality/likelihood", "smoke", 0)
X, LABELS = dt.digits(RUN, 12, "any")


def test_digits_are_small_and_labelled() -> None:
    assert X.shape == (12, 1, dt.SIDE, dt.SIDE)
    assert X.abs().max() <= 1
    assert set(LABELS.tolist()) <= set(range(10))


@pytest.mark.parametrize("bits", [1, 2, 8])
def test_pixels_come_back_to_half_a_grey(bits: int) -> None:
    way = dt.Bits(bits)
    tokens = way.tokens(X)
    assert tokens.shape == (12, dt.SIDE**2)
    assert tokens.min() >= 0
    assert tokens.max() < way.vocabulary
    assert (way.images(tokens) - X).abs().max() <= 2.0**-bits + 1e-6
    assert torch.equal(way.tokens(way.images(tokens)), tokens)


def test_codes_stand_for_what_the_autoencoder_draws() -> None:
    net = dt.digit_vqvae().eval()
    way = dt.Codes(net)
    tokens = way.tokens(X)
    assert tokens.shape == (12, (dt.SIDE // 2) ** 2)
    assert way.vocabulary == dt.CODES
    assert way.images(tokens).shape == X.shape
    assert torch.allclose(way.images(tokens), net(X).reconstruction, atol=1e-5)
    encoded = net.encoder(X).square().mean(-1)
    assert torch.allclose(encoded, torch.ones_like(encoded), atol=1e-3)


def test_a_code_sees_its_own_corner() -> None:
    net = dt.digit_vqvae().eval()
    other = X.clone()
    other[:, :, :2, :2] = -other[:, :, :2, :2]
    moved = (net.encoder(X) - net.encoder(other)).abs().sum((0, 2)) > 0
    far = torch.ones(6, 6, dtype=torch.bool)
    far[:3, :3] = False
    assert moved[0]
    assert not moved[far.flatten()].any()
