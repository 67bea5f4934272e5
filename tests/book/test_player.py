import base64
import io
import json
import re
from html import unescape
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

from gendiff.book import player, show

GIVEN: dict[str, Any] = {
    "alt": "A square that moves from left to right",
    "caption": "The square moves, $x$.",
    "name": "fig-square",
}


def frames(n: int = 7) -> list[np.ndarray]:
    stack = np.zeros((n, 12, 20, 3), dtype=np.uint8)
    for k in range(n):
        stack[k, 4:8, 2 * k : 2 * k + 4] = (255, 30 * k, 10)
    return list(stack)


@pytest.fixture
def outputs(monkeypatch: pytest.MonkeyPatch) -> list[tuple[dict[str, Any], Any]]:
    seen: list[tuple[dict[str, Any], Any]] = []
    monkeypatch.setattr(
        show, "publish", lambda bundle, record=None, **_: seen.append((bundle, record))
    )
    return seen


def page(outputs: list[Any], **changes: Any) -> str:
    stack = frames()
    labels = [f"frame {k}" for k in range(len(stack))]
    player.animation(stack, **({"labels": labels} | GIVEN | changes))
    return outputs[-1][0]["text/html"]


def test_output_is_deterministic_and_asks_nobody(outputs: list[Any]) -> None:
    first, second = page(outputs), page(outputs)
    assert first == second
    assert not re.search(
        r"https?:|//\w|@import|\bfetch\(", re.sub(r"base64,[^)]*", "", first)
    )
    assert outputs[0][1] == outputs[1][1]


def test_output_speaks_to_those_who_cannot_see_or_move(outputs: list[Any]) -> None:
    html = page(outputs)
    assert f'role="img" aria-label="{GIVEN["alt"]}"' in html
    assert '<input type="range" min="0" max="6"' in html
    assert 'aria-live="off"' in html
    assert "prefers-reduced-motion" in html
    assert "aria-valuetext" in html
    assert 'class="gd-controls" hidden' in html  # without scripts: a still frame
    assert "\\(x\\)" in html
    assert len(player.asset("player.js")) < 2500


def test_every_frame_lies_where_its_place_says(outputs: list[Any]) -> None:
    html = page(outputs)
    film = json.loads(unescape(re.search(r'data-film="([^"]*)"', html)[1]))
    code = re.search(r"base64,([^)]*)\)", html)[1]
    sheet = np.asarray(Image.open(io.BytesIO(base64.b64decode(code))).convert("RGB"))
    width, height = 20, 12
    across, down = map(
        float, re.search(r"background-size:([\d.]+)% ([\d.]+)%", html).groups()
    )
    assert sheet.shape[1] == pytest.approx(width * across / 100)
    assert sheet.shape[0] == pytest.approx(height * down / 100)
    for frame, place in zip(frames(), film["places"], strict=True):
        x, y = (float(part[:-1]) / 100 for part in place.split())
        left = round(x * (sheet.shape[1] - width))
        top = round(y * (sheet.shape[0] - height))
        np.testing.assert_array_equal(
            sheet[top : top + height, left : left + width], frame
        )


def test_the_frame_that_shows_first_can_be_chosen(outputs: list[Any]) -> None:
    for given, shown in ((None, 6), (2, 2)):
        html = page(outputs, poster=given)
        film = json.loads(unescape(re.search(r'data-film="([^"]*)"', html)[1]))
        assert film["poster"] == shown
        assert f"background-position:{film['places'][shown]};" in html
        assert f'max="6" value="{shown}"' in html
        assert f">frame {shown}</output>" in html


def test_record_sees_frames_and_labels(outputs: list[Any]) -> None:
    page(outputs)
    page(outputs, labels=["another", *(f"frame {k}" for k in range(1, 7))])
    changed = frames()
    changed[3][0, 0] = 7
    player.animation(changed, labels=[f"frame {k}" for k in range(7)], **GIVEN)
    hashes = [record["data"] for _, record in outputs]
    assert len(set(hashes)) == 3
    assert outputs[0][1]["alt"] == GIVEN["alt"]
    assert outputs[0][1]["anchor"] == "fig-square"


def test_frames_may_be_grey_images_or_figures() -> None:
    grey = np.full((3, 4), 7, dtype=np.uint8)
    assert player.pixels(grey).shape == (3, 4, 3)
    assert player.pixels(Image.new("L", (4, 3), 7)).shape == (3, 4, 3)
    fig, _ = plt.subplots(figsize=(2, 1), dpi=100)
    assert player.pixels(fig).shape == (200, 400, 3)
    assert not plt.fignum_exists(fig.number)


def test_bytes_are_demanded() -> None:
    with pytest.raises(
        ValueError, match=r"type float64 and shape \(3, 4\); give uint8"
    ):
        player.pixels(np.zeros((3, 4)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"labels": ["one"]}, "7 frames and 1 labels"),
        ({"seconds": 0}, "seconds=0; one pass"),
        ({"poster": 7}, "poster=7; count a frame"),
        ({"alt": "short"}, "at least 20 characters"),
        ({"ids": ["E01"]}, "no figure 'E01'"),
    ],
)
def test_what_will_not_play(outputs: list[Any], change: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        page(outputs, **change)


def test_sizes_must_agree() -> None:
    odd = [np.zeros((3, 4), np.uint8), np.zeros((4, 4), np.uint8)]
    with pytest.raises(ValueError, match="frames differ in size"):
        player.animation(odd, labels=["a", "b"], **GIVEN)


def test_too_large_a_sheet_names_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(player, "BUDGET", 100)
    with pytest.raises(ValueError, match="use fewer frames, smaller ones"):
        player.animation(frames(), labels=list("abcdefg"), **GIVEN)


def test_a_large_sheet_may_lose_what_nobody_sees(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sheet = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    exact, _ = player.compressed(sheet)
    monkeypatch.setattr(player, "LOSSLESS", 1000)
    lossy, mime = player.compressed(sheet)
    assert len(lossy) < len(exact)
    assert mime == "image/webp"
