"""The world of nuisances: an exact classifier points nowhere else."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from gendiff.precondition import Preconditioned
from gendiff.studies.guidance import bumps, nuisances

DIMS = 8
AXES = nuisances.turn(DIMS, torch.Generator().manual_seed(1))


def drawn(n: int) -> tuple[Tensor, Tensor]:
    return nuisances.world(n, AXES, torch.Generator().manual_seed(2))


class Exact(nn.Module):
    """The exact classifier of the world."""

    def forward(self, x: Tensor, sigma: Tensor) -> Tensor:
        return bumps.logits((x.double() @ AXES)[:, :2], sigma)


class Askew(nn.Module):
    """A classifier that looks at a nuisance only."""

    def forward(self, x: Tensor, sigma: Tensor) -> Tensor:
        del sigma
        return (x.double() @ AXES)[:, 2:6]


def test_the_axes_are_perpendicular() -> None:
    assert torch.allclose(AXES.T @ AXES, torch.eye(DIMS).double())


def test_points_are_bumps_and_nuisances_turned() -> None:
    x, label = drawn(4_000)
    straight = x @ AXES
    nearest = torch.cdist(straight[:, :2], bumps.PLANE.means).argmin(1)
    assert (bumps.OWNER[nearest] == label).double().mean() > 0.98
    stds = straight[:, 2:].std(0)
    assert torch.allclose(stds[:3], torch.full((3,), nuisances.WIDE).double(), rtol=0.1)
    assert (stds[3:] < 2 * nuisances.NARROW).all()


def test_the_exact_gradient_lies_in_the_plane() -> None:
    outside, cosine, named = nuisances.directions(
        Exact(), AXES, 60, [1.0, 0.3], torch.Generator()
    )
    assert (outside < 1e-9).all()
    assert np.allclose(cosine, 1, atol=1e-3)
    assert named[1] > 0.6


def test_a_gradient_of_nuisances_lies_outside() -> None:
    outside, cosine, _ = nuisances.directions(
        Askew(), AXES, 60, [0.5], torch.Generator()
    )
    assert outside[0] == pytest.approx(1)
    assert abs(cosine[0]) < 1e-6


@pytest.mark.parametrize("kind", nuisances.LOSSES)
def test_every_kind_has_a_network_and_a_loss(kind: str) -> None:
    net = nuisances.build(kind, DIMS, 16)
    x, label = drawn(12)
    generator = torch.Generator()
    loss = nuisances.LOSSES[kind](net, (x.float(), label), generator)
    assert loss.shape == (12,)
    slope = nuisances.slopes(net, x.float(), label, 0.7)
    assert slope.shape == x.shape
    assert isinstance(net, Preconditioned) == (kind == "generative")


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="'odd'"):
        nuisances.build("odd", DIMS, 16)
