"""One field trained in two ways, and the time until it is near the data."""

from typing import cast

import torch
from torch import Tensor, nn

from gendiff.data import ring, shuffled
from gendiff.families.cnf import Continuous, point_cnf, through
from gendiff.families.flow import Flow
from gendiff.studies.perspectives.one_field import (
    Contestant,
    arrival,
    on_straight_paths,
)
from gendiff.studies.perspectives.update_price import ticking
from gendiff.training import Plan

DATA = ring().sample(500, torch.Generator().manual_seed(0)).float()


def test_a_still_field_misses_the_whole_velocity() -> None:
    flow = point_cnf(2, solve=through(2))  # moves nothing at first
    loss = on_straight_paths(flow, (DATA,), torch.Generator().manual_seed(1))
    draws = torch.Generator().manual_seed(1)
    torch.rand(len(DATA), generator=draws)
    eps = torch.randn(DATA.shape, generator=draws)
    torch.testing.assert_close(loss.detach(), (eps - DATA).square().mean(1))


class Place(nn.Module):
    """A velocity that is where a point is, plus the time."""

    def forward(self, x: Tensor, time: Tensor) -> Tensor:
        return x + time[:, None]


def test_paths_lead_from_data_at_time_zero_to_noise() -> None:
    flow = Flow([Continuous(Place(), solve=through(2))], shape=(2,))
    loss = on_straight_paths(flow, (DATA,), torch.Generator().manual_seed(1))
    draws = torch.Generator().manual_seed(1)
    t = torch.rand(len(DATA), 1, generator=draws)
    eps = torch.randn(DATA.shape, generator=draws)
    velocity = (1 - t) * DATA + t * eps + t
    torch.testing.assert_close(loss, (velocity - (eps - DATA)).square().mean(1))


def test_training_stops_where_it_is_near_enough() -> None:
    torch.manual_seed(0)
    seen = iter([3.0, 2.0, 0.5, 0.1])
    with ticking() as clock:
        found = arrival(
            point_cnf(2, solve=through(2)), on_straight_paths, shuffled(DATA, size=16),
            Plan(steps=100), far=lambda _: next(seen), goal=1.0, every=4, clock=clock,
        )  # fmt: skip
    assert found.arrived
    assert found.times == [4.0, 8.0, 12.0]
    assert found.spent == 12.0
    assert found.distances == [3.0, 2.0, 0.5]


def test_who_never_gets_near_has_not_arrived() -> None:
    with ticking() as clock:
        found = arrival(
            point_cnf(2, solve=through(2)), on_straight_paths, shuffled(DATA, size=16),
            Plan(steps=8), far=lambda _: 2.0, goal=1.0, every=4, clock=clock,
        )  # fmt: skip
    assert not found.arrived
    assert found.spent == 8.0


def spread(flow: nn.Module) -> float:
    """Return how much the radii of a flow's samples differ."""
    made = cast("Flow", flow).generate(500, torch.Generator().manual_seed(3))
    return float(made.norm(dim=1).std())


def test_the_field_that_is_learnt_leads_to_the_data() -> None:
    torch.manual_seed(0)
    flow = point_cnf(2, solve=through(8))
    before = spread(flow)
    with ticking() as clock:
        found = arrival(
            flow, on_straight_paths, shuffled(DATA, size=128),
            Plan(steps=300, learning_rate=1e-2), far=spread, goal=0.0, every=300,
            clock=clock,
        )  # fmt: skip
    assert found.distances[-1] < before / 2  # on a ring all radii are alike


def test_a_contestant_looks_as_often_as_it_is_told_and_others_start_elsewhere() -> None:
    starts: list[float] = []

    def far(flow: nn.Module) -> float:
        starts.append(sum(float(w.abs().sum()) for w in flow.parameters()))
        return 2.0

    field = Contestant(through(2), on_straight_paths, 8, 1e-9)
    for number in (0, 0, 1):
        found = field.race(DATA, number, far=far, goal=1.0, looks=4, clock=ticking)
        assert found.times == [2.0, 4.0, 6.0, 8.0]
        assert not found.arrived
    assert starts[:4] == starts[4:8]
    assert abs(starts[0] - starts[3]) < 1e-3 < abs(starts[0] - starts[8])
