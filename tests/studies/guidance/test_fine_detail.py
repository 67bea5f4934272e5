"""Errors by frequency, and the weight that draws like the cosine schedule."""

import pytest
import torch
from torch import Tensor, nn

from gendiff.studies.guidance import fine_detail
from gendiff.studies.guidance.fine_detail import SIDE


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


class Guess(nn.Module):
    """Returns what it is shown, or only its mean."""

    def __init__(self, *, blurred: bool) -> None:
        super().__init__()
        self.blurred = blurred

    def forward(self, x: Tensor, sigma: Tensor) -> Tensor:
        del sigma
        return x.mean((2, 3), keepdim=True).expand_as(x) if self.blurred else x


def test_white_errors_are_as_large_in_both_halves() -> None:
    found = fine_detail.error(Guess(blurred=False), 400, generator())
    # E sigma^2 of levels that are even in ln sigma
    power = (20.0**2 - 0.02**2) / (2 * torch.tensor(20.0 / 0.02).log())
    assert found.upper == pytest.approx(float(power), rel=0.05)
    assert found.lower == pytest.approx(float(power), rel=0.05)


def test_a_blurred_guess_errs_in_what_photographs_have_most_of() -> None:
    found = fine_detail.error(Guess(blurred=True), 50, generator())
    assert found.lower > 3 * found.upper > 0


def test_the_usual_weight_falls_at_both_ends() -> None:
    sigma = torch.tensor([0.1, 1.0, 10.0])
    octaves = fine_detail.usual_weight(sigma) * sigma**2
    share = 2 * sigma / (1 + sigma**2)  # of the cosine schedule's time
    assert torch.allclose(octaves / octaves[1], share, rtol=1e-4)


def test_patches_to_train_on_have_the_side_of_the_network() -> None:
    x = fine_detail.training(5, generator())
    assert x.shape == (5, 1, SIDE, SIDE)
