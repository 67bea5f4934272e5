import numpy as np
import pytest
import torch
from torch import Tensor, nn

from gendiff.book.run import Run
from gendiff.data import power_law
from gendiff.exact import Field
from gendiff.studies.autoencoders.weighted_scales import advantages, by_ring

RUN = Run("autoencoders/scale", "smoke", 0)
KNOWN = Field(power_law(16, 16).float(), torch.zeros(()))


class Off(nn.Module):
    """The exact denoiser, off by a factor."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x: Tensor, sigma: Tensor) -> Tensor:
        return self.factor * KNOWN(x, sigma)


def test_the_exact_denoiser_has_no_excess_and_true_samples() -> None:
    ring, excess, power = by_ring(RUN, Off(1.0), KNOWN, 128)
    assert ring.shape == excess.shape == power.shape == (7,)
    assert float(excess.abs().max()) < 1e-9
    assert float(power.log().abs().max()) < 0.4


def test_another_factor_has_an_excess_in_every_ring() -> None:
    assert float(by_ring(RUN, Off(0.5), KNOWN, 32)[1].min()) > 0.01


def test_each_weight_gains_at_its_own_end() -> None:
    bottom = np.array([True, True, False])
    high, low = np.array([[1.0, 1, 5]] * 2), np.array([[2.0, 4, 3]] * 2)
    found = advantages(high, low, bottom)
    assert found["low half"].value == pytest.approx(2)
    assert found["high half"].value == pytest.approx(2)
