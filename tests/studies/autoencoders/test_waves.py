import pytest
import torch

from gendiff.data import power_law
from gendiff.metrics import frequencies
from gendiff.studies.autoencoders.waves import integrated, nats, passed, share

DISTRIBUTION = power_law(32, 32)
UPPER = frequencies(32, 32) > 8


def test_nats_are_waves_passed_added_up_over_levels() -> None:
    assert integrated(DISTRIBUTION, 0.05) == pytest.approx(
        float(nats(DISTRIBUTION, 0.05).sum()), rel=1e-4
    )


def test_half_of_white_noise_passes_at_its_own_level() -> None:
    assert passed(torch.ones(4, 4), 1.0) == pytest.approx(8)


def test_white_noise_spends_by_the_number_of_waves() -> None:
    waves = float(UPPER.double().mean())
    assert share(torch.ones(32, 32), UPPER, 0.1) == pytest.approx(waves)
    assert share(DISTRIBUTION, UPPER, 1.0) < waves
