"""25 classes: a scale of 1 keeps all their diversity."""

import math
from functools import partial

import pytest
import torch
from torch import Tensor

from gendiff.exact import GaussianMixture
from gendiff.record import last
from gendiff.sampling import sample
from gendiff.studies.guidance import class_lattice as lattice
from gendiff.types import Denoiser


def fresh(purpose: str = "points") -> torch.Generator:
    return torch.Generator().manual_seed(len(purpose))


def flow(denoise: Denoiser, white: Tensor, everything: GaussianMixture) -> Tensor:
    known = everything.moments()
    return last(sample(denoise, white, gaussian=known, evaluations=20))


def test_the_field_has_the_diversity_of_its_points() -> None:
    field = lattice.field(2.0)
    assert len(field.means) == 25
    assert torch.allclose(field.means.mean(0), torch.zeros(2).double())
    assert lattice.diversity_of(field) == pytest.approx(math.sqrt(18))
    drawn = field.sample(20_000, fresh())
    assert lattice.diversity(drawn) == pytest.approx(math.sqrt(18), rel=0.02)


def test_without_guidance_a_sampler_keeps_all() -> None:
    routes = {"flow": flow}
    rows = lattice.of_routes(lattice.field(2.0), 1.0, routes, 100, fresh)
    assert rows["flow"] == pytest.approx((1, 1), abs=0.05)


def test_guided_points_come_by_class() -> None:
    field = lattice.field(6.0)
    points = lattice.guided(field, 1.0, flow, 40, fresh())
    assert points.shape == (25, 40, 2)
    assert torch.allclose(points.mean(1), field.means, atol=0.8)


def test_the_promise_is_kept_at_1_and_narrows_beyond() -> None:
    field = lattice.field(2.0)
    assert lattice.promised(field, 1.0, 101) == pytest.approx((1, 1), abs=0.01)
    within, over = lattice.promised(field, 10.0, 101)
    assert within < 0.8
    assert over > within
    apart, _ = lattice.promised(lattice.field(10.0), 10.0, 161)
    assert apart == pytest.approx(1, abs=0.05)


def test_halves_keep_theirs_at_1() -> None:
    halves = partial(lattice.halves, lattice.field(2.0))
    assert halves(1.0, flow, 400, fresh)[0] == pytest.approx(1, abs=0.1)
    # The western half has ten of the 25 classes, and as many points as the other.
    assert halves(1.0, flow, 400, fresh)[1] == pytest.approx(1, abs=0.1)
