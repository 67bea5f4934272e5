"""The figures of typicality draw what they are given."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from gendiff.studies.typicality import (
    lawn,
    one_bump,
    typicality_figures,
    typicality_pictures,
)
from gendiff.typicality import StandardGaussian

LINE = torch.linspace(0, 2, 21, dtype=torch.float64)
FALL = {10: 0.9, 1_000: 0.5, 100_000: 0.1}


@pytest.fixture(autouse=True)
def close() -> None:
    plt.close("all")


def test_shells_and_objectives_can_be_drawn() -> None:
    assert len(typicality_figures.shell(3, LINE, LINE / 2.1, LINE).axes) == 2
    x = np.linspace(-3, 3, 31)
    data = one_bump.Data(x, np.exp(-(x**2)))
    fits = dict.fromkeys(one_bump.OBJECTIVES, np.array([0.25, 1.5]))
    fig, alt = typicality_figures.objectives(data, fits)
    assert len(fig.axes[0].get_lines()) == 6
    assert "settles at location 0.25 with width 1.50" in alt


def test_a_coin_has_its_rings_at_the_maxima() -> None:
    one, many = np.geomspace(1e-9, 0.01, 17), np.full(17, 9.0)
    count = np.full(17, 0.1)
    many[8], count[12] = 12.0, 0.225
    fig, alt = typicality_figures.coin(one, many, count)
    rings = [np.asarray(line.get_xdata()) for line in fig.axes[0].get_lines()[3:]]
    assert [ring.tolist() for ring in rings] == [[16], [12], [8]]
    assert "peaks at 0.225 for twelve" in alt


def test_curves_by_dimension_can_be_drawn() -> None:
    gaps = {1: 0.3, 10: 0.01, 1000: 1e-4}
    _, alt = typicality_figures.spheres(LINE, {k: 0.7 for k in gaps}, gaps)  # noqa: C420
    assert "from 0.300 to 1.0e-04" in alt
    ball, masses = StandardGaussian(9), {1: 0.1, 2: 0.3, 3: 0.5, 4: 0.6}
    half = (LINE, LINE / 2)
    fig, alt = typicality_figures.annulus(half, half, ball, masses, vectors=10)
    assert "0.500 at 3 and 0.6000 at 4" in alt
    note = fig.axes[0].texts[0].get_text()
    low, high = (float(word) for word in note.split("radii ")[1].split()[:3:2])
    assert high - low == pytest.approx(4, abs=0.02)
    panels = [("mass", FALL, FALL), ("again", FALL, FALL)]
    falling = {10: -4.0, 1_000: -300.0, 100_000: -9_000.0}
    fall = FALL | {100: 0.7}
    fig, alt = typicality_figures.equipartition([*panels[:1], ("again", fall, fall)],
                                                falling)  # fmt: skip
    assert [ax.get_title() for ax in fig.axes][:2] == ["mass", "again"]
    assert alt.endswith("2 to the power of -9,000.")
    clouds = dict.fromkeys("abcd", LINE - 1)
    _, alt = typicality_figures.modes(clouds, dict.fromkeys("abcd", 3.0))
    assert alt.endswith("lie below: a 3.0, b 3.0, c 3.0, d 3.0.")


def test_digits_can_be_drawn() -> None:
    z = torch.zeros(14, 100, dtype=torch.float64)
    lost = {"99 % noise": 0.046, "half as wide": 0.8}
    fig, alt = typicality_pictures.rivals(dict.fromkeys(lost, z), lost)
    titles = [ax.get_title() for ax in fig.axes]
    assert titles[0] == "99 % noise: 0.046 nats lost per dimension"
    assert "only 0.046 nats per dimension, against 0.80 for the third" in alt
    frames = typicality_pictures.climb([z, z], [[0, 1], [2, 3]])
    assert len(frames) == 2
    assert frames[0].dtype == np.uint8


def test_tiles_are_told_with_their_distances() -> None:
    z = torch.zeros(4, 8, 8) + torch.tensor([0.0, 1.0, 2.0, 9.0])[:, None, None]
    names = ("grass", "brick", "grass")
    fig, alt = typicality_pictures.tiles(z, z.flatten(1)[:, :3] / 2, (0, 1, 2), names)
    assert [ax.get_title() for ax in fig.axes][1] == "closest by pixels: brick"
    assert (
        "which is brick, at 1.00; and the closest by statistics, which is grass" in alt
    )
    assert alt.endswith("differ by 0.50 and 1.00.")


def test_a_hole_is_filled_with_what_is_given() -> None:
    missing = lawn.hole(2, 1)
    tile = torch.zeros(16).double()
    tile[missing] = torch.tensor([0.5, 0.1, 0.0, 0.2]).double()
    generator = torch.Generator().manual_seed(0)
    fills = torch.randn(50, 4, generator=generator).double()
    usual = lawn.Usual.of(fills)
    fig, alt = typicality_pictures.fillings(tile, missing, fills[0], fills[1], usual)
    shown = [np.asarray(ax.images[0].get_array()) for ax in fig.axes]
    wanted = [1.0, *((float(x) + 2.5) / 5 for x in (fills[0, 0], fills[1, 0], 0.5))]
    assert [float(image[1, 1]) for image in shown] == pytest.approx(wanted)
    far = usual.distance(torch.stack([fills[0], tile[missing]])).tolist()
    assert f"lie {far[0]:.0f} deviations" in alt
