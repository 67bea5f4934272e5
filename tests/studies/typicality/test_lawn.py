"""The field has the photograph's covariances; what is unusual is far off."""

import pytest
import torch

from gendiff.studies.typicality import lawn


def test_the_covariance_is_the_photographs_own() -> None:
    image = torch.rand(12, 12, generator=torch.Generator().manual_seed(0)).double()
    image = image - image.mean()
    found = lawn.covariance(image, 3)
    right = (image * image.roll(-1, 1)).mean()  # of neighbours, the edges joined
    down = (image * image.roll(-1, 0)).mean()
    assert float(found[0, 0]) == pytest.approx(float(image.square().mean()) + 1e-3)
    assert float(found[0, 1]) == pytest.approx(float(right))
    assert float(found[0, 3]) == pytest.approx(float(down))


def test_the_hole_is_in_the_middle() -> None:
    missing = lawn.hole(2, 1).reshape(4, 4)
    assert missing[1:3, 1:3].all()
    assert int(missing.sum()) == 4


def test_traits_of_stripes_are_their_steps() -> None:
    stripes = torch.tensor([1.0, -1.0] * 8).double()[None]  # 4 by 4, across
    variance, down, across = lawn.traits(stripes)[0].exp().tolist()
    assert variance == pytest.approx(16 / 15)
    assert (down, across) == (0, 4)


def test_usual_fillings_are_at_unit_distance_a_trait() -> None:
    fills = torch.randn(500, 16, generator=torch.Generator().manual_seed(1)).double()
    usual = lawn.Usual.of(fills)
    assert float(usual.distance(fills).square().mean()) == pytest.approx(3, rel=0.02)
    assert float(usual.distance(fills[:5] / 10).min()) > 5
    assert usual.distance(fills, fills).tolist() == [0.0] * 500


def test_the_photograph_is_normalised() -> None:
    grass = lawn.photograph()
    assert float(grass.mean()) == pytest.approx(0, abs=1e-9)
    assert float(grass.std()) == pytest.approx(1)
