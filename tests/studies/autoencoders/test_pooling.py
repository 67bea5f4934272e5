import numpy as np
import pytest
import torch

from gendiff.data import disc
from gendiff.studies.autoencoders.pooling import exponent, growth, responses, tolerated

AREAS = (4, 16, 64)
MASKS = torch.stack([disc(area).flatten() for area in AREAS])


def test_noise_grows_with_the_root_of_the_area() -> None:
    answers = responses(MASKS, 30_000, torch.Generator().manual_seed(0))
    assert answers.shape == (30_000, 3)
    sums = MASKS.sum(1).numpy()
    # At d' = 1 the level is the side of the disc.
    assert tolerated(sums, answers) == pytest.approx(np.sqrt(AREAS), rel=0.05)
    found = growth(AREAS, sums, answers)
    assert found.value == pytest.approx(0.5, abs=4 * found.error)
    assert found.error < 0.02


def test_the_exponent_of_a_power_is_its_exponent() -> None:
    assert exponent(AREAS, 3 * np.array(AREAS) ** 0.7) == pytest.approx(0.7)
