"""DDPM's levels, thinned, and those between."""

import pytest
import torch

from gendiff.data import moons
from gendiff.studies.perspectives import noise_tables


def test_a_thinned_table_has_the_same_ends() -> None:
    whole, thin = noise_tables.table(1_000), noise_tables.table(10)
    assert len(whole) == 1_000
    assert thin[0] == whole[0] == pytest.approx(157.4, abs=0.1)
    assert thin[-1] == whole[-1] == pytest.approx((1e-4 / (1 - 1e-4)) ** 0.5)
    assert thin[1] == whole[111]
    with pytest.raises(ValueError, match="2 to 1000"):
        noise_tables.table(1)


def test_as_many_levels_between_any_two_entries() -> None:
    levels = noise_tables.between([8.0, 2.0, 1.0])
    drawn = levels(40_000, torch.Generator().manual_seed(0))
    assert 1 <= float(drawn.min()) < float(drawn.max()) <= 8
    quarters = drawn.quantile(torch.tensor([0.25, 0.5, 0.75], dtype=torch.float64))
    assert quarters.tolist() == pytest.approx([2**0.5, 2, 4], rel=0.03)


def test_points_of_the_flow_and_of_the_chain_are_data() -> None:
    def draw(name: str) -> torch.Generator:
        return torch.Generator().manual_seed(sum(map(ord, name)))

    data = moons()
    right = data.moments().covariance
    flow = noise_tables.flowing(data, data, 20, 2, 2_000, draw)
    chain = noise_tables.chained(data, 200, 2, 2_000, draw)
    for sets in (flow, chain):
        assert len(sets) == 2
        assert not torch.equal(sets[0], sets[1])
        found = torch.cov(torch.cat(sets).double().T)
        assert float((found - right).norm() / right.norm()) < 0.05
