"""The text that the models of the language pages share, and how it is divided.

It is what Python carries along, characters of three kinds (`gendiff.data.text`). Half
of what may be read trains the models, the other half the judges; what is held out tests
both. A model sees windows of 128 characters and nothing before them: the first place
counts as any other, so that bits a character mean the same for models that read
forwards and for those that read everywhere.
"""

from functools import cache

from jaxtyping import Int, UInt8
from torch import Tensor

from gendiff.data import dropped, text
from gendiff.metrics import ngrams
from gendiff.types import Batches

LENGTH = 128
CLASSES = len(text.KINDS)
UNKNOWN = CLASSES
"""The label of a text of no given kind."""
DROPOUT = 0.15
"""How often a label is not told in training."""

Streams = tuple[UInt8[Tensor, " _"], ...]


def training() -> Streams:
    """Return what the models read, a stream of each kind."""
    return tuple(stream[: len(stream) // 2] for stream in text.corpus().train)


def judging() -> Streams:
    """Return what the judges read: none of it trains a model."""
    return tuple(stream[len(stream) // 2 :] for stream in text.corpus().train)


def batches(streams: Streams, /, *, size: int) -> Batches:
    """Draw windows of all kinds equally often, some without their labels."""
    windows = text.windows(streams, length=LENGTH, size=size)
    return dropped(windows, rate=DROPOUT, unknown=UNKNOWN)


def validation(most: int, /) -> tuple[Int[Tensor, "b n"], Int[Tensor, " b"]]:
    """Return windows of held-out text, up to `most` of each kind, and their labels."""
    return text.cut(text.corpus().test, length=LENGTH, most=most)


@cache
def lexicon() -> frozenset[str]:
    """Return the words of the models' and of the judges' text."""
    streams = text.corpus().train
    return frozenset(
        word for stream in streams for word in ngrams.words(text.decode(stream))
    )
