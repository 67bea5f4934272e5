"""The floor is the metric's value for real data against other real data."""

from functools import partial

import pytest
import torch

from gendiff.metrics import coverage, energy_distance, floor, sliced_wasserstein


def seed(value: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(value)


def test_parts_are_disjoint_and_of_the_sizes_asked_for() -> None:
    seen: list[tuple[torch.Tensor, torch.Tensor]] = []

    def spy(x: torch.Tensor, y: torch.Tensor) -> float:
        seen.append((x, y))
        return float(len(seen))

    found = floor(spy, torch.arange(20), n=10, generator=seed(), repeats=3)
    assert (found.mean, found.spread) == (2, 1)
    for x, y in seen:
        assert (len(x), len(y)) == (10, 10)
        assert torch.cat([x, y]).sort().values.tolist() == list(range(20))
    assert not torch.equal(seen[0][0], seen[1][0])


def test_floor_is_what_a_perfect_sampler_reaches() -> None:
    reals = torch.randn(4000, 2, generator=seed())
    fresh = torch.randn(300, 2, generator=seed(1))
    directions = torch.Generator()
    for metric in (
        energy_distance,
        coverage,
        lambda x, y: sliced_wasserstein(x, y, generator=directions.manual_seed(0)),
        partial(coverage, k=3),
    ):
        ground = floor(metric, reals, n=300, generator=seed(2))
        assert abs(metric(fresh, reals[:300]) - ground.mean) < 4 * ground.spread
        assert abs(metric(fresh + 1, reals[:300]) - ground.mean) > 5 * ground.spread


def test_too_few_data_are_refused() -> None:
    with pytest.raises(ValueError, match="more data"):
        floor(energy_distance, torch.zeros(10, 1), n=6, generator=seed())
