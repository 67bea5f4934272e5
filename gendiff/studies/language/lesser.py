"""Ten writers of one small network, each trained on letters as long as any other.

Texts are 64 letters and blanks, nothing else. The network is a transformer with a
convolution before it; what is told to it, hidden from it and asked of it is what the
systems differ in. Two more only write, with the masked one's network: MaskGIT and
Mask-Predict. Nothing was counted for any of them, unlike for `writers`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache, partial

import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor, nn
from torch.nn import functional

from gendiff.clocks import LOG
from gendiff.data import text
from gendiff.levels import Warped
from gendiff.metrics import ngrams
from gendiff.studies.language import corpus, lesser_rates, regressed
from gendiff.studies.language.writers import HIGH, LOW, REACH, Multinomial, plan
from gendiff.studies.running import Running
from gendiff.tokens import (
    autoregressive as forwards,
    blocks,
    embedded as vectors,
    masked as hiding,
    uniform as anew,
    unrolled,
)
from gendiff.tokens.reader import Reader
from gendiff.training import Plan
from gendiff.types import Batch, Loss

LETTERS = " abcdefghijklmnopqrstuvwxyz"
V = len(LETTERS)
PLACES = 64
BLOCK = 8
BERTS = 10
"""Places that BERT hides: 15 in a hundred."""
DIMENSIONS = 16


NAMES = tuple(lesser_rates.COSTS)


@dataclass(frozen=True)
class Sizes:
    """What the small writers are trained with."""

    width: int
    depth: int
    batch: int
    updates: int
    """Of the autoregressive one; the others get as many as take equally long."""
    pace: float = 1.0
    """What learning rates are multiplied by; they were tried with the cpu preset."""


SIZES = {
    "smoke": Sizes(16, 1, 4, 4),
    "cpu": Sizes(64, 2, 16, 600),
    "gpu": Sizes(256, 6, 128, 20_000, pace=0.25),
}


def letters(stream: UInt8[Tensor, " _"], /) -> UInt8[Tensor, " _"]:
    """Return letters as 1 to 26, and whatever is between words as one 0.

    >>> "".join(LETTERS[i] for i in letters(text.encode("(No one) is.")).tolist())
    'no one is '
    """
    first = text.ALPHABET.index("a")
    codes = stream.long() - first + 1
    codes = torch.where((codes > 0) & (codes < V), codes, 0)
    after_letter = functional.pad(codes[:-1] > 0, (1, 0))
    return codes[(codes > 0) | after_letter].to(torch.uint8)


def decode(x: Int[Tensor, " n"], /) -> str:
    """Return the text that tokens stand for."""
    return "".join(LETTERS[i] for i in x.tolist())


@cache
def training() -> corpus.Streams:
    """Return what the small writers read: prose, without code."""
    return tuple(letters(stream) for stream in corpus.training()[:2])


@cache
def judge() -> ngrams.NGrams:
    """Return the 6-grams of the text that trains no writer."""
    streams = [letters(stream) for stream in corpus.judging()[:2]]
    return ngrams.fit(streams, vocabulary=V, order=6)


@cache
def rival() -> ngrams.NGrams:
    """Return the 6-grams of all that the writers may read."""
    return ngrams.fit(training(), vocabulary=V, order=6)


def rival_of(windows: int, generator: torch.Generator, /) -> ngrams.NGrams:
    """Return the 6-grams of so many windows, drawn as those of training are."""
    draw = text.windows(training(), length=PLACES, size=windows)
    rows = draw(generator)[0].to(torch.uint8)
    return ngrams.fit(list(rows), vocabulary=V, order=6)


def validation(most: int, /) -> Int[Tensor, "b n"]:
    """Return held-out windows, up to `most` of each kind."""
    streams = [letters(stream) for stream in text.corpus().test[:2]]
    return text.cut(streams, length=PLACES, most=most)[0]


def trained(run: Running, name: str, /, *, part: float = 1.0) -> nn.Module:
    """Return a writer, or what it is after a part of its updates.

    Raises:
        ValueError: If there is no writer of this name.
    """
    if name not in NAMES:
        raise ValueError(f"{name!r} is no writer; choose one of {', '.join(NAMES)}")
    own = run.sizes("language.lesser", SIZES)
    batches = text.windows(training(), length=PLACES, size=own.batch)
    build = partial(_fresh, name, own.width, own.depth)
    label = f"small {name}"
    return run.trained(
        build, LOSSES[name], batches, course(run, name, part), label=label
    )


def course(run: Running, name: str, part: float = 1.0, /) -> Plan:
    """Return how a writer is trained, at the best learning rate of those tried."""
    rate = run.sizes("language.lesser", SIZES).pace * lesser_rates.BEST[name]
    often = max(1, round(part * updates(run, name)))
    return replace(plan(often), learning_rate=rate)


def updates(run: Running, name: str, /) -> int:
    """Return how often a writer is updated."""
    return round(run.sizes("language.lesser", SIZES).updates / lesser_rates.COSTS[name])


def budget(run: Running, name: str, /) -> float:
    """Return what a writer's training takes, in updates of the autoregressive one."""
    return updates(run, name) * lesser_rates.COSTS[name]


