"""The figures of guidance are drawn from what they are given."""

from collections.abc import Iterator

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from gendiff.data import glyphs
from gendiff.estimate import Estimate
from gendiff.studies.digits import SIDE, Judge
from gendiff.studies.guidance import guidance_figures as figures
from gendiff.studies.guidance.digit_sets import Judged, Ruler

GREY = torch.linspace(-1.5, 1.5, 20)[:, None, None, None].expand(20, 1, 24, 24)


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def sets() -> list[Judged]:
    torch.manual_seed(0)
    judge = Judge((8, 16)).eval()
    ruler = Ruler(judge, glyphs(80, generator=torch.Generator(), size=SIDE))
    x = torch.randn(3, 42, 1, SIDE, SIDE)
    return [ruler.judged(each) for each in x]


def test_calls_have_a_line_a_scale_and_one_for_real_images(sets: list[Judged]) -> None:
    a, b, real = sets
    fig, alt = figures.calls({"plain": {24: a, 48: b}, "γ = 3": {24: b, 48: a}}, real)
    assert f"plain: {a.distance():.2f} with 24, {b.distance():.2f} with 48" in alt
    ax = fig.axes[3]
    assert [line.get_ydata()[0] for line in ax.lines[:2]] == [
        a.diversity(), b.diversity(),
    ]  # fmt: skip
    assert [text.get_text() for text in fig.legends[0].get_texts()] == [
        "plain", "γ = 3", "dotted: real images",
    ]  # fmt: skip


def test_pushes_tell_what_each_guide_changes(sets: list[Judged]) -> None:
    plain, a, b = sets
    fig, alt = figures.pushes(plain, {"one": {"2": a}, "other": {"2": a, "3": b}})
    nearest = min(a.distance(), b.distance()) - plain.distance()
    assert f"{a.distance() - plain.distance():+.2f} ±" in alt
    assert f"{nearest:+.2f} ±" in alt.partition("one")[2]
    assert [text.get_text() for text in fig.axes[0].texts] == ["2", "2", "3"]


def test_images_stand_in_blocks_and_rows_with_their_words() -> None:
    fig, alt = figures.blocks({"a": GREY, "b": GREY[:10]}, columns=10)
    assert [ax.get_title() for ax in fig.axes] == ["a", "b"]
    assert alt == "20 small grey images each, in rows: a; b."
    fig, alt = figures.repairs({"a": GREY, "b": GREY}, ["1 %", "2 %"])
    assert [text.get_text() for ax in fig.axes for text in ax.texts] == [
        "a", "1 %", "b", "2 %",
    ]  # fmt: skip
    assert "a: 1 %; b: 2 %" in alt


def test_the_culprit_has_a_point_for_each_exchange() -> None:
    sure, far = Estimate(0.9, 0.01, 4, "noises"), Estimate(0.1, 0.02, 4, "noises")
    fig, alt = figures.culprit({"all": (sure, far), "none": (far, sure)}, (1.0, 0.0))
    points = [list(ax.lines[0].get_xdata()) for ax in fig.axes]
    assert points == [[0.9, 0.1], [0.1, 0.9]]
    assert "all: 0.90 and 0.100; none: 0.10 and 0.900" in alt


def test_sheets_keep_within_the_range() -> None:
    grey = figures.sheet(GREY)
    assert grey.dtype == np.uint8
    assert {int(grey.min()), int(grey.max())} == {0, 255}
