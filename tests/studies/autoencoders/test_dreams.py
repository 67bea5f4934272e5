"""Dreams of digits: the density that is climbed, and what is shown of it."""

import numpy as np
import torch
from torch import nn

from gendiff.data.toys import digits64
from gendiff.studies.autoencoders import dreams
from gendiff.types import level

G = torch.Generator().manual_seed(0)


def test_the_density_given_a_digit_is_that_of_its_components() -> None:
    x, component = digits64().sample_with_component(40, G)
    label = component // dreams.EACH
    given = torch.stack(
        [dreams.log_density_given(x, torch.full_like(label, k)) for k in range(10)]
    )
    assert torch.equal(given.argmax(0), label)
    # log p(x, digit), summed over the digits, is log p(x).
    assert torch.allclose(given.logsumexp(0), dreams.log_density(x))
    expected = digits64().log_density(x, level(dreams.HAZE))
    assert torch.equal(dreams.log_density(x), expected)


def test_labels_are_those_of_the_components() -> None:
    x, label = dreams.labelled(30, torch.Generator().manual_seed(1))
    assert x.shape == (30, 1, 8, 8)
    points = x.flatten(1).double()
    most = digits64().responsibilities(points, level(dreams.HAZE)).argmax(1)
    assert torch.equal(most // dreams.EACH, label)


def test_an_undecided_judge_gives_a_tenth() -> None:
    class Undecided(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.zeros(len(x), 10)

    found = dreams.certainty(Undecided(), torch.zeros(3, 64), torch.tensor([0, 4, 9]))
    assert torch.allclose(found, torch.full((3,), 0.1))


def test_a_frame_is_a_grey_picture_of_rows() -> None:
    x = digits64().sample(4, G)
    ink = dreams.picture(x)
    assert 0 <= float(ink.min()) < float(ink.max()) <= 1
    frame = dreams.frame(x, x, times=2)
    assert frame.dtype == np.uint8
    assert frame.shape == (16 + 14 + 16, 4 * 16 + 3 * 6)
    assert np.array_equal(frame[:16], frame[-16:])
