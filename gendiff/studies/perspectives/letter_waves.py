"""Text as waves: symbols embedded as vectors, and the power of each frequency.

Embeddings are counted: singular vectors of how much oftener than by chance two symbols
stand side by side. No network is trained for them. Waves are cosines over places.
"""

import importlib

import torch
from jaxtyping import Complex, Float, Int
from torch import Tensor

from gendiff.data.text import encode
from gendiff.families.heat import cosines


def reference() -> Int[Tensor, " n"]:
    """Return the language reference that comes with Python, as symbols."""
    topics: dict[str, str] = importlib.import_module("pydoc_data.topics").topics
    return encode("\n".join(topics[name] for name in sorted(topics))).long()


def embeddings(
    tokens: Int[Tensor, " n"], vocabulary: int, /, *, dimensions: int = 16
) -> Float[Tensor, "{vocabulary} {dimensions}"]:
    """Return vectors of symbols, of unit variance over places of the text."""
    pair = vocabulary * tokens[:-1] + tokens[1:]
    counts = torch.bincount(pair, minlength=vocabulary**2).double() + 0.1
    joint = (counts / counts.sum()).reshape(vocabulary, vocabulary)
    rows, columns = joint.sum(1, keepdim=True), joint.sum(0, keepdim=True)
    u, s, _ = torch.linalg.svd((joint / (rows * columns)).log().clamp(min=0))
    vectors = u[:, :dimensions] * s[:dimensions].sqrt()
    fraction = torch.bincount(tokens, minlength=vocabulary).double() / len(tokens)
    vectors = vectors - fraction @ vectors
    variance = (fraction @ vectors.square()).mean()
    return vectors / variance.sqrt()


def power(signals: Float[Tensor, "b n d"], /) -> Float[Tensor, " n"]:
    """Return the mean power of each cosine over places, from half a wave on.

    White signals of variance `v` have power `v` everywhere.
    """
    waves = cosines(signals.shape[1]).to(signals)
    return (waves @ signals).square().mean(dim=(0, 2))


def bands(
    signals: Float[Tensor, "b n d"], /
) -> tuple[Complex[Tensor, "b k"], Int[Tensor, " k"]]:
    """Return the coefficients of each cosine but the even one, and their half waves."""
    n, d = signals.shape[1:]
    waves = cosines(n)[1:].to(signals)
    band = torch.arange(1, n).repeat_interleave(d)
    return (waves @ signals).flatten(1).to(torch.complex128), band
