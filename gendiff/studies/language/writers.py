"""The four writers that the language pages share: one network, four noises.

Each is a transformer of one shape with a convolution of five places before it, is told
the kind of text in most windows, and takes as many core-seconds of training:

- *autoregressive*: the next character, exactly;
- *masked*: hidden characters, by the bound on counts of them;
- *multinomial*: characters some of which were drawn anew;
- *embedded*: characters as vectors in Gaussian noise (CDCD), by cross-entropy.

What a table of counts, or the noisy place itself, says of a character is added to the
logits, so that all networks learn what it doesn't say: the rest of the context.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import TypeVar

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from gendiff.clocks import LOG
from gendiff.data import text
from gendiff.levels import Warped
from gendiff.studies.language import corpus
from gendiff.studies.running import Running
from gendiff.tokens import (
    autoregressive as forwards,
    counts,
    embedded as vectors,
    masked as hiding,
    uniform as anew,
)
from gendiff.tokens.reader import Reader
from gendiff.training import Exponential, Plan, linear, muon
from gendiff.types import Batch, Loss

N = TypeVar("N", bound=nn.Module)

REACH = 5
"""Places that the convolution sees."""
DIMENSIONS = 32
LOW, HIGH = 0.5, 60.0
"""Levels of embeddings of variance 1: a token is certain at the first, lost at last."""


@dataclass(frozen=True)
class Sizes:
    """What the writers are trained with."""

    width: int
    depth: int
    batch: int
    updates: int
    """Of the autoregressive one; the others get as many as take equally long."""
    counted: int
    """Characters of each kind that are counted, at most."""


SIZES = {
    "smoke": Sizes(16, 1, 4, 6, 50_000),
    "cpu": Sizes(128, 4, 8, 700, 10_000_000),
    "gpu": Sizes(384, 8, 128, 20_000, 10_000_000),
}
COSTS: Mapping[str, float] = {
    "autoregressive": 1.0,
    "masked": 0.97,
    "multinomial": 1.01,
    "embedded": 1.14,
}
"""What an update costs, in processor time, over one of the autoregressive writer."""


def sizes(run: Running) -> Sizes:
    """Return what the writers are trained with in a run."""
    return run.sizes("language.writers", SIZES)


def updates(run: Running, name: str, /) -> int:
    """Return how often a writer is updated."""
    return round(sizes(run).updates / COSTS[name])


def budget(run: Running, name: str, /) -> float:
    """Return what a writer's training takes, in updates of the autoregressive one."""
    return updates(run, name) * COSTS[name]


def autoregressive(run: Running) -> counts.Ahead:
    """Return the trained model of the next character, `model.read`."""
    own = sizes(run)
    build = partial(next_character, own.width, own.depth, own.counted)
    return _trained(run, build, forward_loss, "autoregressive")


def masked(run: Running) -> counts.Around:
    """Return the trained model of hidden characters, `model(x, labels)`."""
    own = sizes(run)
    build = partial(hidden_characters, own.width, own.depth, own.counted)
    return _trained(run, build, masked_loss, "masked")


def multinomial(run: Running) -> "Multinomial":
    """Return the trained model of redrawn characters, `model(x, rate, labels)`."""
    own = sizes(run)
    build = partial(redrawn_characters, own.width, own.depth)
    return _trained(run, build, multinomial_loss, "multinomial")


def embedded(run: Running) -> vectors.Embedded:
    """Return the trained model of noisy vectors; `model.denoiser` is its denoiser."""
    own = sizes(run)
    build = partial(noisy_vectors, own.width, own.depth)
    return _trained(run, build, embedded_loss, "embedded")


def next_character(width: int, depth: int, most: int) -> counts.Ahead:
    """Return a fresh autoregressive model upon counts of so many characters."""
    net = forwards.Autoregressive(
        text.VOCABULARY, width=width, depth=depth, classes=corpus.CLASSES, reach=REACH
    )
    return counts.Ahead(net, counted(counts.before(5), most))


def hidden_characters(width: int, depth: int, most: int) -> counts.Around:
    """Return a fresh masked model upon counts of so many characters."""
    return counts.Around(_reader(width, depth), counted(counts.BESIDE, most))


def redrawn_characters(width: int, depth: int) -> "Multinomial":
    """Return a fresh model of multinomial noise."""
    return Multinomial(_reader(width, depth, levels=width // 2))


def noisy_vectors(width: int, depth: int) -> vectors.Embedded:
    """Return a fresh model of noisy embeddings."""
    net = _reader(width, depth, levels=width // 2, dimensions=DIMENSIONS)
    table = vectors.fresh(text.VOCABULARY, DIMENSIONS)
    return vectors.Embedded(net, table, Warped(LOG, LOW, HIGH))


class Multinomial(nn.Module):
    """A reader of redrawn tokens, upon what each place says of its own token."""

    def __init__(self, net: Reader, /) -> None:
        super().__init__()
        self.net = net

    def forward(
        self,
        x: Int[Tensor, "b n"],
        rate: Float[Tensor, "..."],
        label: Int[Tensor, " _"] | None = None,
        /,
    ) -> Float[Tensor, "b n v"]:
        """Return `log p(x_0i = c | x)`, but for a constant."""
        v = self.net.vocabulary
        rate = rate.float().to(x.device).reshape(-1, 1, 1)
        own = (1 - rate) * functional.one_hot(x, v) + rate / v
        return self.net(x, rate.flatten(), label) + own.log()


@cache
def counted(contexts: tuple[tuple[int, ...], ...], most: int) -> counts.Counts:
    """Return the counts of what the writers read, `most` characters of each kind."""
    streams = [stream[:most] for stream in corpus.training()]
    return counts.fit(streams, vocabulary=text.VOCABULARY, contexts=contexts)


def forward_loss(
    model: nn.Module, batch: Batch, generator: torch.Generator, /
) -> Float[Tensor, " b"]:
    """Return the nats a character."""
    return forwards.cross_entropy(model, batch, generator) / corpus.LENGTH


def masked_loss(
    model: nn.Module, batch: Batch, generator: torch.Generator, /
) -> Float[Tensor, " b"]:
    """Return an estimate of the bound, in nats a character."""
    return hiding.Bound(text.VOCABULARY)(model, batch, generator) / corpus.LENGTH


def multinomial_loss(
    model: nn.Module, batch: Batch, generator: torch.Generator, /
) -> Float[Tensor, " b"]:
    """Return an estimate of the bound, in nats a character."""
    return anew.Bound(text.VOCABULARY)(model, batch, generator) / corpus.LENGTH


def embedded_loss(
    model: nn.Module, batch: Batch, generator: torch.Generator, /
) -> Float[Tensor, " b"]:
    """Return the cross-entropy, in nats a character."""
    return vectors.CrossEntropy()(model, batch, generator) / corpus.LENGTH


def _trained(run: Running, build: Callable[[], N], loss: Loss, name: str) -> N:
    batches = corpus.batches(corpus.training(), size=sizes(run).batch)
    often = plan(updates(run, name))
    return run.trained(build, loss, batches, often, label=f"{name} writer")


def _reader(width: int, depth: int, *, levels: int = 0, dimensions: int = 0) -> Reader:
    return Reader(
        text.VOCABULARY, width=width, depth=depth, classes=corpus.CLASSES, reach=REACH,
        levels=levels, dimensions=dimensions,
    )  # fmt: skip


def plan(often: int) -> Plan:
    """Return how all of them are trained."""
    return Plan(
        steps=often,
        learning_rate=4e-3,
        decay=linear,
        weight_decay=0.1,
        average=Exponential(0.98),
        optimiser=muon,
    )
