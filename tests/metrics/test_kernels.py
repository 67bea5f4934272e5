"""Energy distance and MMD against closed forms, and unbiased under the null."""

import math

import pytest
import torch

from gendiff.metrics import energy_distance, kernels, median_distance, squared_mmd


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


@pytest.mark.parametrize("bandwidth", [0.5, 1.0, 3.0])
@pytest.mark.parametrize("d", [1, 3])
def test_mmd_of_gaussians(d: int, bandwidth: float) -> None:
    # E k(x, y) for x - y ~ N(m, v I) is (h^2 / (h^2 + v))^(d/2) exp(-|m|^2 / 2(h^2+v)).
    def mean_kernel(shift: float, variance: float) -> float:
        total = bandwidth**2 + variance
        return (bandwidth**2 / total) ** (d / 2) * math.exp(-(shift**2) / 2 / total)

    expected = 2 * mean_kernel(0, 2) - 2 * mean_kernel(1.2, 2)
    shift = torch.zeros(d, dtype=torch.float64)
    shift[0] = 1.2
    found = squared_mmd(
        normal(2500, d), normal(2000, d, 1) + shift, bandwidth=bandwidth
    )
    assert found == pytest.approx(expected, rel=0.1)


def test_both_are_unbiased_under_the_null() -> None:
    pairs = [(normal(12, 2, 2 * i), normal(15, 2, 2 * i + 1)) for i in range(800)]
    for values in (
        [energy_distance(x, y) for x, y in pairs],
        [squared_mmd(x, y, bandwidth=1.0) for x, y in pairs],
    ):
        drawn = torch.tensor(values)
        error = drawn.std() / math.sqrt(len(drawn))
        assert drawn.mean().abs() < 3.5 * error
        assert drawn.min() < 0 < drawn.max()


def test_two_points_by_hand() -> None:
    x, y = torch.tensor([[0.0], [2.0]]), torch.tensor([[1.0], [5.0]])
    # 2 * (1 + 5 + 1 + 3) / 4 - 2 - 4
    assert energy_distance(x, y) == pytest.approx(-1)
    near, far = math.exp(-4 / 8), math.exp(-16 / 8)
    cross = (2 * math.exp(-1 / 8) + math.exp(-25 / 8) + math.exp(-9 / 8)) / 4
    assert squared_mmd(x, y, bandwidth=2.0) == pytest.approx(near + far - 2 * cross)


def test_chunks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = normal(50, 3), normal(37, 3, 1)
    whole = energy_distance(x, y), squared_mmd(x, y, bandwidth=1.0)
    monkeypatch.setattr(kernels, "_CHUNK", 7)
    parts = energy_distance(x, y), squared_mmd(x, y, bandwidth=1.0)
    assert parts == pytest.approx(whole, rel=1e-9)


def test_median_distance() -> None:
    # |x - x'| for x ~ N(0, 1) is sqrt(2) |z|, and the median of |z| is 0.6745.
    found = median_distance(normal(20_000), generator=seed())
    assert found == pytest.approx(math.sqrt(2) * 0.67449, rel=0.03)
    # No point is paired with itself.
    two = torch.tensor([[0.0], [3.0]])
    assert median_distance(two, generator=seed()) == 3


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
        squared_mmd(two, one, bandwidth=1.0)
    with pytest.raises(ValueError, match="two points"):
        median_distance(one, generator=seed())
