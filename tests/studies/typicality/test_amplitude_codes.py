"""Codes of amplitudes: rulers, probabilities, and the mode that depends on both."""

import math

import pytest
import torch

from gendiff.audio import pcm
from gendiff.studies.typicality import amplitude_codes as codings
from gendiff.studies.typicality.amplitude_codes import Coding

BOTH = (codings.even(65), codings.mu_law(65))
X = torch.linspace(-1, 1, 301, dtype=torch.float64)


@pytest.mark.parametrize("coding", BOTH, ids=("even", "mu-law"))
def test_a_code_is_that_of_the_edges_it_lies_between(coding: Coding) -> None:
    assert torch.equal(coding.codes(coding.amplitudes), torch.arange(65))
    assert torch.equal(coding.codes(X), torch.searchsorted(coding.edges, X, right=True))
    assert coding.heard(torch.tensor([0, 32, 64])).tolist() == pytest.approx([-1, 0, 1])


def test_the_rulers_are_even_steps_and_the_mu_law() -> None:
    even, mu_law = BOTH
    assert torch.allclose(even.amplitudes.diff(), torch.tensor(1 / 32).double())
    assert torch.equal(mu_law.codes(X), pcm.mu_law(X, levels=65))
    wanted = pcm.mu_law_inverse(torch.arange(65), levels=65).double()
    assert torch.allclose(mu_law.amplitudes, wanted, atol=1e-6)


@pytest.mark.parametrize("coding", BOTH, ids=("even", "mu-law"))
def test_probabilities_are_those_of_rounded_draws(coding: Coding) -> None:
    p = coding.probability(0.1, 0.2)
    assert float(p.sum()) == pytest.approx(1)
    n = 200_000
    g = torch.Generator().manual_seed(0)
    drawn = 0.1 + 0.2 * torch.randn(n, generator=g, dtype=torch.float64)
    counts = torch.bincount(coding.codes(drawn.clamp(-1, 1)), minlength=65)
    error = (p * (1 - p) / n).sqrt().clamp(min=1e-4)
    assert float(((counts / n - p) / error).abs().max()) < 4.5


def test_the_likeliest_even_code_is_the_mean() -> None:
    even, _ = BOTH
    for mean in (-0.5, 0.0, 0.25):
        assert even.likeliest(mean, 0.1) == pytest.approx(mean)


@pytest.mark.parametrize("scale", [0.003, 0.01, 0.1, 0.2])
def test_the_likeliest_mu_law_code_is_where_the_formula_says(scale: float) -> None:
    coding = codings.mu_law(4_096)
    x = codings.loudest(scale, levels=4_096)
    assert x**2 + x / 4_095 == pytest.approx(scale**2)
    assert abs(coding.likeliest(0.0, scale)) == pytest.approx(x, rel=0.01)
    # The maximum of the density itself, on a fine grid.
    grid = torch.linspace(1e-6, 1, 400_001, dtype=torch.float64)
    density = torch.log1p(255 * grid) - grid**2 / (2 * scale**2)
    found = float(grid[density.argmax()])
    assert codings.loudest(scale, levels=256) == pytest.approx(found, abs=1e-5)


def test_faint_noise_has_the_code_at_zero() -> None:
    coding = codings.mu_law(256)
    least = abs(coding.likeliest(0.0, 1e-4))
    assert least == pytest.approx(math.expm1(math.log(256) / 255) / 255)
