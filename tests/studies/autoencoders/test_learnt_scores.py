import pytest
import torch
from torch import Tensor

from gendiff.data import toys
from gendiff.studies.autoencoders.learnt_scores import (
    antisymmetric,
    removal,
    score_error,
)

RING = toys.ring(8)


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def test_the_exact_score_has_no_error_and_a_gaussian_has_one() -> None:
    assert score_error(RING, RING, 0.5, 200, generator()) < 1e-5
    assert score_error(RING.moments(), RING, 0.1, 200, generator()) > 0.3


def test_a_denoiser_that_does_nothing_has_score_zero() -> None:
    def idle(x: Tensor, _: Tensor, /) -> Tensor:
        return x

    assert score_error(idle, RING, 0.5, 50, generator()) == pytest.approx(1)


def test_high_noise_is_removed_and_low_noise_hardly() -> None:
    cosine, left = removal(RING, 5.0, 500, generator())
    assert cosine > 0.95
    assert left < 0.1
    assert removal(RING, 0.005, 500, generator())[1] > 0.9


def test_a_rotation_is_all_antisymmetric_and_a_score_not_at_all() -> None:
    x = RING.sample(20, generator())
    turn = torch.tensor([[0.0, 1.0], [-1.0, 0.0]], dtype=torch.float64)
    # The Jacobian of the denoiser less the identity is the turn.
    assert antisymmetric(lambda x, _: x @ turn.T + x, x, 0.3) == pytest.approx(1)
    assert antisymmetric(RING, x, 0.3) < 1e-9
