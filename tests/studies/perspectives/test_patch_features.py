"""Features of patches: what they must notice and what they must not."""

import pytest
import torch

from gendiff.data import SCENES
from gendiff.studies.perspectives import patch_features


def test_power_is_read_by_ring_and_edges_apart_from_it() -> None:
    x = torch.randn(200, 1, 16, 16, generator=torch.Generator().manual_seed(0))
    found = patch_features.features(x)
    assert found.shape == (200, 11)
    doubled = patch_features.features(2 * x)
    change = (doubled - found).mean(0)
    assert change[:7] == pytest.approx(2 * torch.tensor(2.0).log().item(), abs=1e-2)
    assert change[7:] == pytest.approx(torch.tensor(2.0).log().item(), abs=1e-2)
    own = patch_features.standard(found, found)
    assert own.mean(0) == pytest.approx(0, abs=1e-9)
    assert own.std(0) == pytest.approx(1, abs=1e-9)


def test_an_edge_is_told_from_noise_of_its_power() -> None:
    edge = torch.zeros(1, 1, 16, 16)
    edge[..., 8:] = 2
    flat = patch_features.features(edge)[0]
    assert flat[9] < flat[10]  # even at most places, and one large jump


def test_sides_have_no_pixel_in_common() -> None:
    left, right = patch_features.apart(SCENES[:1], size=16, shrink=4)
    assert left.mean().item() == pytest.approx(0, abs=1e-5)
    assert left.std().item() == pytest.approx(1, abs=1e-5)
    assert len(left) > 2 * len(right) > 100
    assert torch.cdist(right.flatten(1), left.flatten(1)).min() > 0.1
