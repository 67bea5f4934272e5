"""File sizes: noise takes its bits, and flat pictures next to nothing."""

import pytest
import torch

from gendiff.studies.typicality.file_size import compressed, correlation


def test_noise_cannot_be_compressed_and_nothing_can() -> None:
    noise = torch.randint(32, (50, 16, 16), generator=torch.Generator())
    bits = 5 / 8 * 256
    assert bits <= compressed(noise) <= 1.25 * bits
    assert compressed(torch.zeros_like(noise)) < 5


def test_a_line_has_correlation_one() -> None:
    x = [1.0, 2.0, 4.0, 8.0]
    falling = correlation([-3 * v for v in x], x)
    assert falling.value == pytest.approx(-1)
    assert falling.error == pytest.approx(0, abs=1e-7)
    assert (falling.n, falling.of) == (4, "image sets")
    assert correlation([1.0, -1.0, -1.0, 1.0], [1.0, 1.0, -1.0, -1.0]).value == 0
