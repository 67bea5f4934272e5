"""Sounds in a page: heard as they are, and drawn for those who do not listen.

Each sound is a WAV file inside the page, so that the player asks nobody for anything.
Nothing is normalised: how loud a sample is, is often what it is played for, and silence
must stay silent. Beside each player stands the envelope, the highest and the lowest
amplitude over time on a scale from -1 to 1, and a label that says what it is.
"""

import base64
import hashlib
import io
import wave
from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gendiff.book import figures, show
from gendiff.book.evidence import Record

BUDGET = 800_000
"""Bytes of all sounds of one display that a page can bear."""
COLUMNS = 240
"""Points of a drawn envelope."""

Samples = NDArray[np.int16]


def sounds(
    waves: Mapping[str, Tensor],
    /,
    *,
    rate: int,
    alt: str,
    caption: str,
    name: str,
    ids: Sequence[str] = (),
) -> None:
    """Show sounds, by their labels, each with a player and its envelope.

    A sound holds amplitudes in [-1, 1], time last and only.

    Raises:
        ValueError: If there is no sound, one is empty, clipped or not finite, all
            together are too long, or the words will not do.
    """
    figures.described(name, alt, caption)
    figures.known(ids)
    if not waves:
        raise ValueError(f"{name}: there is nothing to hear; give at least one sound")
    samples = {label: quantised(wave, label) for label, wave in waves.items()}
    files = {label: encoded(sound, rate) for label, sound in samples.items()}
    size = sum(len(file) for file in files.values())
    if size > BUDGET:
        raise ValueError(
            f"{name}: the sounds take {size:,} bytes of at most {BUDGET:,}; use "
            "shorter ones, fewer, or a lower rate"
        )
    rows = "".join(_row(k, samples[k], file, rate) for k, file in files.items())
    page = (
        f'<figure class="gd-sounds" id="{escape(name)}" role="group" '
        f'aria-label="{escape(alt)}">{rows}'
        '<figcaption class="tex2jax_process mathjax_process">'
        f"{show.markup(caption)}</figcaption></figure>"
    )
    record: Record = {
        "kind": "figure",
        "id": name,
        "name": name,
        "ids": list(ids),
        "alt": alt,
        "caption": caption,
        "sounds": len(files),
        "data": _hash(samples),
        "anchor": name,
    }
    show.publish({"text/html": page, "text/plain": f"{name}: {alt}"}, record)


def quantised(sound: Tensor, label: str, /) -> Samples:
    """Return 16-bit amplitudes, neither scaled nor clipped.

    Raises:
        ValueError: If the sound is empty, not one wave, too loud or not finite.
    """
    if sound.ndim != 1 or not len(sound):
        raise ValueError(
            f"{label}: a sound of shape {tuple(sound.shape)}; give one wave, (n,), of "
            "at least one sample"
        )
    loudest = float(sound.detach().abs().max())
    if not loudest <= 1:
        raise ValueError(
            f"{label}: an amplitude of {loudest:.3g}; scale all sounds of the display "
            "alike, to [-1, 1]"
        )
    steps = (32_767 * sound.detach().cpu().double()).round().to(torch.int16)
    return steps.numpy()


def encoded(samples: Samples, rate: int, /) -> bytes:
    """Return a mono WAV file."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.astype("<i2").tobytes())
    return buffer.getvalue()


def envelope(samples: Samples, /) -> str:
    """Return the points of a polygon: the highest amplitudes, and back the lowest."""
    pieces = np.array_split(samples, min(COLUMNS, len(samples)))
    # A line's own width is what silence shows as.
    high = [f"{k},{_height(int(piece.max()))}" for k, piece in enumerate(pieces)]
    low = [f"{k},{_height(int(piece.min()))}" for k, piece in enumerate(pieces)]
    return " ".join([*high, *reversed(low)])


def _height(amplitude: int) -> str:
    return f"{20 - 20 * amplitude / 32_768:.1f}"


def _row(label: str, samples: Samples, file: bytes, rate: int) -> str:
    seconds = len(samples) / rate
    loud = float(np.sqrt(np.mean((samples / 32_768) ** 2)))
    words = f"{label}: {seconds:.1f} seconds, root mean square {loud:.2g}"
    points = min(COLUMNS, len(samples))
    code = base64.b64encode(file).decode()
    return (
        f'<p style="margin:0.6rem 0 0.2rem">{escape(label)}</p>'
        f'<svg viewBox="0 0 {points} 40" preserveAspectRatio="none" role="img" '
        f'aria-label="{escape(words)}" style="display:block;width:min(100%,32rem);'
        'height:2.5rem"><polygon points="'
        f'{envelope(samples)}" fill="#0b5fa5" stroke="#0b5fa5" stroke-width="1" '
        'vector-effect="non-scaling-stroke"/></svg>'
        f'<audio controls preload="metadata" aria-label="{escape(label)}" '
        f'src="data:audio/wav;base64,{code}"></audio>'
    )


def _hash(samples: Mapping[str, Samples]) -> str:
    digest = hashlib.sha256("\n".join(samples).encode())
    for sound in samples.values():
        digest.update(sound.astype("<i2").tobytes())
    return digest.hexdigest()[:16]
