"""Networks are shown an input of unit variance, and a number for the noise level."""

import math

import pytest
import torch
from torch import Tensor, nn

from gendiff.precondition import NoisyClassifier, Preconditioned
from gendiff.types import level


@pytest.mark.parametrize("wrapper", [NoisyClassifier, Preconditioned])
def test_networks_see_unit_variance_and_the_level(
    wrapper: type[NoisyClassifier | Preconditioned],
) -> None:
    seen: list[Tensor] = []

    class Net(nn.Module):
        def forward(self, unit: Tensor, noise: Tensor) -> Tensor:
            seen.extend([unit, noise])
            return unit

    x = 5 * torch.ones(3, 2)
    wrapper(Net(), data_std=3.0)(x, level(4.0))
    torch.testing.assert_close(seen[0], torch.ones(3, 2))
    torch.testing.assert_close(seen[1], torch.full((3,), math.log(4 / 3) / 4))
    assert wrapper(Net(), data_std=3.0)(x, level(0.0)).isfinite().all()
    with pytest.raises(ValueError, match="data_std is 0"):
        wrapper(nn.Identity(), data_std=0.0)
