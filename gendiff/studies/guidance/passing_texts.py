"""Does a single text pass for a real one? A network that learns to tell.

It is shown pieces of text, and pieces that a model of the next character wrote at
several temperatures, and learns which is which. What it says of new pieces, one at a
time, is a judgement of texts and not of their distribution: it can't see what a writer
never writes. Along with the letters it reads how surprised counts of letters are at
each of them.

Two *worlds* have the same judge: that of a trained writer, whose texts have faults, and
that of counts of three letters, which write what they call text themselves. There only
the temperature can be at fault.

References:
    Lopez-Paz and Oquab (2017), arXiv:1610.06545 (two samples told apart by a network).
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from gendiff import estimate
from gendiff.data import shuffled, text
from gendiff.estimate import Estimate
from gendiff.metrics import ngrams
from gendiff.nets import Classifier
from gendiff.record import last
from gendiff.studies.language import corpus, writers
from gendiff.studies.running import Running
from gendiff.tokens import NextToken, counts, decoding, empty, sample, uncached
from gendiff.training import Plan
from gendiff.types import Batch

LENGTH = 64
"""Characters of a piece."""
TEMPERATURES = (0.6, 0.7, 0.8, 0.9, 1.0, 1.1)
Texts = Int[Tensor, "b n"]
Surprisal = Callable[[Tensor], Tensor]
"""Bits at each character of texts, after those before it."""


@dataclass(frozen=True)
class World:
    """What counts as text, who writes, and what counting says of a character."""

    text: Callable[[int, str], Texts]
    """`(n, purpose) -> pieces`."""
    write: Callable[[float, int, str], Texts]
    """`(temperature, n, purpose) -> pieces`."""
    surprisal: Surprisal


def of_writer(run: Running, model: counts.Ahead, /) -> World:
    """Return the world of a trained writer and of text that it has not read."""
    most = writers.sizes(run).counted

    def unread(n: int, purpose: str) -> Texts:
        streams = [stream[: 10 * most] for stream in corpus.judging()]
        draw = text.windows(streams, length=LENGTH, size=n)
        return draw(run.generator(f"text/{purpose}"))[0]

    def write(tau: float, n: int, purpose: str) -> Texts:
        labels = (torch.arange(n) % corpus.CLASSES).to(run.device)
        told = partial(model.read, label=labels)
        return _written(run, told, tau, n, f"written/{purpose}")

    return World(unread, write, six_letters(most))


def of_counts(run: Running, /) -> World:
    """Return the world of counts of three letters, whose own texts are the text."""
    known = writers.counted(counts.before(3), writers.sizes(run).counted)
    model = uncached(lambda x: known.after(x[:, -2:]))

    def write(tau: float, n: int, purpose: str) -> Texts:
        return _written(run, model, tau, n, f"counted/{purpose}")

    def surprisal(x: Texts, /) -> Float[Tensor, "b n"]:
        own = known(x).gather(2, x[..., None])
        return -own[..., 0] / math.log(2)

    return World(lambda n, purpose: write(1.0, n, f"text/{purpose}"), write, surprisal)


@cache
def six_letters(most: int, /) -> ngrams.NGrams:
    """Return 6-grams of the first `most` characters of what the writers read."""
    streams = [stream[:most] for stream in corpus.training()]
    return ngrams.fit(streams, vocabulary=text.VOCABULARY, order=6)


class Teller(nn.Module):
    """A convolutional network that says how likely a piece is to be text."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.symbols = nn.Embedding(text.VOCABULARY, width - 1)
        self.net = Classifier(width, 1, widths=(width, width, width), ndim=1)

    def forward(self, x: Texts, bits: Float[Tensor, "b n"], /) -> Float[Tensor, " b"]:
        """Return the logit, given the pieces and the surprisal of their letters."""
        h = torch.cat([self.symbols(x), bits[..., None].float() / 4], dim=2)
        return self.net(h.mT)[:, 0]


