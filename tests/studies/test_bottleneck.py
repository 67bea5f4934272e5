from functools import partial

import pytest
import torch

from gendiff.studies.bottleneck import Middle, nearest_width, parameters, widest


def test_the_middle_is_as_narrow_as_asked() -> None:
    net = Middle(3, 16, dim=5)
    seen = []
    net.before.register_forward_hook(lambda *given: seen.append(given[-1].shape))
    assert net(torch.randn(7, 5), torch.zeros(7)).shape == (7, 5)
    assert seen == [(7, 3)]


def test_parameters_are_counted_without_making_them() -> None:
    build = partial(Middle, 3, 16)
    assert parameters(build) == sum(w.numel() for w in build().parameters())


def test_a_narrow_middle_is_made_up_for_by_wide_layers() -> None:
    equal = parameters(partial(Middle, 48, 48))
    width = nearest_width(partial(Middle, 2), range(48, 96), equal)
    assert width > 48
    assert parameters(partial(Middle, 2, width)) == pytest.approx(equal, rel=0.02)


def test_the_widest_that_fits() -> None:
    build = partial(Middle, 2)
    most = parameters(partial(build, 10))
    assert widest(build, range(4, 20), most) == 10
    with pytest.raises(ValueError, match="no width has at most 1 parameters"):
        widest(build, range(4, 20), 1)
