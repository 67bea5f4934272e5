"""Precision, recall, density and coverage: by hand, and where samples fall short."""

from functools import partial

import pytest
import torch

from gendiff.metrics import coverage, density, neighbours, precision, recall
from gendiff.metrics.neighbours import radii


def seed(value: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(value)


def normal(n: int, d: int = 2, at: int = 0) -> torch.Tensor:
    return torch.randn(n, d, generator=seed(at))


def column(*values: float) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float32)[:, None]


def test_radii_by_hand() -> None:
    points = column(0, 1, 3, 7)
    assert radii(points, k=1).tolist() == [1, 1, 2, 4]
    assert radii(points, k=2).tolist() == [3, 2, 3, 6]
    for k in (0, 4):
        with pytest.raises(ValueError, match="more points"):
            radii(points, k=k)


def test_values_by_hand() -> None:
    reals = column(0, 1, 3, 7)  # balls [-1, 1], [0, 2], [1, 5], [3, 11] for k = 1
    samples = column(1.5, 4, 12, -3)
    assert precision(samples, reals, k=1) == 0.5
    # 1.5 lies in the second and third ball, 4 in the third and fourth.
    assert density(samples, reals, k=1) == 1.0
    assert coverage(samples, reals, k=1) == 0.75
    # The samples' balls: [-1, 4], [1.5, 6.5], [4, 20], [-7.5, 1.5]: all reals inside.
    assert recall(samples, reals, k=1) == 1.0
    assert recall(column(10, 11), reals, k=1) == 0.0
    assert recall(column(2.5, 4), reals, k=1) == 0.5  # [1, 4], [2.5, 5.5]


def test_identical_sets_are_perfect() -> None:
    x = normal(300)
    assert precision(x, x) == recall(x, x) == coverage(x, x) == 1
    # Every point lies in its own ball and, on average, in k others.
    assert density(x, x, k=5) == pytest.approx(6 / 5, abs=0.05)


def test_expected_coverage_of_a_perfect_sampler() -> None:
    # Naeem et al. (2020), lemma 2, for equally many reals and samples: close to
    # 1 - 2^-k, because each of 2 n - 1 others is equally likely to come first.
    found = [
        coverage(normal(500, 2, 2 * i), normal(500, 2, 2 * i + 1)) for i in range(9)
    ]
    assert sum(found) / 9 == pytest.approx(1 - 2**-5, abs=0.01)
    spread = [
        density(normal(500, 2, 2 * i), normal(500, 2, 2 * i + 1)) for i in range(9)
    ]
    assert sum(spread) / 9 == pytest.approx(1, abs=0.03)


def test_a_lost_mode_costs_recall_and_noise_costs_precision() -> None:
    centre = torch.tensor([[-5.0, 0.0], [5.0, 0.0]])
    reals = normal(400) + centre.repeat(200, 1)
    one_mode = normal(400, at=1) + centre[:1]
    assert precision(one_mode, reals) > 0.9
    assert recall(one_mode, reals) == pytest.approx(0.48, abs=0.05)
    assert coverage(one_mode, reals) == pytest.approx(0.5, abs=0.03)
    noisy = reals + 6 * normal(400, at=2)
    assert precision(noisy, reals) < 0.5
    assert density(noisy, reals) < 0.5


def test_an_outlier_fools_precision_but_not_density() -> None:
    reals = torch.cat([normal(200), torch.tensor([[20.0, 0.0]])])
    astray = torch.tensor([[12.0, 0.0]]) + 0.1 * normal(100, at=1)
    assert precision(astray, reals) == 1
    assert density(astray, reals) < 0.25


def test_chunks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = normal(60, 3), normal(45, 3, 1)
    metrics = [
        partial(metric, k=2) for metric in (precision, recall, density, coverage)
    ]
    whole = [metric(x, y) for metric in metrics]
    monkeypatch.setattr(neighbours, "_CHUNK", 7)
    assert [metric(x, y) for metric in metrics] == pytest.approx(whole, abs=1e-12)
