"""Densities that sum to one by construction, and one that does not."""

import pytest
import torch

from gendiff.data import shuffled
from gendiff.exact import GaussianMixture
from gendiff.studies.perspectives import normalisers


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def test_a_mask_keeps_the_sum() -> None:
    sums = [
        normalisers.integral(
            normalisers.scrambled(
                normalisers.Autoregressive(16, masked=masked), 0.6, generator()
            ).log_density,
            edge=14.0,
            step=0.1,
        )
        for masked in (True, False)
    ]
    assert sums[0] == pytest.approx(1, abs=1e-5)
    assert abs(sums[1] - 1) > 0.01


def test_the_score_of_an_energy_is_its_slope() -> None:
    net = normalisers.Energy(8).double()
    x = torch.randn(5, 2, generator=generator(), dtype=torch.float64)
    h = 1e-5 * torch.eye(2, dtype=torch.float64)
    slope = torch.stack(
        [(net.log_weight(x + e) - net.log_weight(x - e)) / 2e-5 for e in h], 1
    )
    torch.testing.assert_close(net(x), slope, atol=1e-8, rtol=1e-6)
    with torch.no_grad():
        torch.testing.assert_close(net(x), slope, atol=1e-8, rtol=1e-6)


def test_no_score_at_all_loses_one() -> None:
    loss = normalisers.AtOneLevel(0.3)
    got = loss(torch.zeros_like, (torch.ones(50_000, 2),), generator())
    assert float(got.mean()) == pytest.approx(1, rel=0.02)


def test_an_unnormalised_likelihood_only_grows() -> None:
    torch.manual_seed(0)
    data = shuffled(torch.randn(500, 2, generator=generator()), size=100)
    first, second = normalisers.raised(
        normalisers.Energy(16), data, 0.3, 100, 1e-3, generator()
    )
    assert second > first > 0


def test_errors_are_counted_in_scores() -> None:
    one = torch.ones(1, dtype=torch.float64)
    data = GaussianMixture.isotropic(one, torch.zeros(1, 2, dtype=torch.float64), 0.6)
    # Data of variance 0.36 and noise of 0.64: the score is -x.
    for factor in (0.0, 1.0, 1.5):
        got = normalisers.relative_error(
            lambda x, f=factor: -f * x, data, 0.8, 100, generator()
        )
        assert got == pytest.approx(abs(1 - factor), abs=1e-6)
