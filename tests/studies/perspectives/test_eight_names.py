"""Eight quantities of a noisy point are found by definition, and are one arrow."""

import pytest
import torch

from gendiff.data import moons
from gendiff.exact import GaussianMixture
from gendiff.studies.perspectives import eight_names
from gendiff.types import level

ROUND = GaussianMixture.isotropic(
    torch.ones(1, dtype=torch.float64), torch.zeros(1, 2, dtype=torch.float64), 0.5
)


def test_a_gaussian_gives_every_name_its_known_value() -> None:
    # For N(0, s^2) the clean signal is x / (1 + (sigma / s)^2), here x / 5.
    x = torch.tensor([0.5, -1.0], dtype=torch.float64)
    names = eight_names.eight(ROUND, x, 1.0, edge=4.0, step=0.05)
    root = 0.5**0.5
    known = {
        "clean signal": 0.2,
        "noise": 0.8,
        "score": -0.8,
        "mean of DDPM's step": 0.4,  # a quarter of the noise's variance is left
        "drift of the reverse SDE": -0.8,
        "velocity of the flow ODE": 0.8,
        "flow matching velocity": 0.6,
        "v": root * 0.6,
    }
    assert [name.label for name in names] == list(known)
    for name in names:
        torch.testing.assert_close(name.value, known[name.label] * x, atol=1e-8, rtol=0)
    assert max(eight_names.residuals(names, -0.8 * x)) < 1e-8


def test_the_names_of_a_curved_distribution_are_one_arrow() -> None:
    data, x = moons(), torch.tensor([0.75, 0.7], dtype=torch.float64)
    names = eight_names.eight(data, x, 0.3, edge=2.2, step=0.02)
    arrow = data(x[None], level(0.3))[0] - x
    assert max(eight_names.residuals(names, arrow)) < 1e-8
    # Twice the arrow would be a residual of 1.
    assert eight_names.residuals(names, 2 * arrow) == pytest.approx([0.5] * 8)
