"""Resonators: their sounds solved, how strong they are, and greedy decoding."""

import math

import pytest
import torch

from gendiff.studies.typicality import amplitude_codes as codings, resonators
from gendiff.studies.typicality.resonators import HUM, NOISE, RATE, Resonator


def test_the_answer_to_an_impulse_is_a_damped_sine() -> None:
    ring, hertz = 0.99, 150
    impulse = torch.zeros(400, dtype=torch.float64)
    impulse[0] = 1
    turn = 2 * math.pi * hertz / RATE
    n = torch.arange(400, dtype=torch.float64)
    wanted = ring**n * torch.sin(turn * (n + 1)) / math.sin(turn)
    assert torch.allclose(HUM.driven(impulse), wanted, atol=1e-9)


def test_a_past_is_gone_on_from() -> None:
    e = torch.randn(50, generator=torch.Generator().manual_seed(0)).double()
    whole = HUM.driven(e)
    rest = HUM.driven(e[20:], whole[18:20].tolist())
    assert torch.allclose(rest, whole[20:])


@pytest.mark.parametrize("source", [HUM, NOISE])
def test_the_strength_is_that_of_an_autoregression(source: Resonator) -> None:
    # The stationary variance of an AR(2), Brockwell and Davis (1991), section 3.3.
    a, b = source.a, source.b
    variance = (1 - b) / ((1 + b) * ((1 - b) ** 2 - a**2))
    assert source.strength() == pytest.approx(math.sqrt(variance))


def test_a_temperature_scales_the_sound_by_its_root() -> None:
    e = torch.randn(500, generator=torch.Generator().manual_seed(0)).double()
    assert torch.allclose(HUM.driven(0.5 * e), HUM.driven(e) / 2)


def test_loudness_is_about_the_mean_and_at_the_end() -> None:
    x = torch.tensor([[1.0, 3.0], [5.0, 5.0]])
    assert resonators.rms(x).tolist() == [1, 0]
    longer = torch.cat([torch.full((2, 8), 9.0), x], 1)
    assert resonators.at_the_end(longer, 0.2).tolist() == [1, 0]


def test_greedy_hiss_is_silent_in_even_codes_and_loud_in_mu_law_codes() -> None:
    scale = 0.15 / NOISE.strength()
    end = {
        name: float(
            resonators.at_the_end(NOISE.greedy(coding, scale, samples=1_000), 0.1)
        )
        for name, coding in (("even", codings.even(256)), ("mu", codings.mu_law(256)))
    }
    assert end["even"] / 0.15 == pytest.approx(0.0261, abs=1e-3)
    assert end["mu"] / 0.15 == pytest.approx(0.919, abs=0.01)


def test_a_greedy_step_takes_the_most_probable_code() -> None:
    coding = codings.even(65)
    first, second = resonators.START
    one, two = HUM.greedy(coding, 0.05, samples=2).tolist()
    expected = HUM.a * second + HUM.b * first
    assert one == pytest.approx(round(expected * 32) / 32)
    assert two == pytest.approx(round((HUM.a * one + HUM.b * second) * 32) / 32)
