"""Shapes: areas, places, turns and textures are the ones reported."""

import math

import pytest
import torch
from torch import Tensor

from gendiff.data import disc, shapes
from gendiff.data.shapes import KINDS, TEXTURES, render


def seed(value: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(value)


def one(
    kind: str,
    *,
    side: float = 0.4,
    position: tuple[float, float] = (0.0, 0.0),
    rotation: float = 0.0,
    texture: int = 0,
    size: int = 64,
) -> Tensor:
    image = render(
        labels=torch.tensor([KINDS.index(kind)]),
        sizes=torch.tensor([side]),
        positions=torch.tensor([position]),
        rotations=torch.tensor([rotation]),
        textures=torch.tensor([texture]),
        size=size,
    )
    return (image[0, 0].double() + 1) / 2


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("rotation", [0.0, 0.4])
def test_area_is_the_square_of_the_size(kind: str, rotation: float) -> None:
    coverage = one(kind, rotation=rotation)
    assert coverage.mean().item() == pytest.approx(0.4**2, rel=0.015)


@pytest.mark.parametrize("kind", KINDS)
def test_position_is_the_centroid(kind: str) -> None:
    # The triangle's origin is its centroid too: the middle of its inscribed circle.
    coverage = one(kind, position=(0.1, -0.05), rotation=0.3)
    ticks = (torch.arange(64) + 0.5).double() / 64 - 0.5
    mean = torch.stack([coverage.sum(0) @ ticks, coverage.sum(1) @ ticks])
    torch.testing.assert_close(
        mean / coverage.sum(), torch.tensor([0.1, -0.05]).double(), atol=2e-3, rtol=0
    )


def test_shapes_look_as_named() -> None:
    # The square fills its box, the cross 5/9 of it, the disc pi/4, the triangle half.
    for kind, share in [
        ("square", 1),
        ("cross", 5 / 9),
        ("disc", math.pi / 4),
        ("triangle", 0.5),
        ("ring", math.pi / 4 * 0.75),
    ]:
        inside = one(kind, size=256) > 0.5
        rows, columns = inside.any(1).sum(), inside.any(0).sum()
        assert (inside.sum() / (rows * columns)).item() == pytest.approx(
            share, rel=0.03
        )
    middle = one("ring")[32, 32]
    assert middle == 0


def test_triangle_points_up_and_turns_counter_clockwise() -> None:
    up = one("triangle")
    assert up[:32].sum() < up[32:].sum()  # broad at the bottom
    turned = one("triangle", rotation=math.pi / 2)
    torch.testing.assert_close(turned, up.rot90(), atol=1e-4, rtol=0)


def test_edges_are_smooth() -> None:
    values = one("disc")
    partial = ((values > 0.02) & (values < 0.98)).sum().item()
    perimeter = 2 * math.pi * 0.4 / math.sqrt(math.pi) * 64
    assert 0.6 * perimeter < partial < 1.6 * perimeter


@pytest.mark.parametrize("texture", range(len(TEXTURES)))
def test_textures_differ_in_what_they_carry(texture: int) -> None:
    inside = one("square", texture=texture, side=0.5)[18:46, 18:46]
    assert inside.min() >= 0.4 - 1e-6
    assert inside.max() <= 1 + 1e-6
    across_columns, across_rows = inside.std(1).mean(), inside.std(0).mean()
    stripes, checks = texture >= 1, texture == 2
    assert (across_columns > 0.1) == stripes
    assert (across_rows > 0.1) == checks


def test_factors_are_uniform_and_images_in_range() -> None:
    drawn = shapes(3000, generator=seed(), size=16, textures=3)
    assert drawn.images.shape == (3000, 1, 16, 16)
    assert drawn.images.min() == -1
    assert drawn.images.max() <= 1 + 1e-6
    assert drawn.labels.bincount().tolist() == pytest.approx([600] * 5, abs=90)
    assert drawn.textures.bincount().tolist() == pytest.approx([1000] * 3, abs=110)
    assert drawn.sizes.mean().item() == pytest.approx(0.425, abs=0.01)
    assert drawn.positions.abs().max().item() == pytest.approx(0.15, abs=0.005)
    again = shapes(3000, generator=seed(), size=16, textures=3)
    assert torch.equal(again.images, drawn.images)


def test_flat_unless_asked() -> None:
    assert (shapes(50, generator=seed()).textures == 0).all()
    with pytest.raises(ValueError, match="1 to 3 textures"):
        shapes(1, generator=seed(), textures=4)


@pytest.mark.parametrize("area", [0, 1, 4, 16, 64, 256, 1024])
def test_disc_has_exactly_its_area(area: int) -> None:
    mask = disc(area)
    assert mask.sum().item() == area
    assert set(mask.unique().tolist()) <= {0.0, 1.0}


def test_disc_is_round_and_central() -> None:
    mask = disc(316, size=33)  # pi * 10.03 ** 2, and symmetric
    ticks = torch.arange(33) - 16.0
    radius = torch.hypot(ticks, ticks[:, None])
    assert radius[mask == 1].max() <= radius[mask == 0].min()
    assert radius[mask == 1].max().item() == pytest.approx(10, abs=0.2)
    with pytest.raises(ValueError, match="do not fit"):
        disc(17, size=4)
