"""The exam of guided denoisers: the exact one passes, others get what they deserve."""

import pytest
import torch
from torch import Tensor, nn

from gendiff.data import toys
from gendiff.noise import seeded
from gendiff.objectives import edm_weight
from gendiff.studies.guidance import dropping

STD = 0.5
EXAM = dropping.exam(60, STD, torch.Generator().manual_seed(0))


class Exact(nn.Module):
    """The two formulas, with a push that is `push` times too long."""

    def __init__(self, push: float = 1.0) -> None:
        super().__init__()
        self.push = push

    def forward(self, x: Tensor, sigma: Tensor, y: Tensor | None = None) -> Tensor:
        free = toys.digits64()(x.double(), sigma.double())
        if y is None:
            return free.float()
        given = torch.zeros_like(free)
        for c in y.unique().tolist():
            k = y == c
            given[k] = dropping.conditioned(c)(x[k].double(), sigma[k].double())
        return (free + self.push * (given - free)).float()


def test_the_exact_denoiser_gets_full_marks() -> None:
    found = EXAM.marks(Exact())
    assert float(found.excess.max()) < 1e-9
    assert float(found.guided.max()) < 1e-9


def test_who_isnt_told_the_label_lacks_what_the_exam_says() -> None:
    assert torch.allclose(EXAM.marks(Exact(0.0)).excess, EXAM.blind(), atol=1e-7)
    assert float(EXAM.blind().mean()) > 0.01


def test_a_longer_push_errs_by_its_length() -> None:
    weight = EXAM.sigma**-2 + STD**-2
    wrong = weight * (0.5 * (EXAM.given - EXAM.free)).square().mean(1)
    found = EXAM.marks(Exact(1.5))
    assert torch.allclose(found.excess, wrong, rtol=1e-3, atol=1e-7)
    assert torch.allclose(found.guided, dropping.SCALE**2 * wrong, rtol=1e-3, atol=1e-7)


def test_the_excess_is_that_of_the_loss() -> None:
    generator = torch.Generator().manual_seed(1)
    x0, y = dropping.pairs(20_000, generator)
    sigma = dropping.LEVELS(len(x0), generator).float()
    x = x0 + sigma[:, None] * seeded(generator)(x0)
    weight = edm_weight(STD)(sigma)
    exact, off = Exact()(x, sigma, y), Exact(0.5)(x, sigma, y)
    more = weight * ((off - x0).square() - (exact - x0).square()).mean(1)
    wrong = weight * (off - exact).square().mean(1)
    error = float((more - wrong).std()) / len(x0) ** 0.5
    assert float(more.mean()) == pytest.approx(float(wrong.mean()), abs=4 * error)
    assert float(wrong.mean()) > 8 * error


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
