"""The world of nuisances: an exact classifier pushes nowhere else."""

import pytest
import torch
from torch import Tensor

from gendiff.nets import count_parameters
from gendiff.studies.digit_classifiers import noisy_surprise
from gendiff.studies.guidance import bumps, nuisances

DIMS = 8
AXES = nuisances.turn(DIMS, torch.Generator().manual_seed(1))
LEVELS = (0.1, 0.5, 2.0)


def drawn(n: int) -> tuple[Tensor, Tensor]:
    return nuisances.world(n, AXES, torch.Generator().manual_seed(2))


def exact(x: Tensor, sigma: Tensor) -> Tensor:
    """The exact classifier of the world."""
    return bumps.logits((x.double() @ AXES)[:, :2], sigma)


def askew(x: Tensor, sigma: Tensor) -> Tensor:
    """A classifier that looks at nuisances only."""
    del sigma
    return (x.double() @ AXES)[:, 2:6]


def of_class(x: Tensor, sigma: Tensor, label: Tensor | None = None) -> Tensor:
    """The exact denoiser of the plane's part, with a label or without."""
    plane = (x.double() @ AXES)[:, :2]
    if label is None:
        found = bumps.PLANE(plane, sigma)
    else:
        each = [bumps.of_class(k)(plane, sigma) for k in range(bumps.CLASSES)]
        found = torch.stack(each)[label, torch.arange(len(x))]
    return torch.nn.functional.pad(found, (0, DIMS - 2)) @ AXES.T


def energies(push: nuisances.Push) -> nuisances.Energies:
    return nuisances.energies(push, AXES, 60, LEVELS, torch.Generator())


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


@pytest.mark.parametrize(
    "push", [nuisances.by_classifier(exact), nuisances.by_difference(of_class)]
)
def test_the_exact_push_lies_in_the_plane(push: nuisances.Push) -> None:
    found = energies(push)
    assert found.whole.shape == (3, 60)
    assert found.share_outside().value < 1e-9
    assert found.relative_error().value < 1e-6
    assert torch.allclose(found.whole, found.exact, rtol=1e-2, atol=1e-6)


def test_a_push_of_nuisances_lies_outside() -> None:
    found = energies(nuisances.by_classifier(askew))
    assert found.share_outside().value == pytest.approx(1)
    assert torch.allclose(found.error, found.whole + found.exact)


def test_levels_can_be_left_out() -> None:
    found = energies(nuisances.by_classifier(askew))
    low = found.below(2)
    assert torch.equal(low.error, found.error[:2])
    assert low.share_outside().value == pytest.approx(1)
    assert low.relative_error().value < found.relative_error().value


def test_a_push_twice_as_long_errs_by_the_exact_one() -> None:
    once = nuisances.by_classifier(exact)
    twice = energies(lambda x, sigma, label: 2 * once(x, sigma, label))
    assert twice.relative_error().value == pytest.approx(1, abs=1e-3)
    gained = nuisances.less(twice, energies(once))
    assert gained.value == pytest.approx(1, abs=1e-3)


def test_the_exact_classifier_is_the_best() -> None:
    found = nuisances.accuracy(exact, AXES, 400, 0.3, torch.Generator())
    assert found.value == pytest.approx(1, abs=0.02)
    poor = nuisances.accuracy(askew, AXES, 400, 0.3, torch.Generator())
    assert poor.value < 0.5


@pytest.mark.parametrize(("dims", "width"), [(64, 96), (4, 16)])
def test_both_networks_have_as_many_weights(dims: int, width: int) -> None:
    one = count_parameters(nuisances.denoiser(dims, width))
    other = count_parameters(nuisances.classifier(dims, width))
    assert one == pytest.approx(other, rel=0.05)


def test_a_classifier_can_be_trained() -> None:
    x, label = drawn(12)
    net = nuisances.classifier(DIMS, 16)
    loss = noisy_surprise(net, (x.float(), label), torch.Generator())
    assert loss.shape == (12,)