def teller(
    run: Running, world: World, /, *, each: int, updates: int, width: int, number: int
) -> Teller:
    """Return the network that has learnt to tell text from what is written.

    Args:
        run: The run whose generators are drawn from.
        world: What is told apart.
        each: Pieces of every temperature, and of text as many as of all.
        updates: Of its training.
        width: Channels.
        number: Of the network among those of the run.
    """
    made = [world.write(tau, each, f"training {tau}") for tau in TEMPERATURES]
    real = world.text(each * len(made), "training")
    x = torch.cat([real, *made]).cpu()
    truth = torch.arange(len(x)) < len(real)
    return run.trained(
        partial(Teller, width),
        telling,
        shuffled(x, world.surprisal(x).float(), truth.float(), size=64),
        Plan(steps=updates, learning_rate=2e-3, weight_decay=0.1, seed=number),
        label="teller of texts",
    )


def telling(
    model: nn.Module, batch: Batch, generator: torch.Generator, /
) -> Float[Tensor, " b"]:
    """Return the cross-entropy of the verdict."""
    del generator  # nothing here is random
    x, bits, truth = batch
    logits = model(x, bits)
    return functional.binary_cross_entropy_with_logits(logits, truth, reduction="none")


@torch.no_grad()
def passes(told: Teller, world: World, x: Texts, /) -> Float[Tensor, " b"]:
    """Return the probability of being text that each piece is given."""
    device = next(told.parameters()).device
    parts = [
        told(part.to(device), world.surprisal(part).to(device)).sigmoid().cpu()
        for part in x.cpu().split(256)
    ]
    return torch.cat(parts).double()


@dataclass(frozen=True)
class Passed:
    """What a teller makes of new pieces of every temperature."""

    probability: Mapping[float, Estimate]
    text: Estimate
    """Of new pieces of text."""
    distinct: Mapping[float, float]
    """How many of all sequences of six characters are different ones."""
    best: float
    """The temperature below 1 whose pieces pass best, by others than are judged."""
    gained: Estimate
    """What the best one gains over temperature 1."""
    lines: Mapping[float, str]
    """A piece of every temperature."""


def judged(told: Teller, world: World, /, *, n: int) -> Passed:
    """Return what a teller makes of `n` new pieces of every temperature."""
    other = {
        tau: float(passes(told, world, world.write(tau, n, f"selection {tau}")).mean())
        for tau in TEMPERATURES
        if tau < 1
    }
    best = max(other, key=other.__getitem__)
    new = {tau: world.write(tau, n, f"new {tau}") for tau in TEMPERATURES}
    found = {tau: passes(told, world, x) for tau, x in new.items()}
    means = {tau: estimate.mean(p, "pieces") for tau, p in found.items()}
    low, high = means[best], means[1.0]
    error = math.hypot(float(low.error), float(high.error))
    return Passed(
        means,
        estimate.mean(passes(told, world, world.text(n, "new")), "pieces"),
        {tau: ngrams.distinct(x) for tau, x in new.items()},
        best,
        Estimate(float(low.value) - float(high.value), error, n, "pieces"),
        {tau: text.decode(x[0].cpu()) for tau, x in new.items()},
    )


def saved(run: Running, model: counts.Ahead, n: int, /) -> Estimate:
    """Return the bits a character that a writer saves over 6-grams of the same text."""
    x, labels = corpus.validation(n)
    counted = six_letters(writers.sizes(run).counted)(x)
    own = [
        _surprise(model, part.to(run.device), label.to(run.device)).cpu()
        for part, label in zip(x.split(64), labels.split(64), strict=True)
    ]
    return estimate.mean((counted - torch.cat(own)).mean(1), "windows")


@torch.no_grad()
def _surprise(
    model: counts.Ahead, x: Texts, label: Int[Tensor, " b"], /
) -> Float[Tensor, "b n"]:
    log_p = model(x, label).log_softmax(-1).gather(2, x[..., None])
    return -log_p[..., 0].double() / math.log(2)


def _written(run: Running, model: NextToken, tau: float, n: int, purpose: str) -> Texts:
    """Return pieces that a model writes at a temperature."""
    shape = partial(decoding.temperature, tau=tau)
    start = empty(n, run.device)
    return last(sample(model, start, LENGTH, run.generator(purpose), shape=shape))
