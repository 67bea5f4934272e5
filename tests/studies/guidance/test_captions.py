"""Captions of coloured digits: what stands in them is what is drawn."""

import pytest
import torch
from torch import Tensor, nn

from gendiff.data import COLOURS, PALETTE, shuffled
from gendiff.studies.guidance import captions
from gendiff.studies.guidance.captions import COUNTS, INKS, PAPERS, UNKNOWN

X, CAPTIONS = captions.coloured(60, torch.Generator().manual_seed(0))


class Oracle(nn.Module):
    """Gives its captions, whatever it is shown."""

    def __init__(self, known: Tensor) -> None:
        super().__init__()
        parts = [nn.functional.one_hot(k, n) for k, n in zip(known.T, COUNTS)]  # noqa: B905
        self.logits = nn.Parameter(50.0 * torch.cat(parts, 1))

    def forward(self, x: Tensor) -> Tensor:
        del x
        return self.logits


def test_pixels_lie_between_the_paper_and_the_ink_of_the_caption() -> None:
    for x, (_, ink, paper) in zip(X, CAPTIONS.tolist(), strict=True):
        low, high = (PALETTE[COLOURS.index(c)] for c in (PAPERS[paper], INKS[ink]))
        pixels, line = x.flatten(1).T - low, high - low
        share = pixels @ line / line.dot(line)
        assert torch.allclose(share[:, None] * line, pixels, atol=1e-5)
        assert share.min() > -1e-5
        assert 0.5 < share.max() < 1 + 1e-5


def test_a_caption_names_its_parts() -> None:
    assert captions.caption("7", "red", "sky").tolist() == [4, 0, 3]


def test_one_part_alone_is_known() -> None:
    assert captions.only(1, 2, 3).tolist() == 3 * [[5, 2, 4]]
    given = captions.only(0, torch.tensor([4, 1]), 2)
    assert given.tolist() == [[4, 4, 4], [1, 4, 4]]
    assert UNKNOWN.tolist() == [5, 4, 4]


def test_parts_are_hidden_one_by_one() -> None:
    batches = captions.in_part(shuffled(X, CAPTIONS, size=4_000), rate=0.15)
    _, shown = batches(torch.Generator().manual_seed(1))
    gone = (shown == UNKNOWN).double()
    assert gone.mean(0).tolist() == pytest.approx(3 * [0.15], abs=0.03)
    assert gone.prod(1).mean() < 0.02


def test_a_reader_that_is_right_loses_nothing() -> None:
    loss = captions.misread(Oracle(CAPTIONS), (X, CAPTIONS), torch.Generator())
    assert loss.max() < 1e-4
    other = captions.misread(
        Oracle(CAPTIONS), (X, (CAPTIONS + 1) % 4), torch.Generator()
    )
    assert torch.allclose(other, torch.tensor(150.0), atol=1e-3)


def test_right_tells_part_by_part() -> None:
    asked = CAPTIONS.clone()
    asked[:, 1] = (asked[:, 1] + 1) % 4
    found = captions.right(Oracle(CAPTIONS), X, asked)
    assert found.double().mean(0).tolist() == [1.0, 0.0, 1.0]
