"""The plane of eight bumps: Bayes' rule holds, in densities and in denoisers."""

import math

import pytest
import torch

from gendiff.guidance import ClassifierGuidance, Labelled
from gendiff.studies.guidance import bumps
from gendiff.types import level

X = 1.5 * torch.randn(50, 2, generator=torch.Generator()).double()


def test_the_classes_make_up_the_plane() -> None:
    each = [bumps.of_class(k).log_density(X, level(0.3)) for k in range(bumps.CLASSES)]
    whole = torch.stack(each).logsumexp(0) - math.log(bumps.CLASSES)
    assert torch.allclose(whole, bumps.PLANE.log_density(X, level(0.3)))


@pytest.mark.parametrize("k", range(bumps.CLASSES))
def test_the_classifier_is_exact(k: int) -> None:
    asks = Labelled(bumps.logits, torch.full((len(X),), k))
    guided = ClassifierGuidance(bumps.PLANE, asks, 1.0)(X, level(0.6))
    assert torch.allclose(guided, bumps.of_class(k)(X, level(0.6)), atol=1e-9)


def test_neighbours_on_the_circle_are_of_different_classes() -> None:
    assert bumps.OWNER.bincount().tolist() == [2, 2, 2, 2]
    assert (bumps.OWNER.roll(1) != bumps.OWNER).all()
