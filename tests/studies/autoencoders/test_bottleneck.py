from functools import partial

import pytest
import torch

from gendiff.nets import count_parameters
from gendiff.studies.autoencoders.bottleneck import (
    Middle,
    nearest_width,
    widest,
)


def test_the_middle_is_as_narrow_as_asked() -> None:
    net = Middle(3, 16, dim=5)
    seen = []
    net.before.register_forward_hook(lambda *given: seen.append(given[-1].shape))
    assert net(torch.randn(7, 5), torch.zeros(7)).shape == (7, 5)
    assert seen == [(7, 3)]


def test_a_narrow_middle_is_made_up_for_by_wide_layers() -> None:
    equal = count_parameters(Middle(48, 48))
    width = nearest_width(partial(Middle, 2), range(48, 96), equal)
    assert width > 48
    assert count_parameters(Middle(2, width)) == pytest.approx(equal, rel=0.02)


def test_the_widest_that_fits() -> None:
    build = partial(Middle, 2)
    most = count_parameters(build(10))
    assert widest(build, range(4, 20), most) == 10
    with pytest.raises(ValueError, match="no width has at most 1 parameters"):
        widest(build, range(4, 20), 1)
