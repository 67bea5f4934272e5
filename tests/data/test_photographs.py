"""Photographs: all installed, all credited, and patches cut where they should be."""

import pytest
import torch

from gendiff.data import SCENES, patches
from gendiff.data.photographs import BRICK, CHINA, GRAVEL, TEXTURES, Photograph


def seed(value: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(value)


@pytest.mark.parametrize("photograph", [*SCENES, *TEXTURES], ids=lambda p: p.file)
def test_every_photograph_is_installed_and_credited(photograph: Photograph) -> None:
    colour, grey = photograph.colour(), photograph.grey()
    assert colour.shape[0] == 3
    assert grey.shape == (1, *colour.shape[1:])
    assert min(grey.shape[1:]) >= 300
    assert colour.min() >= -1
    assert colour.max() <= 1
    assert grey.std() > 0.1
    assert any(word in photograph.credit for word in ("CC", "public domain"))


def test_grey_is_the_luma() -> None:
    red, green, blue = CHINA.colour()
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    torch.testing.assert_close(CHINA.grey()[0], luma)


def test_callers_cannot_spoil_the_cache() -> None:
    CHINA.colour().zero_()
    assert CHINA.colour().std() > 0.1


def test_missing_data_say_what_to_do() -> None:
    with pytest.raises(FileNotFoundError, match="install it from PyPI"):
        Photograph("matplotlib", "no/such.jpg", "nobody").grey()
    with pytest.raises(FileNotFoundError, match="no_such_package"):
        Photograph("no_such_package", "a.jpg", "nobody").grey()


def test_patches_are_pieces_of_their_photograph() -> None:
    drawn = patches(6, size=16, generator=seed(), photographs=(BRICK,), shrink=8)
    small = BRICK.grey()[0].reshape(64, 8, 64, 8).mean((1, 3))
    windows = small.unfold(0, 16, 1).unfold(1, 16, 1).reshape(-1, 16, 16)
    for patch in drawn[:, 0]:
        gaps = [(windows - view).abs().amax((1, 2)) for view in (patch, patch.flip(-1))]
        assert torch.cat(gaps).min() < 1e-5


def test_patches_come_from_everywhere() -> None:
    drawn = patches(2000, size=1, generator=seed(), photographs=(CHINA,))
    assert drawn.mean().item() == pytest.approx(CHINA.grey().mean().item(), abs=0.05)
    assert drawn.std().item() == pytest.approx(CHINA.grey().std().item(), abs=0.05)
    assert torch.equal(
        drawn, patches(2000, size=1, generator=seed(), photographs=(CHINA,))
    )


def test_shrinking_averages_pixels() -> None:
    whole = patches(1, size=128, generator=seed(), photographs=(GRAVEL,), shrink=4)
    expected = GRAVEL.grey()[0].reshape(128, 4, 128, 4).mean((1, 3))
    found = [whole[0, 0], whole[0, 0].flip(-1)]
    assert any(torch.allclose(one, expected, atol=1e-6) for one in found)


def test_too_large_a_patch_is_refused() -> None:
    with pytest.raises(ValueError, match="smaller size"):
        patches(1, size=200, generator=seed(), shrink=2)
