"""Masks that are lifted in steps and by jumps, against the table."""

import numpy as np
import pytest
import torch

from gendiff.data import moons
from gendiff.discrete.joint import random
from gendiff.studies.perspectives import four_cells


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


TABLE = four_cells.tokens(moons())


def test_the_tokens_of_a_point_are_its_cells() -> None:
    assert TABLE.log_probability.shape == (5, 5, 5, 5)
    points = moons().sample(20_000, generator())
    cell = ((points + four_cells.EDGE) / (2 * four_cells.EDGE) * 25).long()
    x = torch.stack([cell[:, 0] // 5, cell[:, 0] % 5, cell[:, 1] // 5, cell[:, 1] % 5])
    drawn = four_cells.counted(x.T)
    assert float((drawn - TABLE.probability).abs().sum() / 2) < 0.06
    image = four_cells.picture(drawn)
    best = image.argmax()
    row, column = int(best) // 25, int(best) % 25
    assert drawn[column // 5, column % 5, row // 5, row % 5] == drawn.max()


def test_both_ways_of_lifting_masks_give_the_table() -> None:
    real, other = (TABLE.sample(4_000, generator(s)) for s in (1, 2))
    apart = four_cells.variation(real, other)
    stepped = four_cells.chain(TABLE, 4_000, 200, generator())
    jumped, times = four_cells.jumps(TABLE, 4_000, generator())
    assert four_cells.variation(stepped, real) < 1.4 * apart
    assert four_cells.variation(jumped, real) < 1.2 * apart
    torn = four_cells.shuffled(jumped, generator())
    assert four_cells.variation(torn, real) > 5 * apart
    assert four_cells.variation(real, real) == 0
    # The last of four uniform times has the mean 1/5, the first 4/5.
    assert times.mean(0).tolist() == pytest.approx([0.8, 0.6, 0.4, 0.2], abs=0.02)


def test_one_step_lifts_all_masks_independently() -> None:
    alone = four_cells.chain(TABLE, 4_000, 1, generator())
    assert four_cells.variation(alone, TABLE.sample(4_000, generator(1))) > 0.4


def test_the_bound_is_the_mean_over_orders() -> None:
    data, model = (random(3, 4, generator(s)) for s in (0, 1))
    cross = -float((data.probability * model.log_probability).sum())
    orders = four_cells.over_orders(data, model.fill)
    assert orders == pytest.approx([cross] * 6)  # of a joint, order is nothing

    def hedging(tokens: torch.Tensor) -> torch.Tensor:
        return (model.fill(tokens) / 2).log_softmax(-1)

    orders = four_cells.over_orders(data, hedging)
    assert max(orders) - min(orders) > 0.01
    assert four_cells.bound(data, hedging) == pytest.approx(float(np.mean(orders)))


def test_real_sets_are_as_far_apart_as_real_sets() -> None:
    def draw(name: str) -> torch.Generator:
        return torch.Generator().manual_seed(sum(map(ord, name)))

    data = moons()
    table = four_cells.tokens(data)
    points = data.sample(500, draw("mine")).float()
    sequences = table.sample(4_000, draw("mine"))
    for x in (points, sequences):
        assert 0.6 < four_cells.over_floor(x, data, table, draw) < 1.6
        torn = four_cells.shuffled(x, draw("torn"))
        assert four_cells.over_floor(torn, data, table, draw) > 2
