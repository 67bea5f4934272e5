"""Losses of score matching by quadrature, against a Gaussian's by hand."""

import pytest
import torch

from gendiff.exact import GaussianMixture
from gendiff.studies.perspectives import score_losses

VARIANCE, SIGMA = 1.7, 0.6
NOISY = VARIANCE + SIGMA**2
DATA = GaussianMixture(
    torch.ones(1, dtype=torch.float64),
    torch.zeros(1, 1, dtype=torch.float64),
    torch.full((1, 1, 1), VARIANCE, dtype=torch.float64),
)


def minus(x: torch.Tensor) -> torch.Tensor:
    """Return the candidate `-x`."""
    return -x


def test_all_losses_of_a_line_are_known() -> None:
    # s = -x against -x / V: E (1 / V - 1)^2 x^2, with V = v + sigma^2.
    explicit = (1 - 1 / NOISY) ** 2 * NOISY
    assert score_losses.explicit(DATA, minus, SIGMA) == pytest.approx(explicit)
    clean = (1 - 1 / VARIANCE) ** 2 * VARIANCE
    assert score_losses.explicit(DATA, minus, 0.0) == pytest.approx(clean)
    # E (-x0 - sigma e + e / sigma)^2 = v + (1 / sigma - sigma)^2.
    denoising = VARIANCE + (1 / SIGMA - SIGMA) ** 2
    assert score_losses.denoising(DATA, minus, SIGMA) == pytest.approx(denoising)
    # E s^2 + 2 s' = V - 2.
    assert score_losses.implicit(DATA, minus, SIGMA) == pytest.approx(NOISY - 2)
    assert score_losses.square(DATA, SIGMA) == pytest.approx(1 / NOISY)
