"""Eyes and ears: the standard's printed contour, and errors at one frequency."""

import math

import pytest
import torch

from gendiff.studies.language import senses
from gendiff.studies.perspectives.block_codes import sensitivity


@pytest.mark.parametrize(
    ("frequency", "printed"),
    [(1000.0, 40.01), (6300.0, 45.83), (12500.0, 51.49)],
)
def test_the_contour_of_40_phon_is_the_printed_one(
    frequency: float, printed: float
) -> None:
    assert senses.sound_level(frequency, 40.0) == pytest.approx(printed, abs=0.02)


def test_other_frequencies_are_refused() -> None:
    with pytest.raises(ValueError, match="there is one at"):
        senses.sound_level(440.0, 40.0)


def test_what_is_lost_has_a_sign() -> None:
    assert senses.lost_by_ears(6300.0, 12500.0) == pytest.approx(5.66, abs=0.03)
    # 2.6 (0.0192 + 0.114 f) exp(-(0.114 f)^1.1) at 30 and at 60
    ends = [
        (0.0192 + 0.114 * f) * math.exp(-((0.114 * f) ** 1.1)) for f in (30.0, 60.0)
    ]
    assert senses.lost_by_eyes(30.0, 60.0) == pytest.approx(
        20 * math.log10(ends[0] / ends[1])
    )


@pytest.mark.parametrize("cycles", [1, 3, 8])
def test_a_wave_is_seen_by_its_frequency(cycles: int) -> None:
    place = torch.arange(16, dtype=torch.float64) / 16
    wave = torch.cos(2 * math.pi * cycles * place).expand(2, 1, 16, 16)
    seen = float(sensitivity(torch.tensor(16.0 * cycles / 8)))
    power = float(wave.square().mean())
    assert senses.seen_error(wave) == pytest.approx(power * seen**2, rel=1e-6)
