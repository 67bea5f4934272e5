"""Straight paths have no bend; a known curve has a known one."""

import math

import pytest
import torch

from gendiff.nets import MLP
from gendiff.studies.perspectives import straightness


def test_paths_at_constant_speed_are_straight() -> None:
    def field(x: torch.Tensor, time: torch.Tensor) -> torch.Tensor:
        del time
        return torch.ones_like(x)

    walked = straightness.paths(field, torch.randn(5, 2), 7)
    assert walked.shape == (8, 5, 2)
    torch.testing.assert_close(walked[-1], walked[0] + 1)
    assert straightness.bend(walked) == pytest.approx(0, abs=1e-10)


def test_a_quarter_of_a_circle() -> None:
    def turn(x: torch.Tensor, time: torch.Tensor) -> torch.Tensor:
        del time
        return math.pi / 2 * torch.stack([-x[:, 1], x[:, 0]], dim=1)

    walked = straightness.paths(turn, torch.tensor([[1.0, 0.0]]).double(), 4_000)
    # Speed (pi / 2)^2 squared, displacement (-1, 1): the mean square is the difference.
    expected = ((math.pi / 2) ** 2 - 2) / 2
    assert straightness.bend(walked) == pytest.approx(expected, rel=2e-3)


def test_flow_matching_is_least_for_the_displacement() -> None:
    start, end = torch.randn(64, 2), torch.randn(64, 2)

    class Knows(torch.nn.Module):
        def forward(self, x: torch.Tensor, time: torch.Tensor) -> torch.Tensor:
            torch.testing.assert_close(x, torch.lerp(start, end, time[:, None]))
            return end - start + 0.5

    losses = straightness.flow_matching(Knows(), (start, end), torch.Generator())
    torch.testing.assert_close(losses, torch.full((64,), 0.25))


def test_a_network_is_a_field() -> None:
    field = straightness.Velocity(MLP(2, 8, 1))
    assert straightness.paths(field, torch.randn(3, 2), 2).shape == (3, 3, 2)
