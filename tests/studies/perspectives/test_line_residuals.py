"""Nothing is left of exact models, and what must be is left of others."""

import pytest
import torch
from torch import Tensor

from gendiff.data import two_bumps
from gendiff.exact import QuantileFlow
from gendiff.studies.perspectives.line_residuals import Line, expected
from gendiff.types import level, like

LINE = Line(two_bumps())


def origin(x: Tensor, sigma: Tensor) -> Tensor:
    return QuantileFlow(two_bumps())(x, sigma, level(0.0))


def wrong(x: Tensor, sigma: Tensor) -> Tensor:
    return two_bumps()(x, sigma) + 0.1 * like(sigma, x) * x.sin()


def test_nothing_is_left_of_an_exact_model() -> None:
    left = LINE.of(two_bumps(), origin)
    assert left.martingale < 1e-5
    assert left.fokker_planck < 1e-10
    assert left.common_origin < 1e-5
    assert LINE.loss_over_least(two_bumps(), [0.5, 1.0]) == 1


def test_much_is_left_of_another() -> None:
    left = LINE.of(wrong, origin)
    assert min(left.martingale, left.fokker_planck, left.common_origin) > 0.01
    assert LINE.loss_over_least(wrong, [0.5, 1.0]) > 1


def test_the_mean_of_predictions_of_a_wrong_gaussian() -> None:
    # D = c x has the score -k x / u, k = 1 - c. So x falls down to x (u'/u)^k on
    # average, and with it a linear prediction.
    x = torch.linspace(-8, 8, 401).double()[:, None]
    kept = expected(lambda x, sigma: 0.3 * x, x, 1.0, 0.5, at_least=100)
    torch.testing.assert_close(kept, 0.3 * x * 0.25**0.7, rtol=0, atol=3e-6)
    with pytest.raises(AssertionError):
        torch.testing.assert_close(kept, 0.3 * x, rtol=0, atol=1e-3)
