import math

import pytest
import torch

from gendiff.data import toys
from gendiff.exact import GaussianMixture
from gendiff.studies.autoencoders.line_integrals import mean_log_density, unavoidable

ONE = GaussianMixture.isotropic(
    torch.ones(1, dtype=torch.float64), torch.zeros(1, 1, dtype=torch.float64), 0.7
)


@pytest.mark.parametrize("sigma", [0.1, 1.0, 10.0])
def test_the_error_of_a_gaussian_is_known(sigma: float) -> None:
    v = 0.7**2
    expected = v * sigma**2 / (v + sigma**2)
    assert unavoidable(ONE, sigma) == pytest.approx(expected, rel=1e-6)


def test_the_entropy_of_a_gaussian_is_known() -> None:
    expected = -0.5 * math.log(2 * math.pi * math.e * 0.7**2)
    assert mean_log_density(ONE) == pytest.approx(expected, rel=1e-6)


def test_a_mixture_s_is_what_samples_say() -> None:
    line = toys.two_bumps()
    x = line.sample(20_000, torch.Generator().manual_seed(0))
    found = float(line.log_density(x, torch.zeros((), dtype=torch.float64)).mean())
    assert mean_log_density(line) == pytest.approx(found, abs=0.03)
