import pytest
import torch

from gendiff.data import power_law
from gendiff.data.photographs import CHINA
from gendiff.exact import Field
from gendiff.studies.autoencoders import sight


def field(exponent: float, side: int = 128) -> torch.Tensor:
    known = Field(power_law(side, side, exponent=exponent), torch.zeros(()).double())
    return known.sample(1, torch.Generator().manual_seed(0), channels=1)


def test_a_square_is_standardised() -> None:
    picture = sight.square(CHINA, 32)
    assert picture.shape == (1, 1, 32, 32)
    assert float(picture.mean()) == pytest.approx(0, abs=1e-9)
    assert float(picture.std()) == pytest.approx(1)


def test_the_exponent_of_a_field_is_found() -> None:
    assert sight.exponent(field(2.0)) == pytest.approx(2.0, abs=0.25)
    assert sight.exponent(field(3.0)) == pytest.approx(3.0, abs=0.25)


def test_the_gain_is_one_half_where_signal_and_noise_are_equal() -> None:
    power = power_law(64, 64)
    f, gain = sight.ring_gain(power, float(power[0, 4].sqrt()))
    assert sight.crossing(f, gain) == pytest.approx(4.0, abs=0.3)


def test_less_noise_shows_finer_detail() -> None:
    seen = sight.look_at(CHINA, shrink=10)
    assert seen.reach(0.3) > 2 * seen.reach(1.0) > 4 * seen.reach(3.0)
    noisy = seen.picture + 0.5 * torch.randn(
        seen.picture.shape, generator=torch.Generator().manual_seed(0)
    )
    guess = seen.denoise(noisy, 0.5)
    assert guess.shape == seen.picture.shape
    assert float((guess - seen.picture).square().mean()) < 0.15  # the noise's is 0.25
