"""Energy distance against closed forms, and unbiased under the null."""

import math

import pytest
import torch

from gendiff.metrics import energy, energy_distance


def seed(value: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(value)


def normal(n: int, d: int = 1, at: int = 0) -> torch.Tensor:
    return torch.randn(n, d, generator=seed(at), dtype=torch.float64)


def folded(mean: float, std: float) -> float:
    """Return E|Z| of a Gaussian."""
    tail = std * math.sqrt(2 / math.pi) * math.exp(-((mean / std) ** 2) / 2)
    return tail + mean * math.erf(mean / (std * math.sqrt(2)))


@pytest.mark.parametrize(("mean", "std"), [(0.5, 1.0), (2.0, 1.0), (0.0, 2.0)])
def test_energy_distance_of_gaussians(mean: float, std: float) -> None:
    expected = 2 * folded(mean, math.hypot(1, std))
    expected -= folded(0, math.sqrt(2)) + folded(0, std * math.sqrt(2))
    found = energy_distance(normal(2500), mean + std * normal(2000, at=1))
    assert found == pytest.approx(expected, abs=0.03, rel=0.05)


def test_it_is_unbiased_under_the_null() -> None:
    pairs = [(normal(12, 2, 2 * i), normal(15, 2, 2 * i + 1)) for i in range(800)]
    drawn = torch.tensor([energy_distance(x, y) for x, y in pairs])
    error = drawn.std() / math.sqrt(len(drawn))
    assert drawn.mean().abs() < 3.5 * error
    assert drawn.min() < 0 < drawn.max()


def test_two_points_by_hand() -> None:
    x, y = torch.tensor([[0.0], [2.0]]), torch.tensor([[1.0], [5.0]])
    # 2 * (1 + 5 + 1 + 3) / 4 - 2 - 4
    assert energy_distance(x, y) == pytest.approx(-1)


def test_chunks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = normal(50, 3), normal(37, 3, 1)
    whole = energy_distance(x, y)
    monkeypatch.setattr(energy, "_CHUNK", 7)
    parts = energy_distance(x, y)
    assert parts == pytest.approx(whole, rel=1e-9)


def test_images_are_points() -> None:
    x, y = normal(30, 16), normal(20, 16, 1)
    flat = energy_distance(x, y)
    shaped = energy_distance(x.reshape(30, 1, 4, 4), y.reshape(20, 1, 4, 4))
    assert flat == shaped


def test_a_single_point_has_no_pairs() -> None:
    one, two = torch.zeros(1, 2), torch.zeros(2, 2)
    with pytest.raises(ValueError, match="two points"):
        energy_distance(one, two)
    with pytest.raises(ValueError, match="two points"):
        energy_distance(two, one)
