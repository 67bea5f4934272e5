import io
from collections.abc import Callable, Iterator
from itertools import combinations, pairwise
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image
from skimage.color import rgb2lab

from gendiff.book import figures, show
from gendiff.drawing import images, style

ALT = "A line that rises from the lower left to the upper right"
GIVEN = {"alt": ALT, "caption": "The line rises.", "name": "fig-line"}


@pytest.fixture(autouse=True)
def tidy() -> Iterator[None]:
    with plt.rc_context():
        style.apply()
        yield
    plt.close("all")


@pytest.fixture
def outputs(monkeypatch: pytest.MonkeyPatch) -> list[tuple[dict[str, Any], Any, Any]]:
    seen: list[tuple[dict[str, Any], Any, Any]] = []
    monkeypatch.setattr(
        show,
        "publish",
        lambda bundle, record=None, **meta: seen.append((bundle, record, meta)),
    )
    return seen


def line(slope: float = 1.0) -> Figure:
    fig, ax = plt.subplots()
    ax.plot([0, 1, 2], [0, slope, 2 * slope])
    return fig


def test_figure_shows_png_with_words_and_closes(outputs: list[Any]) -> None:
    fig = line()
    figures.figure(fig, **GIVEN, ids=["A-F01"])
    (bundle, record, meta), *_ = outputs
    assert meta["image/png"]["alt"] == ALT
    assert record["alt"] == ALT
    assert record["caption"] == "The line rises."
    assert record["name"] == record["anchor"] == "fig-line"
    assert record["ids"] == ["A-F01"]
    with Image.open(io.BytesIO(bundle["image/png"])) as image:
        assert image.width == 2 * meta["image/png"]["width"]
        assert image.convert("RGBA").getpixel((0, 0)) == (255, 255, 255, 255)
    assert len(bundle["image/png"]) < figures.BUDGET
    assert not plt.fignum_exists(fig.number)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"alt": ""}, "alternative text ''; describe"),
        ({"alt": "a line"}, "at least 20 characters"),
        (
            {
                "alt": "The line rises and rises.",
                "caption": "The line rises and rises.",
            },
            "repeats the caption",
        ),
        ({"caption": " "}, "has no caption"),
        ({"name": "line"}, "figure name 'line': write 'fig-'"),
        ({"name": "fig-Line"}, "fig-Line"),
        ({"ids": ["A-F99"]}, "no figure 'A-F99'; nearest"),
    ],
)
def test_words_that_will_not_do(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        figures.figure(line(), **(GIVEN | change))


def scatter(shift: float) -> Figure:
    fig, ax = plt.subplots()
    ax.scatter([0.0, 1.0, shift], [0.0, 1.0, 2.0], c=[0.0, 1.0, 2.0])
    ax.set_xlim(0, 9)
    ax.set_ylim(0, 9)
    return fig


def bars(height: float) -> Figure:
    fig, ax = plt.subplots()
    ax.bar([0, 1], [1.0, height])
    ax.set_ylim(0, 9)
    return fig


def image(value: float) -> Figure:
    fig, ax = plt.subplots()
    ax.imshow(np.array([[0.0, 1.0], [2.0, value]]), vmin=0, vmax=9)
    return fig


def mesh(value: float) -> Figure:
    fig, ax = plt.subplots()
    ax.pcolormesh(np.array([[0.0, 1.0], [2.0, value]]), vmin=0, vmax=9)
    return fig


def band(top: float) -> Figure:
    fig, ax = plt.subplots()
    ax.fill_between([0, 1], [0, 0], [1, top])
    ax.set_ylim(0, 9)
    return fig


def words(value: float) -> Figure:
    fig, ax = plt.subplots()
    ax.set_title(f"at {value}")
    return fig


def nested(value: float) -> Figure:
    fig = plt.figure()
    left, right = fig.subfigures(1, 2)
    left.subplots().plot([0, 1], [0, 1])
    right.subplots().plot([0, 1, 2], [0, value, 9])
    return fig


@pytest.mark.parametrize(
    "draw", [line, scatter, bars, image, mesh, band, words, nested]
)
def test_the_fingerprint_sees_data(draw: Callable[[float], Figure]) -> None:
    same, again, other = draw(3.0), draw(3.0), draw(3.001)
    assert figures.fingerprint(same) == figures.fingerprint(again)
    assert figures.fingerprint(same) != figures.fingerprint(other)


def test_numbers_too_small_for_floats_are_zero_to_the_fingerprint() -> None:
    fig, ax = plt.subplots()
    ax.plot(np.exp(-(np.linspace(0, 38.6, 200) ** 2) / 2))  # ends in subnormals
    fingerprint = figures.fingerprint(fig)
    (curve,) = ax.lines
    heights = np.asarray(curve.get_ydata())
    curve.set_ydata(np.where(heights < 1e-300, 0.0, heights))
    assert figures.fingerprint(fig) == fingerprint
    curve.set_ydata(heights * (1 + 1e-4))
    assert figures.fingerprint(fig) != fingerprint


def test_the_fingerprint_is_blind_to_the_last_digits_and_to_drawing() -> None:
    fig = line(3.0)
    before = figures.fingerprint(fig)
    figures.render(fig)
    assert figures.fingerprint(fig) == before
    assert figures.fingerprint(line(3.0 + 1e-9)) == before


def test_rounding_keeps_six_significant_digits() -> None:
    values = np.array([123456.7, -1.2345678e-9, 0.0, -0.0, np.nan, np.inf])
    rounded = figures._rounded(values)
    np.testing.assert_allclose(rounded[:3], [123457.0, -1.23457e-9, 0.0], rtol=1e-14)
    assert not np.signbit(rounded[3])
    assert np.isnan(rounded[4])
    assert rounded[5] == np.inf


def test_a_photograph_keeps_to_the_budget_by_a_palette() -> None:
    fig, ax = plt.subplots()
    ax.imshow(np.random.default_rng(0).random((200, 300, 3)))
    png, _, _ = figures.render(fig)
    with Image.open(io.BytesIO(png)) as picture:
        assert picture.mode == "P"


def test_montage_places_images_in_reading_order() -> None:
    batch = np.arange(3)[:, None, None] * np.ones((3, 2, 2))
    grid = images.montage(batch, columns=2, padding=1, paper=9.0)
    np.testing.assert_array_equal(
        grid,
        [
            [0, 0, 9, 1, 1],
            [0, 0, 9, 1, 1],
            [9, 9, 9, 9, 9],
            [2, 2, 9, 9, 9],
            [2, 2, 9, 9, 9],
        ],
    )
    assert images.montage(np.zeros((4, 3, 8, 8))).shape == (18, 18, 3)
    assert images.montage(np.zeros((4, 1, 8, 8))).shape == (18, 18)
    with pytest.raises(ValueError, match=r"montage of shape \(8, 8\)"):
        images.montage(np.zeros((8, 8)))


def test_image_grid_maps_low_to_black_and_high_to_white() -> None:
    _, ax = plt.subplots()
    shown = images.image_grid(ax, np.array([[[-1.0, 1.0], [0.0, 5.0]]]), low=-1, high=1)
    np.testing.assert_allclose(shown.get_array(), [[0.0, 1.0], [0.5, 1.0]])


def channels(colour: str) -> np.ndarray:
    encoded = np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)]) / 255
    dark = encoded <= 0.04045
    return np.where(dark, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def luminance(colour: str) -> float:
    return float(channels(colour) @ [0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize("colour", style.COLOURS)
def test_colours_are_dark_enough_to_write_in(colour: str) -> None:
    assert 1.05 / (luminance(colour) + 0.05) >= 4.5


SIGHTS = {
    "all cones": np.eye(3),
    "no long": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "no middle": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "no short": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
"""Linear RGB as seen without one kind of cone: Machado et al. (2009), severity 1."""


@pytest.mark.parametrize("sight", SIGHTS)
def test_colours_stay_apart_for_every_eye(sight: str) -> None:
    linear = np.array([channels(colour) for colour in style.COLOURS])
    seen = np.clip(linear @ np.asarray(SIGHTS[sight]).T, 0, 1)
    dark = seen <= 0.0031308
    encoded = np.where(dark, seen * 12.92, 1.055 * seen ** (1 / 2.4) - 0.055)
    lab = rgb2lab(encoded[None])[0]
    distances = [np.linalg.norm(a - b) for a, b in combinations(lab, 2)]
    assert min(distances) > 20


def test_line_labels_stand_at_the_ends_and_apart() -> None:
    _, ax = plt.subplots()
    ax.plot([0, 1], [0, 1], label="upper")
    ax.plot([0, 1], [0, 0.99], label="lower")
    ax.plot([0, 1], [0, 0], label="_unnamed")
    style.label_lines(ax, gap=0.06)
    heights = {text.get_text(): text.get_position()[1] for text in ax.texts}
    assert set(heights) == {"upper", "lower"}
    assert heights["upper"] - heights["lower"] == pytest.approx(0.06)
    assert np.mean(list(heights.values())) == pytest.approx(0.95, abs=0.02)


@pytest.mark.parametrize("heights", [[], [0.5], [0.1, 0.9], [0.5, 0.5, 0.52, 0.9]])
def test_spreading_keeps_order_and_distance(heights: list[float]) -> None:
    moved = style.spread(heights, 0.1)
    assert len(moved) == len(heights)
    assert all(b - a >= 0.1 - 1e-9 for a, b in pairwise(moved))
