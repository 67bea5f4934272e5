import base64
import io
import math
import re
import wave
from html import unescape
from typing import Any

import numpy as np
import pytest
import torch

from gendiff.book import show, sound, validate

TONE = 0.25 * torch.sin(torch.arange(4_000) * math.tau * 220 / 8_000)
GIVEN: dict[str, Any] = {
    "rate": 8_000,
    "alt": "Two sounds: a soft steady tone, and silence",
    "caption": "The tone goes on, $x$.",
    "name": "fig-tone",
}
BOTH = {"a tone": TONE, "silence": torch.zeros(4_000)}


@pytest.fixture
def outputs(monkeypatch: pytest.MonkeyPatch) -> list[tuple[dict[str, Any], Any]]:
    seen: list[tuple[dict[str, Any], Any]] = []
    monkeypatch.setattr(
        show, "publish", lambda bundle, record=None, **_: seen.append((bundle, record))
    )
    return seen


def page(outputs: list[Any], waves: Any = None, **changes: Any) -> str:
    sound.sounds(waves or BOTH, **(GIVEN | changes))
    return outputs[-1][0]["text/html"]


def heard(html: str) -> list[np.ndarray]:
    """Return what the players of a page play."""
    found = []
    for code in re.findall(r"data:audio/wav;base64,([^\"]+)", html):
        with wave.open(io.BytesIO(base64.b64decode(code))) as file:
            assert (file.getnchannels(), file.getsampwidth()) == (1, 2)
            assert file.getframerate() == 8_000
            found.append(np.frombuffer(file.readframes(10**6), dtype="<i2"))
    return found


def test_what_is_heard_is_what_was_given(outputs: list[Any]) -> None:
    tone, silence = heard(page(outputs))
    np.testing.assert_allclose(tone / 32_767, TONE, atol=0.51 / 32_767)
    assert not silence.any()


def test_every_player_has_a_label_and_a_picture(outputs: list[Any]) -> None:
    html = page(outputs, {'a "tone" & more': TONE})
    assert html.count("<audio") == html.count("<svg") == 1
    assert not validate.LABEL.search(html)
    labels = [unescape(x) for x in re.findall(r'aria-label="([^"]*)"', html)]
    assert labels == [
        GIVEN["alt"],
        'a "tone" & more: 0.5 seconds, root mean square 0.18',
        'a "tone" & more',
    ]
    assert "autoplay" not in html


def test_the_envelope_is_on_a_fixed_scale(outputs: list[Any]) -> None:
    def heights(points: str) -> list[float]:
        return [float(point.split(",")[1]) for point in points.split()]

    drawn = re.findall(r'points="([^"]+)"', page(outputs))
    tone, silence = (heights(points) for points in drawn)
    assert len(tone) == 2 * sound.COLUMNS
    assert min(tone) == pytest.approx(15, abs=0.1)
    assert max(tone) == pytest.approx(25, abs=0.1)
    assert set(silence) == {20.0}
    assert len(heights(sound.envelope(np.array([5], dtype=np.int16)))) == 2


def test_output_is_deterministic_and_asks_nobody(outputs: list[Any]) -> None:
    first, second = page(outputs), page(outputs)
    assert first == second
    assert not re.search(r"https?:|//\w", re.sub(r"base64,[^\"]*", "", first))
    assert outputs[0][1] == outputs[1][1]
    other = page(outputs, BOTH | {"silence": torch.full((4_000,), 1e-4)})
    assert other != first
    assert outputs[2][1]["data"] != outputs[0][1]["data"]


@pytest.mark.parametrize(
    ("waves", "words"),
    [
        ({"a": 2 * torch.ones(5)}, "an amplitude of 2"),
        ({"a": torch.tensor([math.nan])}, "an amplitude of nan"),
        ({"a": torch.zeros(0)}, "at least one sample"),
        ({"a": torch.zeros(2, 3)}, "give one wave"),
        ({"a": torch.zeros(500_000)}, "use shorter ones"),
    ],
)
def test_sounds_that_will_not_do(waves: Any, words: str, outputs: list[Any]) -> None:
    with pytest.raises(ValueError, match=words):
        page(outputs, waves)


def test_words_are_demanded(outputs: list[Any]) -> None:
    with pytest.raises(ValueError, match="nothing to hear"):
        sound.sounds({}, **GIVEN)
    with pytest.raises(ValueError, match="alternative text"):
        page(outputs, alt="short")
