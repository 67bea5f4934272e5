"""Texts of numbers: deviation of the sample, error of the mean."""

import torch

from gendiff.studies.spreads import spread, standing


def test_a_spread_is_that_of_the_sample() -> None:
    assert spread([1.0, 3.0]) == "2.00 ± 1.41"
    assert spread(torch.tensor([1.0, 3.0]), ".0f") == "2 ± 1"


def test_a_standing_error_is_that_of_the_mean() -> None:
    assert standing([1.0, 3.0]) == "2.00 ± 1.00"