def forward_loss(
    model: nn.Module, batch: Batch, generator: torch.Generator, /
) -> Float[Tensor, " b"]:
    """Return the nats a letter."""
    return forwards.cross_entropy(model, batch[:1], generator) / PLACES


def some_places(
    model: nn.Module, batch: Batch, generator: torch.Generator, /, places: int = 1
) -> Float[Tensor, " b"]:
    """Return the nats a letter, asked about so many random letters of each text."""
    x = batch[0]
    nats = functional.cross_entropy(model(x).mT, x, reduction="none")
    chosen = torch.rand(x.shape, generator=generator).argsort(1)[:, :places]
    return nats.gather(1, chosen.to(x.device)).mean(1)


def masked_loss(
    model: nn.Module, batch: Batch, generator: torch.Generator, /
) -> Float[Tensor, " b"]:
    """Return an estimate of the bound, in nats a letter."""
    return hiding.Bound(V)(model, batch[:1], generator) / PLACES


def bert_loss(
    model: nn.Module, batch: Batch, generator: torch.Generator, /
) -> Float[Tensor, " b"]:
    """Return the nats of a hidden letter, where always so many are hidden."""
    x = batch[0]
    noisy = hiding.hide(x, torch.full_like(x[:, 0], BERTS), V, generator)
    return hiding.surprisal(model, x, noisy).sum(1) / BERTS


def block_loss(
    model: nn.Module, batch: Batch, generator: torch.Generator, /
) -> Float[Tensor, " b"]:
    """Return an estimate of the bound, in nats a letter."""
    return blocks.Bound(V, BLOCK)(model, batch[:1], generator) / PLACES


def multinomial_loss(
    model: nn.Module, batch: Batch, generator: torch.Generator, /
) -> Float[Tensor, " b"]:
    """Return an estimate of the bound, in nats a letter."""
    return anew.Bound(V)(model, batch[:1], generator) / PLACES


def unrolled_loss(
    model: nn.Module, batch: Batch, generator: torch.Generator, /
) -> Float[Tensor, " b"]:
    """Return the cross-entropy of two answers, in nats a letter."""
    return unrolled.Answers(V)(model, batch[:1], generator) / PLACES


def embedded_loss(
    model: nn.Module, batch: Batch, generator: torch.Generator, /
) -> Float[Tensor, " b"]:
    """Return the cross-entropy, in nats a letter."""
    return vectors.CrossEntropy()(model, batch[:1], generator) / PLACES


LOSSES: Mapping[str, Loss] = {
    "autoregressive": forward_loss,
    "blocks of 8": block_loss,
    "masked": masked_loss,
    "BERT": bert_loss,
    "multinomial": multinomial_loss,
    "SUNDAE": unrolled_loss,
    "CDCD": embedded_loss,
    "SED": regressed.Regression(0.5),
    "Analog Bits": regressed.Regression(0.5),
    "Diffusion-LM": regressed.Regression(0.0),
}


def given_vectors() -> Float[Tensor, "v d"]:
    """Return vectors of letters that others learned: alike where neighbours are."""
    pairs = torch.zeros(V, V)
    for stream in training():
        x = stream.long()
        pairs.index_put_((x[:-1], x[1:]), torch.ones(len(x) - 1), accumulate=True)
    both = torch.cat([pairs, pairs.mT], dim=1)
    rows = ((both + 1) / (both + 1).sum(1, keepdim=True)).log()
    u, s, _ = torch.linalg.svd(rows - rows.mean(0), full_matrices=False)
    return (u * s)[:, :DIMENSIONS]


def gaussian(
    width: int, depth: int, table: Float[Tensor, "27 d"], levels: Warped, /,
    *, kind: type[vectors.Embedded] = vectors.Embedded,
) -> vectors.Embedded:  # fmt: skip
    """Return a fresh network of noisy letters, by their vectors and its levels."""
    net = Reader(
        V, width=width, depth=depth, reach=REACH, levels=width // 2,
        dimensions=table.shape[1],
    )  # fmt: skip
    return kind(net, table, levels)


def _fresh(name: str, width: int, depth: int) -> nn.Module:
    shape: dict[str, int] = {"width": width, "depth": depth, "reach": REACH}

    def noisy(
        table: Tensor, kind: type[vectors.Embedded] = vectors.Embedded
    ) -> nn.Module:
        return gaussian(width, depth, table, Warped(LOG, LOW, HIGH), kind=kind)

    builders: dict[str, Callable[[], nn.Module]] = {
        "autoregressive": partial(forwards.Autoregressive, V, **shape),
        "blocks of 8": partial(blocks.Blocks, V, BLOCK, **shape),
        "multinomial": partial(_redrawn, width, depth),
        "CDCD": lambda: noisy(vectors.fresh(V, DIMENSIONS)),
        "SED": lambda: noisy(given_vectors()),
        "Analog Bits": lambda: noisy(vectors.bits(V)),
        "Diffusion-LM": lambda: noisy(
            vectors.fresh(V, DIMENSIONS), regressed.Forgetful
        ),
    }
    return builders.get(name, partial(Reader, V, **shape))()


def _redrawn(width: int, depth: int) -> Multinomial:
    levels = width // 2
    return Multinomial(Reader(V, width=width, depth=depth, reach=REACH, levels=levels))
