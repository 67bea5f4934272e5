"""What backward universal guidance does to a prediction, on a line with two bumps."""

import pytest
import torch
from torch import Tensor

from gendiff.data import two_bumps
from gendiff.guidance import BackwardGuidance
from gendiff.types import level

X = torch.tensor([[-0.5], [0.8]], dtype=torch.float64)
SIGMA = level(0.7)


def wanted(x: Tensor, sigma: Tensor) -> Tensor:
    """Return the log-probability of yes, which a clean classifier gives."""
    assert float(sigma) == 0
    return torch.nn.functional.logsigmoid(4 * x[:, 0])


@pytest.mark.parametrize("steps", [0, 1, 2])
def test_s08_backward_guidance_climbs_from_the_prediction(steps: int) -> None:
    data, rate, h = two_bumps(), 0.1, 1e-6
    x0 = data(X, SIGMA)
    for _ in range(steps):
        up, down = (wanted(x0 + d, level(0.0)) for d in (h, -h))
        x0 = x0 + rate * ((up - down) / (2 * h))[:, None]
    guided = BackwardGuidance(data, wanted, steps, rate)(X, SIGMA)
    torch.testing.assert_close(guided, x0, rtol=1e-6, atol=1e-8)
