"""Detectors on inputs whose detectability is known."""

import math

import pytest
import torch
from scipy import stats

from gendiff.typicality import DensityOfStates, StandardGaussian, auroc, fit_typicality

DISTRIBUTION = StandardGaussian(100)


def draws(n: int, scale: float, seed: int) -> torch.Tensor:
    """Return the surprisals of rescaled Gaussian vectors."""
    x = torch.randn(n, 100, generator=torch.Generator().manual_seed(seed)).double()
    return -DISTRIBUTION.log_density(scale * x)


def test_auroc_is_the_probability_of_a_larger_score() -> None:
    assert auroc(torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0])) == 1
    assert auroc(torch.tensor([3.0, 4.0]), torch.tensor([1.0, 2.0])) == 0
    # pairs: 2 > 1, 2 = 2, 5 > 1, 5 > 2
    assert auroc(torch.tensor([1.0, 2.0]), torch.tensor([2.0, 5.0])) == 3.5 / 4


def test_auroc_of_two_gaussians() -> None:
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(2, 20_000, generator=generator)
    wanted = float(stats.norm.cdf(1 / math.sqrt(2)))
    assert auroc(x[0], x[1] + 1) == pytest.approx(wanted, abs=0.01)


@pytest.mark.parametrize("size", [1, 5, 25])
def test_typicality_has_the_level_it_promises(size: int) -> None:
    generator = torch.Generator().manual_seed(size)
    test = fit_typicality(
        draws(20_000, 1.0, 1), draws(20_000, 1.0, 2), generator, size=size, level=0.1
    )
    assert test.entropy == pytest.approx(DISTRIBUTION.entropy, abs=0.3)
    fresh = draws(2_000 * size, 1.0, 3).reshape(2_000, size)
    rate = float(test.rejects(fresh).double().mean())
    assert rate == pytest.approx(0.1, abs=0.035)  # both rates vary
    # The threshold is that of a chi-square mean around its own.
    distribution = stats.chi2(100 * size)
    wanted = test.threshold * 2 * size
    exact = distribution.sf(100 * size + wanted) + distribution.cdf(100 * size - wanted)
    assert exact == pytest.approx(0.1, abs=0.03)


def test_larger_batches_detect_smaller_differences() -> None:
    rates: list[float] = []
    for size in (1, 5, 25):
        test = fit_typicality(
            draws(5_000, 1.0, 1),
            draws(5_000, 1.0, 2),
            torch.Generator().manual_seed(0),
            size=size,
        )
        foreign = draws(500 * size, 0.95, 4).reshape(500, size)
        rates.append(float(test.rejects(foreign).double().mean()))
    assert rates[0] < 0.3
    assert rates[0] < rates[1] < rates[2]
    assert rates[2] > 0.95


def test_density_of_states_is_a_sum_of_scipys_kernel_estimates() -> None:
    generator = torch.Generator().manual_seed(5)
    data = torch.randn(300, 2, generator=generator).double() * torch.tensor([1.0, 5.0])
    seen = torch.tensor([[0.0, 0.0], [2.0, -3.0], [9.0, 0.0]], dtype=torch.float64)
    wanted = torch.zeros(3, dtype=torch.float64)
    for j in range(2):
        kde = stats.gaussian_kde(data[:, j].numpy(), bw_method=1.06 * 300**-0.2)
        wanted -= torch.as_tensor(kde.logpdf(seen[:, j].numpy()))
    assert torch.allclose(DensityOfStates(data).score(seen), wanted, rtol=1e-6)


def test_user_errors_name_the_remedy() -> None:
    with pytest.raises(ValueError, match="leave it out"):
        DensityOfStates(torch.ones(5, 1))
    generator = torch.Generator()
    with pytest.raises(ValueError, match="size from 1"):
        fit_typicality(torch.ones(5), torch.ones(5), generator, size=0)
