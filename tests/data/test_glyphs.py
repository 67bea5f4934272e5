"""Glyphs: the pixels obey the factors that are reported with them."""

import string

import pytest
import torch
from torch import Tensor

from gendiff.data import (
    CAPITALS,
    COLOURS,
    DIGITS,
    FACES,
    PALETTE,
    Variation,
    coloured_glyphs,
    glyphs,
)
from gendiff.data.glyphs import atlas, face_files, render


def seed(value: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(value)


def one(
    character: str,
    *,
    face: int = 0,
    scale: float = 0.8,
    position: tuple[float, float] = (0.0, 0.0),
    rotation: float = 0.0,
    shear: float = 0.0,
    size: int = 64,
) -> Tensor:
    image = render(
        character,
        labels=torch.tensor([0]),
        faces=torch.tensor([face]),
        scales=torch.tensor([scale]),
        positions=torch.tensor([position]),
        rotations=torch.tensor([rotation]),
        shears=torch.tensor([shear]),
        size=size,
    )
    return image[0, 0].double()


def moments(image: Tensor) -> tuple[float, float, Tensor]:
    """Return ink, middle and covariance, in units of the image; y down."""
    side = len(image)
    ticks = (torch.arange(side) + 0.5).double() / side - 0.5
    mass = image.sum()
    mean = torch.stack([(image.sum(0) @ ticks), (image.sum(1) @ ticks)]) / mass
    x, y = ticks - mean[0], ticks - mean[1]
    xx, yy = (image.sum(0) @ x**2) / mass, (image.sum(1) @ y**2) / mass
    xy = (y @ image @ x) / mass
    covariance = torch.stack([torch.stack([xx, xy]), torch.stack([xy, yy])])
    return mass.item() / side**2, mean, covariance


def test_every_face_exists() -> None:
    assert len(set(FACES)) == 20
    assert [path for path in face_files() if not path.is_file()] == []


def test_every_face_has_digits_and_letters() -> None:
    characters = string.digits + string.ascii_letters
    cells = atlas(characters, 24)
    assert cells.shape == (62, 20, 36, 36)
    # Nothing is cut off at the border of a cell, and no two cells of a face are equal
    # but for the letter l and the capital I, which some faces may share.
    assert cells[..., 0, :].max() == 0
    assert cells[..., -1].max() == 0
    for face in range(len(FACES)):
        assert len(cells[:, face].flatten(1).unique(dim=0)) >= 61


def test_images_are_in_range_and_centred() -> None:
    drawn = glyphs(300, generator=seed())
    assert drawn.images.shape == (300, 1, 32, 32)
    assert drawn.images.dtype == torch.float32
    assert drawn.images.min() == -1
    assert drawn.images.max() <= 1
    assert drawn.images.flatten(1).max(dim=1).values.min() > 0.3
    assert (drawn.inks == COLOURS.index("white")).all()
    assert (drawn.papers == COLOURS.index("black")).all()


def test_same_seed_same_images_whatever_the_chunks() -> None:
    many = glyphs(600, generator=seed())
    assert torch.equal(many.images, glyphs(600, generator=seed()).images)
    tail = render(
        DIGITS,
        labels=many.labels[-5:],
        faces=many.faces[-5:],
        scales=many.scales[-5:],
        positions=many.positions[-5:],
        rotations=many.rotations[-5:],
        shears=many.shears[-5:],
    )
    torch.testing.assert_close(2 * tail - 1, many.images[-5:], atol=1e-5, rtol=0)


def test_factors_cover_their_ranges() -> None:
    drawn = glyphs(4000, generator=seed(), characters="AB", size=8)
    assert drawn.labels.bincount().tolist() == pytest.approx([2000, 2000], abs=120)
    assert drawn.faces.bincount(minlength=20).min() > 140
    assert drawn.scales.min().item() == pytest.approx(0.6, abs=0.01)
    assert drawn.scales.max().item() == pytest.approx(0.95, abs=0.01)
    assert drawn.positions.std().item() == pytest.approx(0.03, rel=0.05)
    assert drawn.rotations.std().item() == pytest.approx(0.1, rel=0.05)
    assert drawn.shears.std().item() == pytest.approx(0.1, rel=0.05)


def test_variation_is_obeyed() -> None:
    still = Variation(scales=(0.5, 0.5), offset=0.0, rotation=0.0, shear=0.0)
    drawn = glyphs(40, generator=seed(), characters="A", variation=still)
    for face in drawn.faces.unique():
        same = drawn.images[drawn.faces == face]
        torch.testing.assert_close(same, same[:1].expand_as(same))


def test_position_moves_the_ink_right_and_down() -> None:
    _, at_rest, _ = moments(one("O"))
    _, moved, _ = moments(one("O", position=(0.1, -0.05)))
    torch.testing.assert_close(
        moved - at_rest, torch.tensor([0.1, -0.05]).double(), atol=2e-3, rtol=0
    )


def test_scale_scales_area_and_extent() -> None:
    small, _, small_spread = moments(one("O", scale=0.4))
    large, _, large_spread = moments(one("O", scale=0.8))
    assert large / small == pytest.approx(4, rel=0.01)
    torch.testing.assert_close(
        large_spread.diagonal(), 4 * small_spread.diagonal(), rtol=0.02, atol=0
    )


def test_rotation_is_counter_clockwise_as_seen() -> None:
    upright = one("L")
    turned = one("L", rotation=torch.pi / 2)
    # torch.rot90 on (row, column) turns counter-clockwise as seen.
    torch.testing.assert_close(turned, upright.rot90(), atol=0.02, rtol=0)


def test_shear_leans_to_the_right_and_keeps_the_area() -> None:
    area, _, spread = moments(one("I"))
    leaning, _, leant = moments(one("I", shear=0.3))
    assert leaning == pytest.approx(area, rel=0.02)
    # x' = x - 0.3 y with y down: cov(x', y) = cov(x, y) - 0.3 var(y).
    assert leant[0, 1].item() == pytest.approx(
        (spread[0, 1] - 0.3 * spread[1, 1]).item(), rel=0.03
    )


def test_colours_are_the_palette_and_differ() -> None:
    drawn = coloured_glyphs(500, generator=seed(), characters=CAPITALS)
    assert drawn.images.shape == (500, 3, 32, 32)
    assert (drawn.inks != drawn.papers).all()
    assert drawn.inks.unique().tolist() == list(range(len(COLOURS)))
    assert drawn.papers.unique().tolist() == list(range(len(COLOURS)))
    torch.testing.assert_close(drawn.images[:, :, 0, 0], PALETTE[drawn.papers])
    bold = torch.tensor([FACES[face].endswith("Sans-Bold") for face in drawn.faces])
    distance = (drawn.images - PALETTE[drawn.inks][:, :, None, None]).abs().sum(1)
    assert distance[bold].flatten(1).min(dim=1).values.max() < 0.05
    assert PALETTE.shape == (len(COLOURS), 3)
    assert PALETTE[COLOURS.index("white")].tolist() == [1, 1, 1]


@pytest.mark.parametrize("characters", ["", "11", "1\u6f22", " "])
def test_what_cannot_be_drawn_is_refused(characters: str) -> None:
    with pytest.raises(ValueError, match=r"different|cannot draw|no characters"):
        glyphs(1, generator=seed(), characters=characters)


def test_no_images_are_no_error() -> None:
    assert glyphs(0, generator=seed()).images.shape == (0, 1, 32, 32)
