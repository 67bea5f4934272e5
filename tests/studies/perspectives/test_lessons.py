"""Answers cost no variance; errors and norms are noted; a goal lies between looks."""

import pytest
import torch
from torch import nn

from gendiff import Preconditioned
from gendiff.data import shuffled
from gendiff.levels import log_normal
from gendiff.nets import MLP
from gendiff.objectives import Objective, clean_weight, edm_weight
from gendiff.studies.perspectives import lessons
from gendiff.studies.perspectives.lessons import Answering
from gendiff.training import Plan
from gendiff.types import Batch


def points(n: int = 512) -> torch.Tensor:
    return torch.randn(n, 2, generator=torch.Generator().manual_seed(0))


def halved(x: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
    return x / (1 + sigma.reshape(-1, 1) ** 2)


def test_without_a_teacher_it_is_the_denoising_loss() -> None:
    net = Preconditioned(MLP(2, 8, 1), data_std=1.0)
    levels, weight = log_normal(-1.0, 1.4), edm_weight(1.0)
    one, other = (torch.Generator().manual_seed(3) for _ in range(2))
    mine = Answering(levels, weight)(net, (points(),), one)
    theirs = Objective(levels, weight)(net, (points(),), other)
    torch.testing.assert_close(mine, theirs)


def test_answers_of_the_exact_denoiser_leave_the_students_error_only() -> None:
    def wrong(x: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
        return halved(x, sigma) + 0.5

    lesson = Answering(log_normal(0.0, 1.0), clean_weight, halved)
    sigma = torch.full((512,), 0.7)
    found = lesson.at(wrong, points(), sigma, torch.Generator().manual_seed(1))
    torch.testing.assert_close(found, torch.full((512,), 0.25))
    data = Answering(log_normal(0.0, 1.0), clean_weight)
    # What cannot be known: sigma^2 / (1 + sigma^2) a coordinate, for Gaussian data.
    x0 = points(200_000)
    left = data.at(
        halved, x0, torch.full((len(x0),), 0.7), torch.Generator().manual_seed(1)
    )
    assert float(left.mean()) == pytest.approx(0.49 / 1.49, rel=0.01)


def test_spread_is_the_variance_of_batch_means() -> None:
    x0, generator = points(64 * 500), torch.Generator().manual_seed(1)
    data = Answering(log_normal(0.0, 1.0), clean_weight)
    found = lessons.spread(data, halved, x0, (0.7,), generator, size=64)
    # A mean of 128 squares of Gaussians of variance v has variance 2 v^2 / 128.
    v = 0.49 / 1.49
    assert found == pytest.approx(2 * v**2 / 128, rel=0.15)


class Line(nn.Module):
    """Two numbers, of which the first is pulled to 3."""

    def __init__(self) -> None:
        super().__init__()
        self.at = nn.Parameter(torch.zeros(1))
        self.other = nn.Parameter(torch.zeros(1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return 0 * x[:, 0] + 3 * self.at + 4 * self.other


def pulled(model: nn.Module, batch: Batch, generator: torch.Generator) -> torch.Tensor:
    del generator
    return model(batch[0])


def test_norms_are_unclipped_and_one_an_update() -> None:
    plan = Plan(steps=5, learning_rate=1e-2, clip=1.0)
    norms, weights = lessons.norms(Line, pulled, shuffled(points(), size=8), plan)
    assert norms == pytest.approx([5.0] * 5)  # of the gradient (3, 4)
    assert set(weights) == {"at", "other"}


def test_errors_are_of_averages_and_the_start_is_untouched() -> None:
    plan = Plan(steps=40, learning_rate=1e-2)

    def look(net: nn.Module) -> float:
        return float(net.state_dict()["at"])

    seen, (start, middle) = lessons.errors(
        Line, pulled, shuffled(points(), size=8), plan, look, 10
    )
    assert len(seen) == 4
    assert float(start["at"]) == 0
    assert 0 > float(middle["at"]) > seen[-1]
    assert float(middle["at"]) == pytest.approx(seen[1])


def test_a_goal_is_reached_between_two_looks() -> None:
    assert lessons.arrived([3.0, 2.0, 0.0], 1.5, 100) == pytest.approx(225)
    assert lessons.arrived([3.0, 2.0], 1.0, 100) == pytest.approx(400)
    assert lessons.arrived([0.5, 0.4], 1.0, 100) == pytest.approx(50)
