"""A class and everything: the class is one half, and its density can be drawn."""

import math

import torch

from gendiff.book.run import Run
from gendiff.studies.guidance.class_pairs import (
    described,
    energies,
    four_ways,
    from_grid,
    pair,
)
from gendiff.types import level

ONE, BOTH = pair([[1.0, 0.0], [0.0, 1.0]], [[-1.0, 0.0]], 0.5)


def test_the_class_is_one_half_of_everything() -> None:
    x = torch.randn(20, 2, generator=torch.Generator()).double()
    other, _ = pair([[-1.0, 0.0]], [[1.0, 0.0], [0.0, 1.0]], 0.5)
    each = [distribution.log_density(x, level(0.4)) for distribution in (ONE, other)]
    whole = torch.stack(each).logsumexp(0) - math.log(2)
    assert torch.allclose(whole, BOTH.log_density(x, level(0.4)))


def test_without_guidance_the_grid_gives_class_or_everything() -> None:
    for gamma, distribution in ((1.0, ONE), (0.0, BOTH)):
        generator = torch.Generator().manual_seed(0)
        x = from_grid(ONE, BOTH, gamma, 20_000, cells=81, edge=4, generator=generator)
        known = distribution.moments()
        assert torch.allclose(x.mean(0), known.mean, atol=0.02)
        assert torch.allclose(x.T.cov(), known.covariance, atol=0.03)


def test_guidance_moves_points_away_from_the_rest() -> None:
    x, far = (
        from_grid(
            ONE, BOTH, gamma, 5_000, cells=81, edge=4, generator=torch.Generator()
        )
        for gamma in (1.0, 4.0)
    )
    sure, surer = (
        BOTH.responsibilities(some, level(0.0))[:, :2].sum(1).mean()
        for some in (x, far)
    )
    assert surer > sure


def test_without_guidance_all_ways_draw_the_class() -> None:
    run = Run("guidance/exact", "smoke", 0)
    found = four_ways(run, ONE, BOTH, 1.0, points=800, steps=40, cells=81, step=0.01)
    far = energies(found)
    assert [*far] == ["promised", "Langevin", "SDE", "flow"]
    assert max(far.values()) < 0.03
    nowhere = found | {"flow": BOTH.sample(800, torch.Generator().manual_seed(0))}
    assert energies(nowhere)["flow"] > 0.1


def test_points_are_described_by_class_bump_and_distance() -> None:
    draw = torch.Generator().manual_seed(0)
    inner = torch.tensor([[0.0, 1.0]]).double().expand(40, 2)
    points = {"promised": ONE.sample(400, draw), "inner": inner}
    sure, central, away = described(ONE, BOTH, points)["inner"]
    assert sure > 0.9
    assert central == 1
    assert away > 0.3
    assert described(ONE, BOTH, points)["promised"][1] < 0.6
