"""Captions of coloured digits: what stands in them is what is drawn."""

import pytest
import torch
from torch import Tensor, nn

from gendiff.data import COLOURS, PALETTE, shuffled
from gendiff.studies.guidance import captions
from gendiff.studies.guidance.captions import COUNTS, INKS, UNKNOWN, Reader
from gendiff.studies.guidance.digit_sets import Known, Seer

SEEN = captions.coloured(60, torch.Generator().manual_seed(0))


class Oracle(nn.Module):
    """Gives its captions, whatever it is shown."""

    def __init__(self, known: Tensor) -> None:
        super().__init__()
        self.logits = nn.ParameterList(
            50.0 * nn.functional.one_hot(k, n)
            for k, n in zip(known.T, COUNTS, strict=True)
        )

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        del x
        return tuple(self.logits)


def test_pixels_lie_between_black_and_the_ink_of_the_caption() -> None:
    for x, (_, ink) in zip(SEEN.images, SEEN.contents.tolist(), strict=True):
        line = (PALETTE[COLOURS.index(INKS[ink])] + 1) / 2
        pixels = x.flatten(1).T
        share = pixels @ line / line.dot(line)
        assert torch.allclose(share[:, None] * line, pixels, atol=1e-5)
        assert share.min() > -1e-5
        assert 0.9 < share.max() < 1 + 1e-5


def test_a_caption_names_its_parts() -> None:
    assert captions.caption("7", "red").tolist() == [2, 0]
    assert isinstance(SEEN, Known)
    assert SEEN.labels.tolist() == [4 * f + i for f, i in SEEN.contents.tolist()]


def test_one_part_alone_is_known() -> None:
    assert captions.only(1, 2, 3).tolist() == 3 * [[3, 2]]
    given = captions.only(0, torch.tensor([2, 1]), 2)
    assert given.tolist() == [[2, 4], [1, 4]]
    assert UNKNOWN.tolist() == [3, 4]


def test_inks_are_told_carelessly_and_digits_are_not() -> None:
    seen = captions.coloured(4_000, torch.Generator().manual_seed(2))
    told = (seen.captions == seen.contents).double().mean(0).tolist()
    assert told[0] == 1.0
    assert told[1] == pytest.approx(1 - 0.75 * captions.CARELESS, abs=0.03)


def test_parts_are_hidden_one_by_one() -> None:
    batches = captions.in_part(
        shuffled(SEEN.images, SEEN.captions, size=4_000), rate=0.15
    )
    _, shown = batches(torch.Generator().manual_seed(1))
    gone = (shown == UNKNOWN).double()
    assert gone.mean(0).tolist() == pytest.approx(2 * [0.15], abs=0.03)
    assert gone.prod(1).mean() < 0.05


def test_a_reader_that_is_right_loses_nothing() -> None:
    oracle, none = Oracle(SEEN.captions), torch.Generator()
    loss = captions.misread(oracle, (SEEN.images, SEEN.captions), none)
    assert loss.max() < 1e-4
    other = captions.misread(oracle, (SEEN.images, (SEEN.captions + 1) % 3), none)
    assert torch.allclose(other, torch.tensor(100.0), atol=1e-3)


def test_right_tells_part_by_part() -> None:
    asked = SEEN.captions.clone()
    asked[:, 1] = (asked[:, 1] + 1) % 4
    found = captions.right(Oracle(SEEN.captions), SEEN.images, asked)
    assert found.double().mean(0).tolist() == [1.0, 0.0]


def test_certain_is_what_right_counts_where_a_reader_is_sure() -> None:
    asked = SEEN.captions.clone()
    asked[:, 1] = (asked[:, 1] + 1) % 4
    sure = captions.certain(Oracle(SEEN.captions), SEEN.images, asked)
    found = captions.right(Oracle(SEEN.captions), SEEN.images, asked)
    assert torch.allclose(sure, found.double())


def test_a_reader_names_whole_captions_as_it_does_their_parts() -> None:
    torch.manual_seed(0)
    reader = Reader((8, 16)).eval()
    assert isinstance(reader, Seer)
    figure, ink = (told.softmax(1) for told in reader(SEEN.images))
    whole = reader.label(SEEN.images).softmax(1)
    assert torch.allclose(whole[:, 4 * 2 + 3], figure[:, 2] * ink[:, 3], atol=1e-6)
    assert reader.features(SEEN.images).shape == (60, 16)
