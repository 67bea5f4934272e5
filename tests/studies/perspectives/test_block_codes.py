"""Coding in blocks: errors and bits that are known, and a known price."""

import math

import pytest
import torch

from gendiff.studies.perspectives import block_codes


def noise(std: float) -> torch.Tensor:
    """Return grey noise, which any orthonormal transform leaves as it is."""
    generator = torch.Generator().manual_seed(0)
    return 128 + std * torch.randn(128, 128, generator=generator).double()


def test_rounding_costs_its_entropy_and_leaves_a_uniform_error() -> None:
    steps = torch.full((8, 8), 10.0, dtype=torch.float64)
    found = block_codes.coded(noise(40), steps)
    assert found.error == pytest.approx(10 / math.sqrt(12), rel=0.02)
    entropy = math.log2(40 / 10 * math.sqrt(2 * math.pi * math.e))
    assert found.bits == pytest.approx(entropy, abs=0.12)
    back = (found.picture - noise(40)).square().mean().sqrt().item()
    assert back == pytest.approx(found.error, rel=1e-6)


def test_a_price_is_kept() -> None:
    found = block_codes.priced(noise(40), block_codes.STEPS.flip(0, 1), 1.5)
    assert found.bits == pytest.approx(1.5, abs=0.01)


def test_the_eye_is_most_sensitive_to_eight_cycles_a_degree() -> None:
    f = torch.linspace(0, 60, 6_001, dtype=torch.float64)
    seen = block_codes.sensitivity(f)
    assert f[seen.argmax()].item() == pytest.approx(8, abs=0.3)
    assert seen.max().item() == pytest.approx(1, abs=0.03)


def test_fine_error_is_seen_less() -> None:
    fine, coarse = torch.ones(2, 8, 8, dtype=torch.float64)
    fine[4:], coarse[:4] = 60, 60
    codes = [block_codes.coded(noise(40), steps) for steps in (fine, coarse)]
    assert codes[0].seen < codes[1].seen / 2
