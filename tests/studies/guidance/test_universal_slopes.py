"""Both gradients, against differences and against the chain rule."""

import math

import pytest
import torch

from gendiff.studies.guidance import universal_slopes as universal
from gendiff.types import level

X, VARIANCE = -0.5, 0.25
SIGMA = level(math.sqrt(VARIANCE))


def at(x: float) -> torch.Tensor:
    return torch.tensor([[x]], dtype=torch.float64)


def test_the_exact_gradient_is_that_of_the_sum() -> None:
    up, down = (universal.log_yes(at(X + h), SIGMA) for h in (1e-4, -1e-4))
    assert universal.slopes(X, VARIANCE)[0] == pytest.approx(
        float(up - down) / 2e-4, rel=1e-5
    )


def test_the_other_is_the_slope_at_the_prediction_times_the_predictions_own() -> None:
    x0 = float(universal.BUMPS(at(X), SIGMA))
    up, down = (float(universal.BUMPS(at(X + h), SIGMA)) for h in (1e-4, -1e-4))
    own = universal.STEEP / (1 + math.exp(universal.STEEP * x0))
    assert universal.slopes(X, VARIANCE)[1] == pytest.approx(
        own * (up - down) / 2e-4, rel=1e-5
    )


def test_with_little_noise_they_agree() -> None:
    exact, found = universal.slopes(X, 1e-4)
    assert found == pytest.approx(exact, rel=1e-2)
