"""Under noise that is not Gaussian there is a denoiser, and Tweedie is wrong."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from scipy import integrate, stats

from gendiff.data import two_bumps
from gendiff.studies.perspectives import other_noises

X = np.linspace(-8.0, 7.0, 301)
DISTRIBUTIONS: dict[str, Any] = {
    "Gaussian": stats.norm(),
    "Laplace": stats.laplace(scale=0.5**0.5),
    "uniform": stats.uniform(-(3**0.5), 2 * 3**0.5),
}


def p(x: float) -> float:
    first, second = ((0.3, -2, 0.5), (0.7, 1, 0.2))
    return sum(
        w * math.exp(-((x - m) ** 2) / 2 / v) / math.sqrt(2 * math.pi * v)
        for w, m, v in (first, second)
    )


@pytest.mark.parametrize("kind", other_noises.KINDS, ids=lambda kind: kind.name)
def test_the_denoiser_is_the_ratio_of_two_integrals(
    kind: other_noises.NoiseKind,
) -> None:
    distribution = DISTRIBUTIONS[kind.name]
    found = other_noises.seen(two_bumps(), kind, 0.8, X)
    for i in (100, 150, 190):
        x = float(X[i])
        edges = [x - 0.8 * 3**0.5, x, x + 0.8 * 3**0.5]

        def joint(c: float, power: int, x: float = x) -> float:
            return c**power * p(c) * float(distribution.pdf((x - c) / 0.8)) / 0.8

        mass, first = (
            integrate.quad(joint, -8, 6, args=(power,), points=edges, limit=200)[0]
            for power in (0, 1)
        )
        assert found.density[i] == pytest.approx(mass, rel=1e-6)
        assert found.mean[i] == pytest.approx(first / mass, abs=1e-6)
    step = X[1] - X[0]
    slope = np.gradient(np.log(found.density), step)[100:200]
    got = (found.tweedie - X)[100:200] / 0.8**2
    np.testing.assert_allclose(got, slope, atol=0.02)


def test_only_the_gaussian_obeys_tweedie() -> None:
    errors = {
        kind.name: other_noises.seen(two_bumps(), kind, 0.8, X).error()
        for kind in other_noises.KINDS
    }
    assert errors["Gaussian"] < 1e-9
    known = other_noises.seen(two_bumps(), other_noises.LAPLACE, 0.8, X)
    assert known.over(X) == pytest.approx(0.1, abs=0.01)  # the data's mean
    assert min(errors["Laplace"], errors["uniform"]) > 0.1


@pytest.mark.parametrize("kind", other_noises.KINDS, ids=lambda kind: kind.name)
def test_draws_follow_the_density(kind: other_noises.NoiseKind) -> None:
    drawn = kind.draw(torch.empty(20_000), torch.Generator().manual_seed(0))
    assert stats.kstest(drawn.numpy(), DISTRIBUTIONS[kind.name].cdf).pvalue > 0.01


def nothing(x: torch.Tensor, _: torch.Tensor) -> torch.Tensor:
    return x


def test_the_loss_is_the_squared_error() -> None:
    loss = other_noises.Denoising(other_noises.UNIFORM, 0.8)
    x0 = torch.zeros(50_000, 1)
    got = loss(nothing, (x0,), torch.Generator().manual_seed(0))
    assert got.shape == (50_000,)
    assert float(got.mean()) == pytest.approx(0.64, rel=0.02)
