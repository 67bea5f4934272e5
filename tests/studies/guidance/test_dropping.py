"""The exam of guided denoisers: the exact one passes, others get what they deserve."""

import pytest
import torch
from torch import Tensor, nn

from gendiff.data import toys
from gendiff.studies.guidance import dropping

EXAM = dropping.exam(60, torch.Generator().manual_seed(0))
STD = 0.5


class Exact(nn.Module):
    """The two formulas, with a push that is `push` times too long."""

    def __init__(self, push: float = 1.0) -> None:
        super().__init__()
        self.push = push

    def forward(self, x: Tensor, sigma: Tensor, y: Tensor | None = None) -> Tensor:
        free = toys.digits64()(x.double(), sigma.double())
        if y is None:
            return free.float()
        given = torch.cat(
            [
                dropping.conditioned(int(c))(
                    x[k : k + 1].double(), sigma[k : k + 1].double()
                )
                for k, c in enumerate(y)
            ]
        )
        return (free + self.push * (given - free)).float()


def test_the_exact_denoiser_gets_full_marks() -> None:
    found = EXAM.marks(Exact(), data_std=STD)
    assert found.guided == pytest.approx(0, abs=1e-9)
    assert found.cosine == pytest.approx(1, abs=1e-5)


def test_no_other_denoiser_loses_less() -> None:
    exact = EXAM.marks(Exact(), data_std=STD).loss
    assert exact < EXAM.marks(Exact(1.2), data_std=STD).loss
    assert exact < EXAM.marks(Exact(0.8), data_std=STD).loss


def test_a_longer_push_errs_by_its_length() -> None:
    found = EXAM.marks(Exact(1.5), data_std=STD)
    push = EXAM.given - EXAM.free
    weight = EXAM.sigma**-2 + STD**-2
    wrong = (weight * (dropping.SCALE * 0.5 * push).square().mean(1)).mean()
    assert found.guided == pytest.approx(float(wrong), rel=1e-4)
    assert found.cosine == pytest.approx(1, abs=1e-5)


def test_a_push_the_other_way_has_the_cosine_minus_one() -> None:
    assert EXAM.marks(Exact(-1.0), data_std=STD).cosine == pytest.approx(-1, abs=1e-5)


def test_the_classes_make_up_the_world() -> None:
    world = toys.digits64()
    apart = [dropping.conditioned(c) for c in range(10)]
    assert torch.equal(torch.cat([each.means for each in apart]), world.means)
    assert all(float(each.weights.sum()) == pytest.approx(1) for each in apart)


def test_a_thawed_network_is_a_copy_that_learns() -> None:
    frozen = nn.Linear(2, 2).requires_grad_(requires_grad=False)
    thawed = dropping.thawed(frozen)
    assert all(p.requires_grad for p in thawed.parameters())
    assert not any(p.requires_grad for p in frozen.parameters())
    assert torch.equal(thawed.weight, frozen.weight)
