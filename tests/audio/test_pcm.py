import math

import pytest
import torch

from gendiff.audio import companded, mu_law, mu_law_inverse
from gendiff.audio.pcm import compand, expand


@pytest.mark.parametrize("levels", [2, 16, 255, 256])
def test_every_code_comes_back(levels: int) -> None:
    codes = torch.arange(levels)
    assert torch.equal(
        mu_law(mu_law_inverse(codes, levels=levels), levels=levels), codes
    )


def test_companding_by_hand() -> None:
    x = torch.tensor([-1.0, -0.1, 0.0, 0.1, 1.0], dtype=torch.float64)
    expected = [math.copysign(math.log1p(255 * abs(v)) / math.log(256), v) for v in x]
    torch.testing.assert_close(compand(x), torch.tensor(expected, dtype=torch.float64))
    torch.testing.assert_close(expand(compand(x)), x)


def test_noise_lies_38_decibels_below_loud_and_soft_sounds() -> None:
    t = torch.arange(8000) / 8000
    for loudness in (0.9, 0.09):
        x = loudness * torch.sin(2 * math.pi * 437 * t)
        error = mu_law_inverse(mu_law(x)) - x
        ratio = 10 * math.log10(float(x.square().mean() / error.square().mean()))
        assert 35 < ratio < 41


def test_companded_codes_are_even_steps() -> None:
    assert companded(torch.arange(3), levels=3).tolist() == [-1.0, 0.0, 1.0]


def test_bad_input_is_refused() -> None:
    with pytest.raises(ValueError, match="scale the sound"):
        mu_law(torch.tensor([0.0, 1.5]))
    with pytest.raises(ValueError, match="scale the sound"):
        mu_law(torch.tensor([math.nan]))
    with pytest.raises(ValueError, match="2 or more"):
        mu_law(torch.tensor([0.0]), levels=1)
